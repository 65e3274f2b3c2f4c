// error: the .tflite file has an operator in a form that thimble cannot take
// error: "CONV_2D"
// error: operator_number<1>
// error: its fused activation is unknown
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "fused_tanh.hpp"

struct net : thimble::tflite::network<fused_tanh> {};
struct model : thimble::inference<net> {};
model m;
int main() { return m.infer()[0]; }
