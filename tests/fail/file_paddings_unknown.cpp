// error: the .tflite file has an operator in a form that thimble cannot take
// error: form_not_supported
// error: dynamic_paddings.tflite
// error: "PAD"
// error: operator_number<0>
// error: its paddings are no constants
// error: at_byte<1056>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "dynamic_paddings.hpp"

struct net : thimble::tflite::network<dynamic_paddings> {};
struct model : thimble::inference<net> {};
model m;
int main() { return m.infer()[0]; }
