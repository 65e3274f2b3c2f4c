// Networks of blocks that widen, filter and narrow, and their lessons: whole, by slices, and with hidden values made again.
#pragma once
#include <doctest/doctest.h>

#include "rows_check.hpp"

namespace thimble::test {

/// Blocks of layers {1, 2, 3} to {10, 11, 12} that widen, filter and narrow: with and without an addition, at stride 2, before a pool of all.
struct blocks
    : network<input<shape{12, 12, 3}>, conv2d<16, kernel{3}, stride{2}, relu6>,
              residual<conv2d<48, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<16, kernel{1}>>,
              conv2d<40, kernel{1}, relu6>, depthwise_conv2d<kernel{5}, stride{2}, relu6>, conv2d<24, kernel{1}>,
              residual<conv2d<72, kernel{1}, relu6>, depthwise_conv2d<kernel{7}, relu6>, conv2d<24, kernel{1}>>,
              conv2d<96, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<32, kernel{1}>,
              global_average_pool, dense<6>> {};

/// That widen six times, so that masks of hidden values are larger than what they could be made of again.
struct wide_blocks
    : network<input<shape{12, 12, 3}>, conv2d<16, kernel{3}, stride{2}, relu6>,
              residual<conv2d<96, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<16, kernel{1}>>,
              conv2d<96, kernel{1}, relu6>, depthwise_conv2d<kernel{5}, stride{2}, relu6>, conv2d<24, kernel{1}>,
              residual<conv2d<144, kernel{1}, relu6>, depthwise_conv2d<kernel{7}, relu6>, conv2d<24, kernel{1}>>,
              conv2d<192, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<32, kernel{1}>,
              global_average_pool, dense<6>> {};

struct all_biases : sparse_update<biases_of_last<12>, weights_of_head> {};
struct wide_weights : sparse_update<biases_of_last<12>, weights<1, ratio{1, 2}>, weights<4>, weights<7, ratio{1, 4}>,
                                    weights<10, ratio{1, 3}>, weights_of_head> {};

template <class Learner>
constexpr int sliced_loops() {
  int n = 0;
  for (int k = 0; k < Learner::plan.loops; ++k) n += Learner::plan.l[k].slices > 1 ? 1 : 0;
  return n;
}
template <class Learner>
constexpr int remade_blocks() {
  int n = 0;
  for (int i = 0; i < Learner::plan.steps; ++i) n += Learner::plan.s[i].again[0] >= 0 ? 1 : 0;
  return n;
}

/// Of two tensors that are alive in one loop no byte is both's, unless the loop allows it, and they lie as it says.
template <class Learner>
void check_apart() {
  static constexpr const auto& p = Learner::plan;
  for (int k = 0; k < p.loops; ++k)
    for (int a = 0; a < p.tensors; ++a)
      for (int b = 0; b < a; ++b) {
        const tensor &x = p.t[a], &y = p.t[b];
        const auto lives = [&](int id, const tensor& t) {
          return p.in_arena(id) && t.needed && !t.shares && t.bytes > 0 && t.first <= k && t.last >= k;
        };
        if (!lives(a, x) || !lives(b, y) || x.offset >= y.offset + y.bytes || y.offset >= x.offset + x.bytes) continue;
        bool allowed = false;
        for (const permission& o : p.l[k].in_place) {
          const bool these = (o.write == a && o.read == b) || (o.write == b && o.read == a);
          allowed = allowed || (these && p.t[o.write].offset == p.t[o.read].offset - align_up(o.lag));
        }
        CAPTURE(k);
        CAPTURE(a);
        CAPTURE(b);
        CHECK(allowed);
      }
  CHECK(p.peak >= p.lower_bound);
}

/// Equal lessons of whole layers and of slices.
template <class Update, class... Policies>
void compare_slices(const char* what) {
  CAPTURE(what);
  using net = varied<blocks>;
  using whole = learner_of<net, Update, Policies...>;
  using sliced = learner_of<net, Update, least_memory, Policies...>;
  static_assert(sliced_loops<sliced>() > 0 && sliced_loops<whole>() == 0);
  CHECK(lesson_of<sliced>() == lesson_of<whole>());
  check_apart<sliced>();
}

/// Equal lessons of slices and of hidden values that are made again.
template <class Update, class... Policies>
void compare_recomputed(const char* what) {
  CAPTURE(what);
  using net = varied<wide_blocks>;
  using sliced = learner_of<net, Update, least_memory, Policies...>;
  using remade = learner_of<net, Update, recompute, Policies...>;
  static_assert(remade_blocks<remade>() > 0 && remade_blocks<sliced>() == 0);
  static_assert(sizeof(remade) < sizeof(sliced));
  CHECK(lesson_of<remade>() == lesson_of<learner_of<net, Update, Policies...>>());
  check_apart<remade>();
}

}  // namespace thimble::test
