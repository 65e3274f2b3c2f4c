// error: the .tflite file's network is none that thimble can hold
// error: network_not_supported
// error: two_inputs.tflite
// error: it must have one input
// error: at_byte<572>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "two_inputs.hpp"

struct net : thimble::tflite::network<two_inputs> {};
struct model : thimble::inference<net> {};
model m;
int main() { return m.infer()[0]; }
