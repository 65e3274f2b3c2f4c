// Patches beside the other policies; with kernels for AVX2, whose rows may lie over those that they are made of.
#include "support/rows_check.hpp"
#include "support/slices_check.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

struct last_biases : sparse_update<biases_of_last<6>, weights_of_head> {};

}  // namespace

TEST_CASE("a group reads rows where their maker laid them") {
  using net = varied<group_after_rows_laid_over>;
  static inference<net> whole;
  static inference<net, pushed_rows, recompute> again;
  REQUIRE(again.work.again > 0);
  for (std::uint32_t i = 0; i < 4; ++i) {
    const auto x = sample_of(whole, i);
    give(whole, x);
    give(again, x);
    const auto wanted = whole.infer(), made = again.infer();
    CHECK(std::equal(made.begin(), made.end(), wanted.begin(), wanted.end()));
  }
}

TEST_CASE("patches beside slices, recomputation and a budget") {
  using net = varied<wide_blocks>;
  using tight = learner_of<net, last_biases, patches<2>, recompute>;
  const auto made = lesson_of<learner_of<net, last_biases>>();
  CHECK(lesson_of<learner_of<net, last_biases, patches<2>, least_memory>>() == made);
  CHECK(lesson_of<learner_of<net, last_biases, patches<3>, recompute>>() == made);
  CHECK(lesson_of<learner_of<net, last_biases, patches<2>, memory_budget<static_cast<long>(sizeof(tight))>>>() == made);
}

TEST_CASE("latents of patches teach what samples teach") {
  using net = varied<wide_blocks>;
  static learner_of<net, last_biases> whole;
  static learner_of<net, last_biases, patches<2>, recompute> patched;
  for (std::uint32_t i = 0; i < 4; ++i) {
    const auto x = sample_of(whole, i);
    give(whole, x);
    give(patched, x);
    decltype(patched)::latent kept;
    REQUIRE(patched.keep(kept) == status::ok);
    REQUIRE(whole.step(static_cast<int>(i), {.learning_rate = 0.01F}).ok());
    REQUIRE(patched.step_from(kept, static_cast<int>(i), {.learning_rate = 0.01F}).ok());
    CHECK(std::ranges::equal(whole.trained(), patched.trained()));
  }
}
