// What a step of an imported network changes is the gradient: depthwise layers with multipliers, dead channels, padding.
#include <dead_channels.hpp>
#include <depthwise.hpp>
#include <pads.hpp>

#include "support/tflite/gradient_rewired.hpp"

using namespace thimble;
using namespace thimble::test;
using thimble::test::tflite::check_file;
using thimble::test::tflite::check_rewired;
using thimble::test::tflite::up_to;

struct depthwise_net : thimble::tflite::network<::depthwise> {};
struct dead_channels_net : thimble::tflite::network<::dead_channels> {};
struct pads_net : thimble::tflite::network<::pads> {};
/// The first layer by itself: in the file its living channels lead to dead ones.
struct dead_channels_first : up_to<::dead_channels, 1> {};

struct halves : fraction_everywhere<depthwise_net, ratio{1, 2}> {};
/// Layers 1 and 4 have multipliers.
struct largest_halves : sparse_update<weights<0, ratio{2, 3}, largest>, weights<1>, weights<2, ratio{1, 2}, largest>,
                                      weights<3, ratio{1, 2}, largest>> {};
struct after_first : sparse_update<weights<1>, weights<2>> {};

TEST_CASE("depthwise") { check_file<::depthwise, depthwise_net, mean_squared_error>("depthwise"); }
TEST_CASE("depthwise, halves") {
  check_file<::depthwise, depthwise_net, mean_squared_error, halves>("depthwise, halves");
}
TEST_CASE("depthwise, the largest channels") {
  check_file<::depthwise, depthwise_net, mean_squared_error, largest_halves>("depthwise, the largest");
}
TEST_CASE("dead_channels") {
  check_file<::dead_channels, dead_channels_net, cross_entropy, after_first>("dead_channels");
}
TEST_CASE("dead_channels, first layer") {
  check_rewired<dead_channels_first, mean_squared_error>("dead_channels, first layer");
}
TEST_CASE("pads") { check_file<::pads, pads_net, mean_squared_error>("pads"); }
