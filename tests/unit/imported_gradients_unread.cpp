// What a step of an imported network changes is the gradient, also if nobody reads what an operator makes.
#include <activations.hpp>

#include "support/tflite/gradient_rewired.hpp"

using namespace thimble;
using thimble::test::tflite::check_rewired;
using thimble::test::tflite::part;
using thimble::test::tflite::taken;

/// Nobody reads node 2, a RELU6 of node 1: no gradient comes from there.
struct unread : part<::activations, taken<1, 0>, taken<2, 1>, taken<3, 1>> {};

TEST_CASE("unread") { check_rewired<unread, mean_squared_error>("unread"); }
