// The lab's own learner takes the lesson of firmware.cpp, under the same update as a value. usage: digits.bin
#include <memory>

#include <thimble/lab/host_learner.hpp>

#include "found_for_digits.hpp"
#include "rehearsed_lesson.hpp"

int main(int count, char** arguments) {
  // The update by its marks, so that a change of the header is a change here.
  constexpr auto g = found_for_digits::apply<lesson::net>();
  thimble::lab::update_choice choice;
  for (const thimble::facts& f : g.at) {
    if (f.number < 0 || f.number == g.numbered - 1) continue;
    choice.biases += f.bias_trained ? 1 : 0;
    if (f.trained > 0) choice.set(static_cast<std::size_t>(f.number), {f.trained, f.weight_row});
  }
  const auto learner = std::make_unique<thimble::lab::host_learner<lesson::net>>(choice);
  const char* path = thimble::test::machine::argument(count, arguments);
  return lesson::is_expected(lesson::take(*learner, path), lesson::expected) ? 0 : 1;
}
