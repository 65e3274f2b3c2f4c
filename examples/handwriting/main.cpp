// The demo's firmware: a Cortex-M with 64 KB of SRAM learns handwritten digits, streamed to it one image at a time.
//   arguments: DIGITS [count]     count: only count the instructions of a step (needs QEMU's -icount)
// The learner and what its figures' names end with are chosen by the build: DEMO_LEARNER, DEMO_SUFFIX.
#include <cstddef>

#include <thimble/firmware/counter.hpp>
#include <thimble/firmware/semihosting.hpp>
#include <thimble/firmware/stack.hpp>

#include "course.hpp"
#include "learners.hpp"

namespace firmware = thimble::firmware;

constinit DEMO_LEARNER learner;

/// The records, read from a file of the host.
class camera {
 public:
  [[nodiscard]] bool open(const char* path) {
    return file_.open(path, firmware::file_mode::read) == firmware::file_status::ok &&
           file_.length() == course::record_bytes * course::records;
  }
  /// Puts a record before the learner; its label, or -1 if it cannot be read (which a step refuses).
  int show(int record, std::span<std::int8_t, 784> image, course::gaze gaze = {}) {
    unsigned char bytes[course::record_bytes];
    const auto at = static_cast<std::uint32_t>(record * course::record_bytes);
    if (file_.seek(at) != firmware::file_status::ok) return -1;
    if (file_.read(bytes, sizeof bytes) != firmware::file_status::ok) return -1;
    course::enlarge(bytes, image, gaze);
    return bytes[64];
  }

 private:
  firmware::host_file file_;
};

/// right / of as a fraction with four decimals.
static firmware::fixed fraction(int right, int of) { return {(right * 10000 + of / 2) / of, 4}; }

static int count(camera& view) {
  firmware::instruction_counter counter;
  constexpr int steps = 20;
  static_cast<void>(view.show(0, learner.input()));
  static_cast<void>(learner.step(0));  // the first copies what may learn
  std::uint32_t sum = 0;
  for (int i = 0; i < steps; ++i) {
    const int label = view.show(i, learner.input());
    counter.restart();
    if (!learner.step(label).ok()) return 1;
    sum += counter.instructions();
  }
  firmware::print("figure demo.instructions_per_step" DEMO_SUFFIX " ", sum / steps, " instructions\n");
  return 0;
}

static int learn(camera& view) {
  const auto show = [&](int record, auto image, course::gaze gaze) { return view.show(record, image, gaze); };
  constexpr course::plan plan;
  constexpr int held_out = course::records - plan.lessons, seeds = 3;
  int before = 0, after = 0;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
    learner.reset();
    const int untaught = course::examine(learner, show, plan.lessons, course::records);
    if (untaught < 0) return 1;
    before += untaught;
    for (int epoch = 0; epoch < plan.epochs; ++epoch) {
      const std::int64_t loss = course::teach(learner, show, seed, epoch, plan);
      if (loss < 0) return 1;
      const auto mean = static_cast<std::int32_t>(loss / plan.lessons * 1000 >> 16);
      firmware::print("seed ", seed, "  epoch ", epoch + 1, " of ", plan.epochs, "  loss ", firmware::fixed{mean, 3},
                      "\n");
    }
    const int right = course::examine(learner, show, plan.lessons, course::records);
    if (right < 0) return 1;
    firmware::print("seed ", seed, "  ", right, " of ", held_out, " held-out digits right\n");
    after += right;
  }
  if (DEMO_SUFFIX[0] == 0)
    firmware::print("figure demo.accuracy_before ", fraction(before, seeds * held_out), " fraction\n",
                    "figure demo.accuracy_after ", fraction(after, seeds * held_out), " fraction\n");
  else
    firmware::print("figure demo.accuracy" DEMO_SUFFIX " ", fraction(after, seeds * held_out), " fraction\n");
  return 0;
}

int main() {
  char arguments[256];
  if (!firmware::command_line(arguments, sizeof arguments)) return 2;
  char* words[3]{};  // the program, the data, "count"
  int n = 0;
  for (char* c = arguments; *c != 0 && n < 3; ++n) {
    words[n] = c;
    while (*c != 0 && *c != ' ') ++c;
    if (*c == ' ') *c++ = 0;
  }
  camera view;
  if (n < 2 || !view.open(words[1])) {
    firmware::print("handwriting: cannot read ", n < 2 ? "(no file named)" : words[1],
                    ": expected 1,797 records of 65 bytes\n");
    return 2;
  }
  const int failed = n > 2 ? count(view) : learn(view);
  const auto stack = static_cast<std::uint32_t>(firmware::stack_bytes_used());
  firmware::print("figure demo.stack_bytes" DEMO_SUFFIX " ", stack, " bytes\n",
                  "figure demo.sram_bytes" DEMO_SUFFIX " ", static_cast<std::uint32_t>(sizeof learner) + stack,
                  " bytes\n");
  return failed;
}
