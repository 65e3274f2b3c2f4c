// What a step changes is the gradient: convolutions, by kernel, stride, size and padding.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include "../support/gradient_check.hpp"

using namespace thimble::test;

TEST_CASE("pointwise tails") { check_all_gradients<pointwise_tails>("pointwise_tails"); }
TEST_CASE("pointwise wide") { check_all_gradients<pointwise_wide>("pointwise_wide"); }
TEST_CASE("square3") { check_all_gradients<square3>("square3"); }
TEST_CASE("square3 even") { check_all_gradients<square3_even>("square3_even"); }
TEST_CASE("square5") { check_all_gradients<square5>("square5"); }
