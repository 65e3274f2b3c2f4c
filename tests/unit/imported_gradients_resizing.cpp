// What a step of an imported network changes is the gradient: resizing, decoders, sequences.
#include <autoencoder.hpp>
#include <sequence.hpp>
#include <ties.hpp>
#include <upsampling.hpp>

#include "support/tflite/gradient_rewired.hpp"

using namespace thimble;
using namespace thimble::test;
using thimble::test::tflite::check_file;
using thimble::test::tflite::check_rewired;
using thimble::test::tflite::part;
using thimble::test::tflite::taken;
using thimble::test::tflite::up_to;

struct sequence_net : thimble::tflite::network<::sequence> {};
struct ties_net : thimble::tflite::network<::ties> {};
struct autoencoder_net : thimble::tflite::network<::autoencoder> {};
/// Up to its TRANSPOSE_CONV, which only infers.
struct upsampling_net : up_to<::upsampling, 10> {};
/// Without its TRANSPOSE_CONV; instead the encoder's output is concatenated twice, and the decoder's added to itself.
struct autoencoder_part
    : part<::autoencoder, taken<1, 0>, taken<4, 1, 1>, taken<5, 2>, taken<7, 3>, taken<8, 4, 4>, taken<9, 0, 5>> {};

struct halves : fraction_everywhere<sequence_net, ratio{1, 2}> {};
/// What lies behind both TRANSPOSE_CONV.
struct decoder : sparse_update<weights<4>> {};

TEST_CASE("sequence") { check_file<::sequence, sequence_net, cross_entropy>("sequence"); }
TEST_CASE("sequence, halves") { check_file<::sequence, sequence_net, mean_squared_error, halves>("sequence, halves"); }
TEST_CASE("ties") { check_file<::ties, ties_net, mean_squared_error>("ties"); }
TEST_CASE("upsampling") { check_rewired<upsampling_net, mean_squared_error>("upsampling"); }
TEST_CASE("autoencoder") { check_file<::autoencoder, autoencoder_net, reconstruction_error, decoder>("autoencoder"); }
TEST_CASE("autoencoder, part") { check_rewired<autoencoder_part, reconstruction_error>("autoencoder, part"); }
