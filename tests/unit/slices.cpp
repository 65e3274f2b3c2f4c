// Blocks whose hidden gradients are made by slices: the same bytes learned, in less memory, none of it two tensors' at a time.
#include <doctest/doctest.h>

#include "support/rows_check.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// Blocks of layers {1, 2, 3} to {10, 11, 12} that widen, filter and narrow: with and without an addition, at stride 2, before a pool of all.
struct blocks
    : network<input<shape{12, 12, 3}>, conv2d<16, kernel{3}, stride{2}, relu6>,
              residual<conv2d<48, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<16, kernel{1}>>,
              conv2d<40, kernel{1}, relu6>, depthwise_conv2d<kernel{5}, stride{2}, relu6>, conv2d<24, kernel{1}>,
              residual<conv2d<72, kernel{1}, relu6>, depthwise_conv2d<kernel{7}, relu6>, conv2d<24, kernel{1}>>,
              conv2d<96, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<32, kernel{1}>,
              global_average_pool, dense<6>> {};

/// Where gradients of a block's ends are the largest of all.
struct narrow_blocks
    : network<input<shape{6, 6, 3}>, conv2d<48, kernel{1}>,
              residual<conv2d<192, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<48, kernel{1}>>,
              residual<conv2d<192, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<48, kernel{1}>>,
              global_average_pool, dense<6>> {};

/// That widen six times, so that masks of hidden values are larger than what they could be made of again.
struct wide_blocks
    : network<input<shape{12, 12, 3}>, conv2d<16, kernel{3}, stride{2}, relu6>,
              residual<conv2d<96, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<16, kernel{1}>>,
              conv2d<96, kernel{1}, relu6>, depthwise_conv2d<kernel{5}, stride{2}, relu6>, conv2d<24, kernel{1}>,
              residual<conv2d<144, kernel{1}, relu6>, depthwise_conv2d<kernel{7}, relu6>, conv2d<24, kernel{1}>>,
              conv2d<192, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<32, kernel{1}>,
              global_average_pool, dense<6>> {};

/// A block of a single slice.
struct one_slice
    : network<input<shape{16, 16, 3}>, conv2d<16, kernel{3}, relu6>,
              residual<conv2d<8, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<16, kernel{1}>>,
              conv2d<96, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, stride{2}, relu6>, conv2d<32, kernel{1}>,
              global_average_pool, dense<6>> {};

struct all_biases : sparse_update<biases_of_last<12>, weights_of_head> {};
struct wide_weights : sparse_update<biases_of_last<12>, weights<1, ratio{1, 2}>, weights<4>, weights<7, ratio{1, 4}>,
                                    weights<10, ratio{1, 3}>, weights_of_head> {};
/// All channels of layers that widen, so that their input stays in any case; and some of one that narrows.
struct widest_weights
    : sparse_update<biases_of_last<12>, weights<1>, weights<4>, weights<7>, weights<9, ratio{1, 2}>, weights_of_head> {
};
struct frozen_biases : sparse_update<weights<1>, weights<4>, weights_of_head> {};
struct biases_and_first : sparse_update<biases_of_last<6>, weights<1>, weights_of_head> {};
struct other_weights : sparse_update<biases_of_last<12>, weights<2, ratio{1, 3}>, weights<6, ratio{1, 2}>, weights<8>,
                                     weights<12>, weights<3>, weights_of_head> {};
/// Begins within a block.
struct last_biases : sparse_update<biases_of_last<6>, weights_of_head> {};

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
template <class Learner>
constexpr bool makes_again() {
  for (int i = 0; i < Learner::plan.steps; ++i)
    if (Learner::plan.s[i].mixes == mixing::makes_again) return true;
  return false;
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

template <class Update, class... Policies>
void compare_slices(const char* what) {
  CAPTURE(what);
  using net = varied<blocks>;
  using whole = learner_of<net, Update, Policies...>;
  using sliced = learner_of<net, Update, least_memory, Policies...>;
  using pushed = learner_of<net, Update, least_memory, pushed_rows, Policies...>;
  static_assert(sliced_loops<sliced>() > 0 && sliced_loops<pushed>() > 0 && sliced_loops<whole>() == 0);
  static_assert(sizeof(pushed) < sizeof(learner_of<net, Update, pushed_rows, Policies...>));
  const auto made = lesson_of<whole>();
  CHECK(lesson_of<sliced>() == made);
  CHECK(lesson_of<pushed>() == made);
  check_apart<sliced>();
  check_apart<pushed>();
}

}  // namespace

TEST_CASE("slices teach what whole layers teach") {
  compare_slices<all_biases>("biases");
  compare_slices<wide_weights>("weights of the layers that widen");
  compare_slices<other_weights>("weights of the others");
  compare_slices<last_biases>("from within a block on");
}

TEST_CASE("slices under every form of weights") {
  compare_slices<wide_weights, residual_bits<4>>("4 bits");
  compare_slices<wide_weights, stochastic_rounding<>>("stochastic");
  compare_slices<other_weights, stochastic_rounding<7>>("stochastic, the others");
  compare_slices<wide_weights, momentum<0.9f>>("momentum");
  compare_slices<other_weights, accumulate<3>>("accumulated");
}

