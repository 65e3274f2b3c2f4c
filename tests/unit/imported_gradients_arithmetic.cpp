// What a step of an imported network changes is the gradient: operators of two tensors, with constants and by broadcasting;
// means and pools. Their files have no weights, so a convolution goes before each.
#include <constants.hpp>
#include <means.hpp>
#include <pools.hpp>

#include "support/tflite/gradient_rewired.hpp"

using namespace thimble;
using thimble::test::tflite::check_rewired;
using thimble::test::tflite::led;

struct led_constants : led<::constants> {};
struct led_means : led<::means> {};
struct led_pools : led<::pools> {};

TEST_CASE("constants") { check_rewired<led_constants, mean_squared_error>("constants"); }
TEST_CASE("constants, reconstruction") {
  check_rewired<led_constants, reconstruction_error>("constants, reconstruction");
}
TEST_CASE("means") { check_rewired<led_means, mean_squared_error>("means"); }
TEST_CASE("pools") { check_rewired<led_pools, mean_squared_error>("pools"); }
