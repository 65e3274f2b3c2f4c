// Two hundred steps on the core leave the bytes that the host learns (tests/unit/learned_bytes.cpp records them).
#include <iterator>

#include <thimble/firmware/semihosting.hpp>
#include <thimble/firmware/stack.hpp>

#include "support/small_lesson.hpp"
#include "support/small_lesson_bytes.hpp"

namespace firmware = thimble::firmware;

constinit thimble::test::small_learner learner;

int main() {
  if (!thimble::test::take_small_lesson(learner)) return 1;
  const auto learned = learner.trained();
  std::size_t equal = 0;
  for (std::size_t i = 0; i < learned.size(); ++i)
    if (learned[i] == thimble::test::small_lesson_bytes[i]) ++equal;
  firmware::print(static_cast<std::uint32_t>(equal), " of ", static_cast<std::uint32_t>(learned.size()),
                  " learned bytes equal the host's; stack ", static_cast<std::uint32_t>(firmware::stack_bytes_used()),
                  " bytes\n");
  return learned.size() == std::size(thimble::test::small_lesson_bytes) && equal == learned.size() ? 0 : 1;
}