TEST_CASE("gradients that are made again") {
  using net = varied<narrow_blocks>;
  using whole = learner_of<net, last_biases>;
  using sliced = learner_of<net, last_biases, least_memory>;
  static_assert(makes_again<sliced>() && sizeof(sliced) < sizeof(whole));
  CHECK(lesson_of<sliced>() == lesson_of<whole>());
  check_apart<sliced>();
}

template <class Update, class... Policies>
void compare_recomputed(const char* what) {
  CAPTURE(what);
  using net = varied<wide_blocks>;
  using sliced = learner_of<net, Update, least_memory, Policies...>;
  using remade = learner_of<net, Update, recompute, Policies...>;
  using pushed = learner_of<net, Update, recompute, pushed_rows, Policies...>;
  static_assert(remade_blocks<remade>() > 0 && remade_blocks<sliced>() == 0);
  static_assert(sizeof(remade) < sizeof(sliced));
  const auto made = lesson_of<learner_of<net, Update, Policies...>>();
  CHECK(lesson_of<remade>() == made);
  CHECK(lesson_of<pushed>() == made);
  check_apart<remade>();
  check_apart<pushed>();
}

TEST_CASE("hidden values made again teach the same") {
  compare_recomputed<all_biases>("biases");
  compare_recomputed<wide_weights>("weights of the layers that widen");
  compare_recomputed<widest_weights, momentum<0.9f>>("all of them");
  compare_recomputed<frozen_biases>("biases in flash");
  compare_recomputed<wide_weights, residual_bits<4>>("4 bits");
  compare_recomputed<wide_weights, stochastic_rounding<>, accumulate<3>>("stochastic, accumulated");
}

TEST_CASE("blocks of as many channels as one slice are made whole") {
  using net = varied<one_slice>;
  using remade = learner_of<net, biases_and_first, recompute>;
  CHECK(lesson_of<remade>() == lesson_of<learner_of<net, biases_and_first>>());
}

TEST_CASE("hidden values made again from a latent") {
  using net = varied<wide_blocks>;
  using whole = learner_of<net, last_biases>;
  using remade = learner_of<net, last_biases, recompute, row_by_row>;
  static whole a;
  static remade b;
  for (std::uint32_t i = 0; i < 5; ++i) {
    const auto x = sample_of(a, i);
    static remade::latent kept;
    give(a, x);
    give(b, x);
    REQUIRE(b.keep(kept) == status::ok);
    REQUIRE(a.step(static_cast<int>(i), {.learning_rate = 0.01f}).ok());
    REQUIRE(b.step_from(kept, static_cast<int>(i), {.learning_rate = 0.01f}).ok());
    CHECK(std::equal(a.trained().begin(), a.trained().end(), b.trained().begin(), b.trained().end()));
  }
}

TEST_CASE("budgets use least_memory, and what it leaves") {
  using net = varied<blocks>;
  using rows = learner_of<net, wide_weights, row_by_row>;
  using least = learner_of<net, wide_weights, row_by_row, least_memory>;
  static_assert(sizeof(least) < sizeof(rows));
  using tightest = learner_of<net, wide_weights, memory_budget<static_cast<long>(sizeof(least))>>;
  using roomy = learner_of<net, wide_weights, memory_budget<static_cast<long>(sizeof(least)) + 64>>;
  using pushed_least = learner_of<net, wide_weights, pushed_rows, least_memory>;
  using pushed = learner_of<net, wide_weights, pushed_rows, memory_budget<static_cast<long>(sizeof(pushed_least))>>;
  static_assert(sizeof(tightest) == sizeof(least) && sizeof(roomy) == sizeof(least) + 64 && pushed::pushes_rows);
  const auto made = lesson_of<rows>();
  CHECK(lesson_of<tightest>() == made);
  CHECK(lesson_of<roomy>() == made);
  CHECK(lesson_of<pushed>() == made);
}

TEST_CASE("budgets recompute last") {
  using net = varied<wide_blocks>;
  using least = learner_of<net, wide_weights, pushed_rows, least_memory>;
  using remade = learner_of<net, wide_weights, pushed_rows, recompute>;
  using tightest = learner_of<net, wide_weights, pushed_rows, memory_budget<static_cast<long>(sizeof(remade))>>;
  using roomy = learner_of<net, wide_weights, pushed_rows, memory_budget<static_cast<long>(sizeof(least))>>;
  static_assert(sizeof(tightest) == sizeof(remade) && remade_blocks<tightest>() > 0 && remade_blocks<roomy>() == 0);
  static_assert(remade::work.again > 0 && least::work.again == 0 && remade::work.all == least::work.all);
  CHECK(lesson_of<tightest>() == lesson_of<roomy>());
}

TEST_CASE("inference in the least memory") {
  static inference<varied<blocks>> whole;
  static inference<varied<blocks>, pushed_rows, least_memory> pushed;
  static_assert(sizeof(pushed) < sizeof(whole));
  for (std::uint32_t i = 0; i < 5; ++i) {
    const auto x = sample_of(whole, i);
    give(whole, x);
    give(pushed, x);
    const auto a = whole.infer();
    const auto b = pushed.infer();
    CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
  }
}
