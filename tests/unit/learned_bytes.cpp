// What two hundred steps leave is the same on every machine: compared with the recorded bytes, here and on each core
// (tests/target/learned_bytes.cpp). If the numeric contract changes on purpose, record them anew:
//   THIMBLE_RECORD=tests/support/small_lesson_bytes.hpp build/host-gcc/tests/unit/unit_learned_bytes
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <doctest/doctest.h>

#include "support/small_lesson.hpp"
#include "support/small_lesson_bytes.hpp"

using thimble::test::small_learner;

constinit small_learner learner;

static void record(const char* file) {
  std::FILE* f = std::fopen(file, "w");
  REQUIRE(f != nullptr);
  std::fputs(
      "// The trained bytes after take_small_lesson(); recorded by tests/unit/learned_bytes.cpp.\n#pragma once\n\n", f);
  std::fputs(
      "namespace thimble::test {\n\n// clang-format off\ninline constexpr unsigned char small_lesson_bytes[] = {", f);
  int column = 0;
  for (unsigned char b : learner.trained()) std::fprintf(f, "%s%d,", column++ % 32 == 0 ? "\n  " : " ", b);
  std::fputs("};\n// clang-format on\n\n}  // namespace thimble::test\n", f);
  std::fclose(f);
}

TEST_CASE("two hundred steps learn the recorded bytes, and most of them move") {
  learner.reset();
  const std::vector<unsigned char> before(learner.trained().begin(), learner.trained().end());
  REQUIRE(thimble::test::take_small_lesson(learner));
  if (const char* file = std::getenv("THIMBLE_RECORD")) record(file);
  const auto after = learner.trained();
  REQUIRE(after.size() == std::size(thimble::test::small_lesson_bytes));
  CHECK(std::equal(after.begin(), after.end(), thimble::test::small_lesson_bytes));
  std::size_t moved = 0;
  for (std::size_t i = 0; i < after.size(); ++i)
    if (after[i] != before[i]) ++moved;
  CHECK(moved * 2 > after.size());
}

TEST_CASE("the lesson is learnt: the loss of the last steps is under half of the first's") {
  learner.reset();
  double first = 0, last = 0;
  for (std::uint32_t i = 0; i < 400; ++i) {
    const int label = thimble::test::show_sample(i, learner.input());
    const auto result = learner.step(label, {.learning_rate = 0.2f});
    REQUIRE(result.ok());
    if (i < 40) first += static_cast<double>(result.loss.value());
    if (i >= 360) last += static_cast<double>(result.loss.value());
  }
  MESSAGE("loss of the first 40 steps ", first / 40, ", of the last 40 ", last / 40);
  CHECK(last < first / 2);
}
