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

/// Of the block that begins with this layer whether its hidden values are made again.
template <class Learner>
constexpr bool makes_block_again(int layer) {
  constexpr const auto& p = Learner::plan;
  for (int i = 0; i < p.steps; ++i)
    if (p.s[i].again[0] >= 0 && graph_of<varied<wide_blocks>>.at[p.s[p.s[i].again[0]].node].number == layer)
      return true;
  return false;
}

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

TEST_CASE("blocks that are named to be made again") {
  using net = varied<wide_blocks>;
  using whole = learner_of<net, wide_weights>;
  using one = learner_of<net, wide_weights, recompute_blocks<7>>;
  using two = learner_of<net, wide_weights, row_by_row, recompute_blocks<10, 1>>;
  using least = learner_of<net, wide_weights, least_memory>;
  static_assert(remade_blocks<one>() == 1 && makes_block_again<one>(7));
  static_assert(remade_blocks<two>() == 2 && makes_block_again<two>(1) && makes_block_again<two>(10));
  static_assert(one::work.again > 0 && one::work.all == whole::work.all && sizeof(one) <= sizeof(least));
  const auto made = lesson_of<whole>();
  CHECK(lesson_of<one>() == made);
  CHECK(lesson_of<two>() == made);
  check_apart<one>();
  check_apart<two>();
}
