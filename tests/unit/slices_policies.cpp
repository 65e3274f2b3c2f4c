// Slices, and hidden values made again, under every form of weights and of updates.
#include <doctest/doctest.h>

#include "support/slices_check.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// All channels of layers that widen, so that their input stays in any case; and some of one that narrows.
struct widest_weights
    : sparse_update<biases_of_last<12>, weights<1>, weights<4>, weights<7>, weights<9, ratio{1, 2}>, weights_of_head> {
};
struct frozen_biases : sparse_update<weights<1>, weights<4>, weights_of_head> {};
struct other_weights : sparse_update<biases_of_last<12>, weights<2, ratio{1, 3}>, weights<6, ratio{1, 2}>, weights<8>,
                                     weights<12>, weights<3>, weights_of_head> {};

}  // namespace

TEST_CASE("slices under every form of weights") {
  compare_slices<other_weights>("weights of the others");
  compare_slices<wide_weights, residual_bits<4>>("4 bits");
  compare_slices<wide_weights, stochastic_rounding<>>("stochastic");
  compare_slices<other_weights, stochastic_rounding<7>>("stochastic, the others");
  compare_slices<wide_weights, momentum<0.9f>>("momentum");
  compare_slices<other_weights, accumulate<3>>("accumulated");
}

TEST_CASE("hidden values made again under every form of weights") {
  compare_recomputed<widest_weights, momentum<0.9f>>("all of them, momentum");
  compare_recomputed<frozen_biases>("biases in flash");
  compare_recomputed<wide_weights, residual_bits<4>>("4 bits");
  compare_recomputed<wide_weights, stochastic_rounding<>, accumulate<3>>("stochastic, accumulated");
}
