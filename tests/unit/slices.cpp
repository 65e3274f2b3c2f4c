// Blocks whose hidden gradients are made by slices: the same bytes learned, in less memory, none of it two tensors' at a time.
#include <doctest/doctest.h>

#include "support/slices_check.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// Where gradients of a block's ends are the largest of all.
struct narrow_blocks
    : network<input<shape{6, 6, 3}>, conv2d<48, kernel{1}>,
              residual<conv2d<192, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<48, kernel{1}>>,
              residual<conv2d<192, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<48, kernel{1}>>,
              global_average_pool, dense<6>> {};

/// A block of a single slice.
struct one_slice
    : network<input<shape{16, 16, 3}>, conv2d<16, kernel{3}, relu6>,
              residual<conv2d<8, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<16, kernel{1}>>,
              conv2d<96, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, stride{2}, relu6>, conv2d<32, kernel{1}>,
              global_average_pool, dense<6>> {};

struct biases_and_first : sparse_update<biases_of_last<6>, weights<1>, weights_of_head> {};
/// Begins within a block.
struct last_biases : sparse_update<biases_of_last<6>, weights_of_head> {};

template <class Learner>
constexpr bool makes_again() {
  for (int i = 0; i < Learner::plan.steps; ++i)
    if (Learner::plan.s[i].mixes == mixing::makes_again) return true;
  return false;
}

/// The same lesson with rows that are pushed.
template <class Net, class Update, class Thrift>
void compare_pushed() {
  using pushed = learner_of<Net, Update, Thrift, pushed_rows>;
  static_assert(sizeof(pushed) < sizeof(learner_of<Net, Update, pushed_rows>));
  CHECK(lesson_of<pushed>() == lesson_of<learner_of<Net, Update>>());
  check_apart<pushed>();
}

}  // namespace

TEST_CASE("slices teach what whole layers teach") {
  compare_slices<all_biases>("biases");
  compare_slices<wide_weights>("weights of the layers that widen");
  compare_slices<last_biases>("from within a block on");
}

TEST_CASE("gradients that are made again") {
  using net = varied<narrow_blocks>;
  using whole = learner_of<net, last_biases>;
  using sliced = learner_of<net, last_biases, least_memory>;
  static_assert(makes_again<sliced>() && sizeof(sliced) < sizeof(whole));
  CHECK(lesson_of<sliced>() == lesson_of<whole>());
  check_apart<sliced>();
}

TEST_CASE("hidden values made again teach the same") {
  compare_recomputed<all_biases>("biases");
  compare_recomputed<wide_weights>("weights of the layers that widen");
}

TEST_CASE("slices and rows that are pushed") {
  compare_pushed<varied<blocks>, wide_weights, least_memory>();
  compare_pushed<varied<wide_blocks>, wide_weights, recompute>();
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
