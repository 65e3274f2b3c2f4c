// With float gradients, what a step of an imported network changes is the gradient: the networks of imported_gradients_*.cpp.
#include <activations.hpp>
#include <autoencoder.hpp>
#include <concatenations.hpp>
#include <constants.hpp>
#include <convolutions.hpp>
#include <dead_channels.hpp>
#include <dense.hpp>
#include <depthwise.hpp>
#include <float_edges.hpp>
#include <inception.hpp>
#include <means.hpp>
#include <pads.hpp>
#include <pools.hpp>
#include <residual.hpp>
#include <sequence.hpp>
#include <shift_edges.hpp>
#include <shuffle.hpp>
#include <squeeze_excite.hpp>
#include <ties.hpp>
#include <uint8_edges.hpp>
#include <unusual_file.hpp>
#include <upsampling.hpp>

#include "support/tflite/gradient_rewired.hpp"

using namespace thimble::test::tflite;
using thimble::cross_entropy;
using thimble::mean_squared_error;
using thimble::reconstruction_error;
using thimble::test::everything;
using thimble::test::fraction_everywhere;

namespace {

template <class File>
struct whole : thimble::tflite::network<File> {};

template <class File, class Loss, class Update = everything>
void check_float(const char* name) {
  check_file<File, whole<File>, Loss, Update, thimble::float_gradients>(name);
}
template <class Net, class Loss, class Update = everything>
void check_float_part(const char* name) {
  check_rewired<Net, Loss, Update, thimble::float_gradients>(name);
}

}  // namespace

struct all_activations
    : part<::activations, taken<1, 0>, taken<2, 1>, taken<3, 1>, taken<4, 1>, taken<5, 1>, taken<6, 1>, taken<8, 3>,
           taken<9, 4>, taken<10, 5>, taken<11, 6>, taken<13, 1, 2, 7, 8, 9, 10, 10>, taken<14, 11>, taken<15, 12, 12>,
           taken<16, 13>, taken<17, 13, 14>, taken<18, 15>> {};
struct unread : part<::activations, taken<1, 0>, taken<2, 1>, taken<3, 1>> {};

TEST_CASE("functions of one value") {
  check_float_part<all_activations, mean_squared_error>("activations");
  check_float_part<unread, mean_squared_error>("unread");
}

struct led_constants : led<::constants> {};
struct led_means : led<::means> {};
struct led_pools : led<::pools> {};

TEST_CASE("operators of two tensors, means and pools") {
  check_float_part<led_constants, mean_squared_error>("constants");
  check_float_part<led_constants, reconstruction_error>("constants, reconstruction");
  check_float_part<led_means, mean_squared_error>("means");
  check_float_part<led_pools, mean_squared_error>("pools");
}

struct squeeze_excite_logits : up_to<::squeeze_excite, 15> {};
struct halves_of_residual : fraction_everywhere<whole<::residual>, thimble::ratio{1, 2}> {};

TEST_CASE("tensors with several readers") {
  check_float<::residual, mean_squared_error>("residual");
  check_float<::residual, cross_entropy>("residual, stored logits");
  check_float<::residual, mean_squared_error, halves_of_residual>("residual, halves");
  check_float<::shuffle, mean_squared_error>("shuffle");
  check_float<::squeeze_excite, mean_squared_error>("squeeze_excite");
  check_float_part<squeeze_excite_logits, cross_entropy>("squeeze_excite, logits");
  check_float<::concatenations, mean_squared_error>("concatenations");
}

struct dense_logits : up_to<::dense, 5> {};

TEST_CASE("classifiers") {
  check_float<::inception, cross_entropy>("inception");
  check_float<::uint8_edges, cross_entropy>("uint8_edges");
  check_float<::float_edges, cross_entropy>("float_edges");
  check_float<::unusual_file, mean_squared_error>("unusual_file");
  check_float_part<dense_logits, cross_entropy>("dense");
}

struct halves_of_convolutions : fraction_everywhere<whole<::convolutions>, thimble::ratio{1, 2}> {};
struct some_of_convolutions : thimble::sparse_update<thimble::bias<0>, thimble::weights<2, thimble::ratio{2, 3}>,
                                                     thimble::bias<3>, thimble::weights<5>> {};

TEST_CASE("convolutions with groups, dilation and every activation") {
  check_float<::convolutions, cross_entropy>("convolutions");
  check_float<::convolutions, cross_entropy, halves_of_convolutions>("convolutions, halves");
  check_float<::convolutions, mean_squared_error, some_of_convolutions>("convolutions, some");
  check_float<::shift_edges, mean_squared_error>("shift_edges");
}

struct halves_of_depthwise : fraction_everywhere<whole<::depthwise>, thimble::ratio{1, 2}> {};
struct dead_channels_first : up_to<::dead_channels, 1> {};
struct after_first : thimble::sparse_update<thimble::weights<1>, thimble::weights<2>> {};

TEST_CASE("depthwise layers with multipliers, dead channels, padding") {
  check_float<::depthwise, mean_squared_error>("depthwise");
  check_float<::depthwise, mean_squared_error, halves_of_depthwise>("depthwise, halves");
  check_float<::dead_channels, cross_entropy, after_first>("dead_channels");
  check_float_part<dead_channels_first, mean_squared_error>("dead_channels, first layer");
  check_float<::pads, mean_squared_error>("pads");
}

struct upsampling_part : up_to<::upsampling, 10> {};
struct autoencoder_part
    : part<::autoencoder, taken<1, 0>, taken<4, 1, 1>, taken<5, 2>, taken<7, 3>, taken<8, 4, 4>, taken<9, 0, 5>> {};
struct decoder : thimble::sparse_update<thimble::weights<4>> {};

TEST_CASE("resizing, decoders, sequences") {
  check_float<::sequence, cross_entropy>("sequence");
  check_float<::ties, mean_squared_error>("ties");
  check_float_part<upsampling_part, mean_squared_error>("upsampling");
  check_float<::autoencoder, reconstruction_error, decoder>("autoencoder");
  check_float_part<autoencoder_part, reconstruction_error>("autoencoder, part");
}
