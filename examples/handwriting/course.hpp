// The course that a learner takes: epochs over the first records, examinations on the held-out rest. The same code runs on
// the device and, for rehearsal, on a desk; both learn the same bytes.
#pragma once
#include <cstdint>
#include <span>

namespace course {

// The data set: 8x8 images, 64 pixels of 0 to 16 and a label. See data/README.md.
inline constexpr int record_bytes = 65, records = 1797;

/// Chosen within the first 1,200 records: the rest is held out.
struct plan {
  int lessons = 1200, epochs = 8;
  float first_rate = 0.02f;
};

/// Where to look: the middle of the image lies `right` and `down` of the record's, in 1/56 of its pixels; `slant` moves each
/// row by slant / 56 of its distance from the middle.
struct gaze {
  int right = 0, down = 0, slant = 0;
};

/// Bilinear from 8x8 to 28x28, pixel centres aligned, into the network's int8 (real 0 to 1 at zero point -128). What lies
/// outside the record is its edge.
inline void enlarge(const unsigned char* record, std::span<std::int8_t, 784> image, gaze g = {}) {
  constexpr int last = 7 * 56;
  const auto within = [](int p) { return p < 0 ? 0 : p > last ? last : p; };
  for (int y = 0; y < 28; ++y)
    for (int x = 0; x < 28; ++x) {
      const int middle = (2 * y + 1) * 8 - 224;  // of the row, from the middle
      const int v = within((2 * y + 1) * 8 - 28 + g.down);
      const int u = within((2 * x + 1) * 8 - 28 + g.right + g.slant * middle / 56);
      const int fy = v % 56, fx = u % 56;
      const unsigned char* a = record + v / 56 * 8 + u / 56;
      const int next = u / 56 < 7 ? 1 : 0, below = v / 56 < 7 ? 8 : 0;
      const int top = a[0] * (56 - fx) + a[next] * fx, bottom = a[below] * (56 - fx) + a[below + next] * fx;
      const int brightness = (top * (56 - fy) + bottom * fy) * 255 / (56 * 56 * 16);
      image[static_cast<std::size_t>(y * 28 + x)] = static_cast<std::int8_t>(brightness - 128);
    }
}

constexpr std::uint32_t hash(std::uint32_t a, std::uint32_t b, std::uint32_t c = 0) {
  std::uint32_t h = (a * 0x9E3779B9u) ^ (b * 0x85EBCA6Bu) ^ (c * 0xC2B2AE35u);
  h = (h ^ h >> 15) * 0x2C1B3C6Du;
  return h ^ h >> 13;
}

/// The records in an order of its own for each seed and epoch, without a table: a generator of full period 2,048 that skips
/// what lies outside.
class shuffled {
 public:
  shuffled(std::uint32_t seed, std::uint32_t epoch, int lessons) : lessons_(static_cast<std::uint32_t>(lessons)) {
    const std::uint32_t h = hash(seed, epoch);
    state_ = h & 2047;
    factor_ = (h >> 9 & 0x1FCu) + 5;  // 1 modulo 4
    step_ = (h >> 3 & 2047) | 1;
  }
  int next() {
    do state_ = (state_ * factor_ + step_) & 2047;
    while (state_ >= lessons_);
    return static_cast<int>(state_);
  }

 private:
  std::uint32_t lessons_, state_, factor_, step_;
};

/// A small random gaze, so that no lesson looks the same twice: up to half a record's pixel each way, and a slant.
constexpr gaze wander(std::uint32_t seed, std::uint32_t epoch, std::uint32_t lesson) {
  const std::uint32_t h = hash(seed, epoch + 1000, lesson);
  const auto within = [](std::uint32_t bits, int most) {
    return static_cast<int>(bits % static_cast<std::uint32_t>(2 * most + 1)) - most;
  };
  return {within(h & 0x3FF, 28), within(h >> 10 & 0x3FF, 28), within(h >> 20, 15)};
}

/// How many records of [first, last) the learner names right. `show(record, image, gaze)` puts one before it and gives its
/// label, or -1 if there is none; so does this.
template <class Learner, class Show>
int examine(Learner& learner, Show show, int first, int last) {
  int right = 0;
  for (int r = first; r < last; ++r) {
    const int label = show(r, learner.input(), gaze{});
    if (label < 0) return -1;
    right += learner.infer().label == label ? 1 : 0;
  }
  return right;
}

/// One epoch, at a rate that falls from first_rate to zero over the course. Returns the sum of losses in Q.16; negative if a
/// step was refused.
template <class Learner, class Show>
std::int64_t teach(Learner& learner, Show show, std::uint32_t seed, int epoch, plan p = {}) {
  shuffled order(seed, static_cast<std::uint32_t>(epoch), p.lessons);
  std::int64_t loss = 0;
  for (int i = 0; i < p.lessons; ++i) {
    const gaze g = wander(seed, static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(i));
    const int label = show(order.next(), learner.input(), g);
    const float done = static_cast<float>(epoch * p.lessons + i) / static_cast<float>(p.epochs * p.lessons);
    const auto result = learner.step(label, {.learning_rate = p.first_rate * (1 - done)});
    if (!result.ok()) return -1;
    loss += result.loss.bits;
  }
  return loss;
}

}  // namespace course
