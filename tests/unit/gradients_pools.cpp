// What a step changes is the gradient: pools.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include "../support/gradient_check.hpp"

using namespace thimble::test;

TEST_CASE("pools") { check_all_gradients<pools>("pools"); }
TEST_CASE("pools overlapping") { check_all_gradients<pools_overlapping>("pools_overlapping"); }
TEST_CASE("pools odd") { check_all_gradients<pools_odd>("pools_odd"); }
TEST_CASE("pools global") { check_all_gradients<pools_global>("pools_global"); }
