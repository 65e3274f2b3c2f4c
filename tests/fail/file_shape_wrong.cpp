// error: a layer cannot take the shape that it is given
// error: CONV_2D
// error: the file gives its output another
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "wrong_shape.hpp"

struct net : thimble::tflite::network<wrong_shape> {};
struct model : thimble::inference<net> {};
model m;
int main() { return m.infer()[0]; }
