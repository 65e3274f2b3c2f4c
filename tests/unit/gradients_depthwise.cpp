// What a step changes is the gradient: depthwise convolutions.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include "../support/gradient_check.hpp"

using namespace thimble::test;

TEST_CASE("depthwise3") { check_all_gradients<depthwise3>("depthwise3"); }
TEST_CASE("depthwise3 even") { check_all_gradients<depthwise3_even>("depthwise3_even"); }
TEST_CASE("depthwise5") { check_all_gradients<depthwise5>("depthwise5"); }
TEST_CASE("depthwise7") { check_all_gradients<depthwise7>("depthwise7"); }
TEST_CASE("depthwise rectangular") { check_all_gradients<depthwise_rectangular>("depthwise_rectangular"); }
