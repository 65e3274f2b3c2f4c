// What a step of an imported network changes is the gradient: tensors with several readers, concatenated, shuffled, scaled.
#include <concatenations.hpp>
#include <residual.hpp>
#include <shuffle.hpp>
#include <squeeze_excite.hpp>

#include "support/tflite/gradient_rewired.hpp"

using namespace thimble;
using namespace thimble::test;
using thimble::test::tflite::check_file;
using thimble::test::tflite::check_rewired;
using thimble::test::tflite::part;
using thimble::test::tflite::taken;
using thimble::test::tflite::up_to;

struct residual_net : thimble::tflite::network<::residual> {};
struct shuffle_net : thimble::tflite::network<::shuffle> {};
struct squeeze_excite_net : thimble::tflite::network<::squeeze_excite> {};
struct concatenations_net : thimble::tflite::network<::concatenations> {};
/// Without its last LOGISTIC: a classifier.
struct squeeze_excite_logits : up_to<::squeeze_excite, 15> {};

/// Ends in a convolution of one pixel, whose sums are the logits.
struct squeeze_convolution : up_to<::squeeze_excite, 4> {};
/// Ends in a dense layer's logits in another shape.
struct squeeze_view : part<::squeeze_excite, taken<1, 0>, taken<2, 1>, taken<3, 2>, taken<4, 3>, taken<5, 4>,
                           taken<6, 1, 5>, taken<7, 6>, taken<8, 7>, taken<9, 8>, taken<10, 9>, taken<12, 10>> {};

struct halves : fraction_everywhere<residual_net, ratio{1, 2}> {};

TEST_CASE("residual") { check_file<::residual, residual_net, mean_squared_error>("residual"); }
TEST_CASE("residual, stored logits") { check_file<::residual, residual_net, cross_entropy>("residual, stored logits"); }
TEST_CASE("residual, halves") { check_file<::residual, residual_net, mean_squared_error, halves>("residual, halves"); }
TEST_CASE("shuffle") { check_file<::shuffle, shuffle_net, mean_squared_error>("shuffle"); }
TEST_CASE("squeeze_excite") { check_file<::squeeze_excite, squeeze_excite_net, mean_squared_error>("squeeze_excite"); }
TEST_CASE("squeeze_excite, logits") { check_rewired<squeeze_excite_logits, cross_entropy>("squeeze_excite, logits"); }
TEST_CASE("squeeze_excite, logits of a convolution") {
  check_rewired<squeeze_convolution, cross_entropy>("squeeze_excite, logits of a convolution");
}
TEST_CASE("squeeze_excite, logits viewed") {
  check_rewired<squeeze_view, cross_entropy>("squeeze_excite, logits viewed");
}
TEST_CASE("concatenations") { check_file<::concatenations, concatenations_net, mean_squared_error>("concatenations"); }
