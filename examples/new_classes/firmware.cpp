// The lesson on a Cortex-M, for one seed. arguments: DIGITS [brief | count]
//   brief: a short one, for tests, without figures       count: only the instructions of a step (needs QEMU's -icount)
#include <thimble/firmware/counter.hpp>
#include <thimble/firmware/semihosting.hpp>
#include <thimble/firmware/stack.hpp>

#include "lesson.hpp"

using namespace new_classes;
namespace firmware = thimble::firmware;

constinit learner learn;
constinit memory buffer;

static void print_fraction(const char* name, const char* suffix, int part, int of) {
  const firmware::fixed thousandths{(part * 1000 + of / 2) / of, 3};
  firmware::print("figure new_classes.", name, suffix, " ", thousandths, " fraction\n");
}
static void print_number(const char* name, std::uint32_t value, const char* unit) {
  firmware::print("figure new_classes.", name, " ", value, " ", unit, "\n");
}

static int count_instructions(digits& data) {
  firmware::instruction_counter counter;
  constexpr int steps = 20;
  std::uint32_t of_steps = 0, of_steps_from_latents = 0;
  const bool same = latents_teach_the_same(learn, buffer, data, steps, [&](bool from_latent, auto step) {
    counter.restart();
    const thimble::outcome result = step();
    (from_latent ? of_steps_from_latents : of_steps) += counter.instructions();
    return result;
  });
  firmware::print("a step from a latent learns ", same ? "the same" : "NOT the same",
                  " bytes as a step from its image\n");
  print_number("step_instructions", of_steps / steps, "instructions");
  print_number("step_from_latent_instructions", of_steps_from_latents / steps, "instructions");
  return same ? 0 : 1;
}

static int give_lesson(digits& data, const plan& p, bool prints_figures) {
  bool passed = latents_teach_the_same(learn, buffer, data, 5, [](bool, auto step) { return step(); });
  for (const bool replays : {true, false}) {
    score before, after;
    steps_taken steps;
    const bool ok =
        give(learn, replays ? &buffer : nullptr, data, 1, p, [&](int epoch, const steps_taken& taken, const score& s) {
          (epoch < p.epochs ? before : after) = s;
          if (epoch < p.epochs) return;
          steps.from_images += taken.from_images, steps.from_latents += taken.from_latents;
        });
    if (!ok) return 2;
    const std::uint32_t learned = hash(learn.trained());
    passed &= learned == (replays ? p.hash_with_replay : p.hash_without);
    firmware::print(replays ? "with" : "without", " buffer: ", steps.from_images, " steps from images, ",
                    steps.from_latents, " from latents; learned bytes ", firmware::hex{learned}, "\n");
    if (!prints_figures) continue;
    const char* const suffix = replays ? "_with_replay" : "_without";
    if (replays) print_fraction("old_accuracy_before", "", before.old_right, before.old_digits);
    print_fraction("old_accuracy", suffix, after.old_right, after.old_digits);
    print_fraction("new_accuracy", suffix, after.new_right, after.new_digits);
    print_fraction("forgetting", suffix, before.old_right - after.old_right, before.old_digits);
  }
  if (prints_figures) {
    const auto stack = static_cast<std::uint32_t>(firmware::stack_bytes_used());
    print_number("latent_bytes", learner::latent_bytes, "bytes");
    print_number("sram_bytes", static_cast<std::uint32_t>(sizeof learn + sizeof buffer) + stack, "bytes");
  }
  if (!passed)
    firmware::print("new_classes: the learned bytes are not those on record, or not the same from latents\n");
  return passed ? 0 : 1;
}

int main() {
  char path[256];
  const char* const what = thimble::test::machine::two_arguments(0, nullptr, path, sizeof path);
  digits data(path);
  if (data(0, learn.input()) < 0) {
    firmware::print("new_classes: cannot read the digits: name the file examples/handwriting/data/digits.bin\n");
    return 2;
  }
  if (what != nullptr && *what == 'c') return count_instructions(data);
  return what == nullptr ? give_lesson(data, whole, true) : give_lesson(data, brief, false);
}
