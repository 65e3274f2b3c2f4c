// error: the .tflite file has a tensor of a type that thimble cannot take there
// error: float32_weights.tflite
// error: "float32"
// error: tensor_number<4>
// error: weights must be int8
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "float32_weights.hpp"

struct net : thimble::tflite::network<float32_weights> {};
struct model : thimble::inference<net> {};
model m;
int main() { return m.infer()[0]; }
