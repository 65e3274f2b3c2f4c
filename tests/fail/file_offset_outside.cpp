// error: the .tflite file cannot be read
// error: offset_outside.tflite
// error: cut short, or an offset is wrong
// error: at_byte<32>
// error: file_bytes<2656>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "offset_outside.hpp"

struct net : thimble::tflite::network<offset_outside> {};
struct model : thimble::inference<net> {};
model m;
int main() { return m.infer()[0]; }
