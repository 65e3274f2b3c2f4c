// A device with the update that the lab found: it learns what the lab rehearsed. usage: digits.bin
#include "found_for_digits.hpp"
#include "rehearsed_lesson.hpp"

namespace {
struct learner : thimble::trainer<lesson::net, found_for_digits> {};
static_assert(sizeof(learner) <= 40960);
constinit learner learn;
}  // namespace

int main(int count, char** arguments) {
  return lesson::is_expected(lesson::take(learn, thimble::test::machine::argument(count, arguments)), lesson::expected)
             ? 0
             : 1;
}
