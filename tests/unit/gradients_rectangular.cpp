// What a step changes is the gradient: convolutions, by kernel, stride, size and padding (even and rectangular).
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include "../support/gradient_check.hpp"

using namespace thimble::test;

TEST_CASE("square5 even") { check_all_gradients<square5_even>("square5_even"); }
TEST_CASE("rectangular") { check_all_gradients<rectangular>("rectangular"); }
TEST_CASE("rectangular valid") { check_all_gradients<rectangular_valid>("rectangular_valid"); }
TEST_CASE("larger stride") { check_all_gradients<larger_stride>("larger_stride"); }
