// Budgets choose slices and what is made again; blocks of a single slice; inference by slices.
#include <doctest/doctest.h>

#include "support/slices_check.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// A block of a single slice.
struct one_slice
    : network<input<shape{16, 16, 3}>, conv2d<16, kernel{3}, relu6>,
              residual<conv2d<8, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<16, kernel{1}>>,
              conv2d<96, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, stride{2}, relu6>, conv2d<32, kernel{1}>,
              global_average_pool, dense<6>> {};

struct biases_and_first : sparse_update<biases_of_last<6>, weights<1>, weights_of_head> {};

}  // namespace

TEST_CASE("blocks of as many channels as one slice are made whole") {
  using net = varied<one_slice>;
  using remade = learner_of<net, biases_and_first, recompute>;
  static_assert(sliced_loops<remade>() == 1);
  CHECK(lesson_of<remade>() == lesson_of<learner_of<net, biases_and_first>>());
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
  using ample = learner_of<net, wide_weights, row_by_row, least_memory, memory_budget<1024 * KiB>>;
  static_assert(sizeof(tightest) == sizeof(least) && sizeof(roomy) <= sizeof(least) + 64 && pushed::pushes_rows);
  static_assert(sizeof(ample) < 2 * sizeof(rows), "what finds no use is not taken");
  const auto made = lesson_of<rows>();
  CHECK(lesson_of<ample>() == made);
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
