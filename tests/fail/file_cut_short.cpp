// error: the .tflite file cannot be read
// error: file_cannot_be_read
// error: cut_short.tflite
// error: cut short, or an offset is wrong
// error: file_bytes<1992>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "cut_short.hpp"

struct net : thimble::tflite::network<cut_short> {};
struct model : thimble::inference<net> {};
model m;
int main() { return m.infer()[0]; }
