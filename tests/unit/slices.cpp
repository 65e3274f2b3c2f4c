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
