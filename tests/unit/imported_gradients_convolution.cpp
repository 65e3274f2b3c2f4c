// What a step of an imported network changes is the gradient: convolutions with groups, dilation and every activation; all
// weights, some of them, biases only.
#include <convolutions.hpp>
#include <shift_edges.hpp>

#include "support/tflite/gradient_check.hpp"

using namespace thimble;
using namespace thimble::test;
using thimble::test::tflite::check_file;

struct convolutions_net : thimble::tflite::network<::convolutions> {};
struct shift_edges_net : thimble::tflite::network<::shift_edges> {};

struct halves : fraction_everywhere<convolutions_net, ratio{1, 2}> {};
/// Layers 1 and 4 pass gradients on and do not learn.
struct some : sparse_update<bias<0>, weights<2, ratio{2, 3}>, bias<3>, weights<5>> {};
/// Layers 2 and 3 have groups.
struct largest_halves : sparse_update<weights<0, ratio{1, 2}, largest>, weights<1, ratio{3, 8}, largest>, weights<2>,
                                      weights<4, ratio{1, 2}, largest>, weights<5, ratio{1, 2}, largest>> {};

TEST_CASE("convolutions") { check_file<::convolutions, convolutions_net, cross_entropy>("convolutions"); }
TEST_CASE("convolutions, halves") {
  check_file<::convolutions, convolutions_net, cross_entropy, halves>("convolutions, halves");
}
TEST_CASE("convolutions, some") {
  check_file<::convolutions, convolutions_net, mean_squared_error, some>("convolutions, some");
}
TEST_CASE("convolutions, the largest channels") {
  check_file<::convolutions, convolutions_net, cross_entropy, largest_halves>("convolutions, the largest");
}
TEST_CASE("shift_edges") { check_file<::shift_edges, shift_edges_net, mean_squared_error>("shift_edges"); }
