// int8 inference gives the reference's numbers, bit for bit: residuals, pools, dense layers, whole networks.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include "../support/forward_check.hpp"

using namespace thimble::test;

TEST_CASE("bottleneck with a residual") { check_forward<bottleneck>(); }
TEST_CASE("residual within residual") { check_forward<nested>(); }
TEST_CASE("residuals in a row") { check_forward<chained>(); }
TEST_CASE("residuals of nothing") { check_forward<doubled>(); }
TEST_CASE("windowed pools") { check_forward<pools>(); }
TEST_CASE("overlapping pools") { check_forward<pools_overlapping>(); }
TEST_CASE("pools of odd shapes") { check_forward<pools_odd>(); }
TEST_CASE("pools in residuals, global maximum") { check_forward<pools_global>(); }
TEST_CASE("dense layers") { check_forward<dense_chain>(); }
TEST_CASE("dense after a map") { check_forward<dense_after_map>(); }
TEST_CASE("only a head") { check_forward<head_only>(); }
TEST_CASE("like the demo") { check_forward<like_the_demo>(); }
