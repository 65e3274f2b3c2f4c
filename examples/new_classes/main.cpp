// The lesson on the host, for three seeds. usage: new_classes DIGITS [brief]    brief: a short one, for tests
#include <cstdio>
#include <cstring>

#include "lesson.hpp"

using namespace new_classes;

constinit learner learn;
constinit memory buffer;

static double percent(int right, int of) { return 100.0 * right / of; }
static void print(const char* what, const score& s) {
  std::printf("%s  old %5.1f %%  new %5.1f %%  all %5.1f %%\n", what, percent(s.old_right, s.old_digits),
              percent(s.new_right, s.new_digits), percent(s.old_right + s.new_right, s.old_digits + s.new_digits));
}
static void add(score& sum, const score& s) {
  sum.old_digits += s.old_digits, sum.old_right += s.old_right;
  sum.new_digits += s.new_digits, sum.new_right += s.new_right;
}

int main(int count, char** arguments) {
  digits data(count > 1 ? arguments[1] : "");
  if (data(0, learn.input()) < 0) {
    std::printf("new_classes: cannot read the digits: name the file examples/handwriting/data/digits.bin\n");
    return 2;
  }
  const bool is_brief = count > 2 && std::strcmp(arguments[2], "brief") == 0;
  const plan& p = is_brief ? brief : whole;
  bool passed = latents_teach_the_same(learn, buffer, data, 20, [](bool, auto step) { return step(); });
  std::printf("a step from a latent learns %s bytes as a step from its image\n", passed ? "the same" : "NOT the same");

  for (const bool replays : {true, false}) {
    score before, after;  // of all seeds
    for (std::uint32_t seed = 1; seed <= (is_brief ? 1 : 3); ++seed) {
      steps_taken steps;
      const bool ok = give(learn, replays ? &buffer : nullptr, data, seed, p,
                           [&](int epoch, const steps_taken& taken, const score& s) {
                             char what[80];
                             std::snprintf(what, sizeof what, "%s buffer, seed %u, new classes for %d epochs",
                                           replays ? "with" : "without", seed, epoch + 1 - p.epochs);
                             print(what, s);
                             if (epoch < p.epochs) return add(before, s);
                             steps.from_images += taken.from_images, steps.from_latents += taken.from_latents;
                             if (epoch == 2 * p.epochs - 1) add(after, s);
                           });
      if (!ok) return 2;
      const std::uint32_t learned = hash(learn.trained());
      std::printf("  new classes: %d steps from images, %d from latents; learned bytes 0x%08x\n", steps.from_images,
                  steps.from_latents, learned);
      if (seed == 1) passed &= learned == (replays ? p.hash_with_replay : p.hash_without);
    }
    print("all seeds, old classes learnt", before);
    print("all seeds, new classes learnt", after);
    std::printf("all seeds, forgotten of the old classes, %s buffer: %.3f\n\n", replays ? "with" : "without",
                (percent(before.old_right, before.old_digits) - percent(after.old_right, after.old_digits)) / 100);
  }
  if (!passed) std::printf("new_classes: the learned bytes are not those on record, or not the same from latents\n");
  return passed ? 0 : 1;
}
