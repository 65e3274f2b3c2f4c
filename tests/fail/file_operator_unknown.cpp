// error: the .tflite file has an operator that thimble lacks
// error: operator_not_supported
// error: operator_unknown.tflite
// error: TANH
// error: operator_code<28>
// error: operator_number<2>
// error: at_byte<984>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "operator_unknown.hpp"

struct net : thimble::tflite::network<operator_unknown> {};
struct model : thimble::inference<net> {};
model m;
int main() { return m.infer()[0]; }
