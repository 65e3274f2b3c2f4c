// int8 inference gives the reference's numbers, bit for bit: depthwise convolutions.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include "../support/forward_check.hpp"

using namespace thimble::test;

TEST_CASE("depthwise 3x3") { check_forward<depthwise3>(); }
TEST_CASE("depthwise 3x3, even") { check_forward<depthwise3_even>(); }
TEST_CASE("depthwise 5x5") { check_forward<depthwise5>(); }
TEST_CASE("depthwise 7x7") { check_forward<depthwise7>(); }
TEST_CASE("depthwise, rectangular") { check_forward<depthwise_rectangular>(); }
