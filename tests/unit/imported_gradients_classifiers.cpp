// What a step of an imported network changes is the gradient: classifiers, whose SOFTMAX and edges are folded.
#include <dense.hpp>
#include <float_edges.hpp>
#include <inception.hpp>
#include <uint8_edges.hpp>
#include <unusual_file.hpp>

#include "support/tflite/gradient_rewired.hpp"

using namespace thimble;
using thimble::test::tflite::check_file;
using thimble::test::tflite::check_rewired;
using thimble::test::tflite::up_to;

struct inception_net : thimble::tflite::network<::inception> {};
struct uint8_edges_net : thimble::tflite::network<::uint8_edges> {};
struct float_edges_net : thimble::tflite::network<::float_edges> {};
struct unusual_file_net : thimble::tflite::network<::unusual_file> {};
/// Without its SOFTMAX, whose beta is not 1: it would not be folded.
struct dense_net : up_to<::dense, 5> {};

TEST_CASE("inception") { check_file<::inception, inception_net, cross_entropy>("inception"); }
TEST_CASE("uint8_edges") { check_file<::uint8_edges, uint8_edges_net, cross_entropy>("uint8_edges"); }
TEST_CASE("float_edges") { check_file<::float_edges, float_edges_net, cross_entropy>("float_edges"); }
TEST_CASE("unusual_file") { check_file<::unusual_file, unusual_file_net, mean_squared_error>("unusual_file"); }
TEST_CASE("dense") { check_rewired<dense_net, cross_entropy>("dense"); }
