// What a step of an imported network changes is the gradient: functions of one value, each by itself and all together.
#include <activations.hpp>

#include "support/tflite/gradient_rewired.hpp"

using namespace thimble;
using thimble::test::tflite::check_rewired;
using thimble::test::tflite::part;
using thimble::test::tflite::taken;

struct relu6_net : part<::activations, taken<1, 0>, taken<2, 1>> {};
struct relu_net : part<::activations, taken<1, 0>, taken<3, 1>> {};
struct leaky_relu_net : part<::activations, taken<1, 0>, taken<5, 1>> {};
struct logistic_net : part<::activations, taken<1, 0>, taken<6, 1>> {};
struct quantize_net : part<::activations, taken<1, 0>, taken<4, 1>, taken<9, 2>> {};
/// All but the SOFTMAX, in whose place the LOGISTIC is joined twice.
struct all_net : part<::activations, taken<1, 0>, taken<2, 1>, taken<3, 1>, taken<4, 1>, taken<5, 1>, taken<6, 1>,
                      taken<8, 3>, taken<9, 4>, taken<10, 5>, taken<11, 6>, taken<13, 1, 2, 7, 8, 9, 10, 10>,
                      taken<14, 11>, taken<15, 12, 12>, taken<16, 13>, taken<17, 13, 14>, taken<18, 15>> {};

TEST_CASE("RELU6") { check_rewired<relu6_net, mean_squared_error>("RELU6"); }
TEST_CASE("RELU") { check_rewired<relu_net, mean_squared_error>("RELU"); }
TEST_CASE("LEAKY_RELU") { check_rewired<leaky_relu_net, mean_squared_error>("LEAKY_RELU"); }
TEST_CASE("LOGISTIC") { check_rewired<logistic_net, mean_squared_error>("LOGISTIC"); }
TEST_CASE("QUANTIZE") { check_rewired<quantize_net, mean_squared_error>("LEAKY_RELU, QUANTIZE"); }
TEST_CASE("activations") { check_rewired<all_net, mean_squared_error>("activations"); }
