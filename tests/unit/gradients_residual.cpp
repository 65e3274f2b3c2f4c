// What a step changes is the gradient: tensors with two readers.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include "../support/gradient_check.hpp"

using namespace thimble::test;

TEST_CASE("bottleneck") { check_all_gradients<bottleneck>("bottleneck"); }
TEST_CASE("nested") { check_all_gradients<nested>("nested"); }
TEST_CASE("chained") { check_all_gradients<chained>("chained"); }
TEST_CASE("doubled") { check_all_gradients<doubled>("doubled"); }
