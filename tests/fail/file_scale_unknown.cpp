// error: the .tflite file has a tensor that thimble cannot take
// error: tensor_not_supported
// error: zero_scale.tflite
// error: tensor_number<3>
// error: a scale is not in .2.-60, 2.20.
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "zero_scale.hpp"

struct net : thimble::tflite::network<zero_scale> {};
struct model : thimble::inference<net> {};
model m;
int main() { return m.infer()[0]; }
