// error: the .tflite file cannot be read
// error: wrong_identifier.tflite
// error: bytes 4 to 7 are not TFL3
// error: at_byte<4>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "wrong_identifier.hpp"

struct net : thimble::tflite::network<wrong_identifier> {};
struct model : thimble::inference<net> {};
model m;
int main() { return m.infer()[0]; }
