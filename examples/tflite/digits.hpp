// The handwriting of ../handwriting in a short course: some hundred digits, read from a file record by record, on the host and (by
// semihosting) on a core in the emulator.
#pragma once
#include <cstdint>
#include <span>

#include "machine.hpp"

#include "../handwriting/course.hpp"

class digits {
 public:
  static constexpr int learned = 400, lessons = 3 * learned;   // each three times, never alike
  static constexpr int first_examined = 1200, examined = 300;  // which no lesson shows

  explicit digits(const char* path) : file_(path != nullptr ? path : "") {}

  /// Puts the next lesson before the learner; its label, or -1 if the file cannot be read (which a step refuses).
  int next(std::span<std::int8_t, 784> image) {
    if (lesson_ % learned == 0) order_ = {1, static_cast<std::uint32_t>(lesson_ / learned), learned};
    return show(order_.next(), image, course::wander(1, 0, static_cast<std::uint32_t>(lesson_++)));
  }

  /// How many of those held out the learner names right; -1 if the file cannot be read.
  template <class Learner>
  int examine(Learner& learner) {
    const auto held_out = [this](int record, auto image, course::gaze gaze) { return show(record, image, gaze); };
    return course::examine(learner, held_out, first_examined, first_examined + examined);
  }

 private:
  int show(int record, std::span<std::int8_t, 784> image, course::gaze gaze) {
    char bytes[course::record_bytes];
    const auto at = static_cast<std::uint32_t>(record * course::record_bytes);
    if (!file_.is_open() || file_.read(at, bytes, sizeof bytes) != sizeof bytes) return -1;
    course::enlarge(reinterpret_cast<const unsigned char*>(bytes), image, gaze);
    return bytes[64];
  }

  thimble::test::machine::file file_;
  course::shuffled order_{1, 0, learned};
  int lesson_ = 0;
};

/// figure NAME 0.123 fraction
inline void put_fraction(const char* name, int right, int of) {
  namespace machine = thimble::test::machine;
  const int thousandths = (right * 1000 + of / 2) / of;
  machine::put("figure ");
  machine::put(name);
  machine::put(thousandths < 1000 ? " 0." : " 1.");
  for (int unit = 100; unit > 0; unit /= 10) machine::put(static_cast<std::int64_t>(thousandths / unit % 10));
  machine::put(" fraction\n");
}
