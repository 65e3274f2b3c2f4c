// Spans of layers by rows: depthwise layers, residuals and pools.
#include "support/rows_check.hpp"

using namespace thimble::test;

TEST_CASE("rows of depthwise5") { compare<depthwise5>("depthwise5"); }
TEST_CASE("rows of depthwise7") { compare<depthwise7>("depthwise7"); }
TEST_CASE("rows of bottleneck") { compare<bottleneck>("bottleneck"); }
TEST_CASE("rows of nested") { compare<nested>("nested"); }
TEST_CASE("rows of pools_overlapping") { compare<pools_overlapping>("pools_overlapping"); }
TEST_CASE("rows of pools_odd") { compare<pools_odd>("pools_odd"); }
