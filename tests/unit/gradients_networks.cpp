// What a step changes is the gradient: dense layers and whole networks.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include "../support/gradient_check.hpp"

using namespace thimble::test;

TEST_CASE("dense chain") { check_all_gradients<dense_chain>("dense_chain"); }
TEST_CASE("dense after map") { check_all_gradients<dense_after_map>("dense_after_map"); }
TEST_CASE("head only") { check_all_gradients<head_only>("head_only"); }
TEST_CASE("like the demo") { check_all_gradients<like_the_demo>("like_the_demo"); }
