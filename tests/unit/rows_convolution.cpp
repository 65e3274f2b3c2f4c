// Spans of layers by rows: convolutions of every window and stride.
#include "support/rows_check.hpp"

using namespace thimble::test;

TEST_CASE("rows of pointwise_wide") { compare<pointwise_wide>("pointwise_wide"); }
TEST_CASE("rows of square3") { compare<square3>("square3"); }
TEST_CASE("rows of square5") { compare<square5>("square5"); }
TEST_CASE("rows of rectangular") { compare<rectangular>("rectangular"); }
TEST_CASE("rows of larger_stride") { compare<larger_stride>("larger_stride"); }
TEST_CASE("rows of doubled") { compare<doubled>("doubled"); }
