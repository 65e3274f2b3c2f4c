// A lesson with the kernels of this translation unit's target.
#pragma once
#include <doctest/doctest.h>

#include <algorithm>

#include "support/small_lesson.hpp"
#include "support/small_lesson_bytes.hpp"

namespace thimble::test::x86 {

inline void check_learned_bytes() {
  static small_learner learner;
  learner.reset();
  REQUIRE(take_small_lesson(learner));
  const auto learned = learner.trained();
  REQUIRE(learned.size() == std::size(small_lesson_bytes));
  CHECK(std::equal(learned.begin(), learned.end(), small_lesson_bytes));
}

}  // namespace thimble::test::x86
