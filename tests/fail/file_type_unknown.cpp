// error: the .tflite file has a tensor of a type that thimble cannot take there
// error: tensor_type_not_supported
// error: int16_values.tflite
// error: "int16"
// error: tensor_number<3>
// error: values inside must be int8
// error: at_byte<2308>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "int16_values.hpp"

struct net : thimble::tflite::network<int16_values> {};
struct model : thimble::inference<net> {};
model m;
int main() { return m.infer()[0]; }
