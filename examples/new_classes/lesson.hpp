// The lesson: the digits 0 to 4 are learnt, then 5 to 9 arrive and 0 to 4 are seen no more. What is left of them, with a replay
// buffer and without? Data, shuffling and examination by held-out digits are those of ../handwriting.
#pragma once
#include <cstdint>
#include <span>

#include <thimble/replay.hpp>
#include <thimble/training/schedules.hpp>

#include "machine.hpp"

#include "../handwriting/course.hpp"
#include "../handwriting/learners.hpp"

namespace new_classes {

/// Only the head learns: its latents, 384 bytes, are the smallest. Behind deeper updates they are 640 bytes, and what counts is how
/// many samples of the old classes are remembered (tried on records 900 to 1,199 with the same 16 KB).
struct learner : thimble::trainer<digits_network, classifier_only> {};
struct memory : thimble::replay_buffer<learner, 16 * 1024> {};
static_assert(sizeof(learner) + sizeof(memory) <= 34 * 1024);

inline constexpr int first_new_class = 5;

/// The rates were chosen within the first 1,200 records. How long the new classes go on is not known to a device: their rate
/// does not fall.
struct plan {
  int lessons = 1200, examined = course::records - 1200;
  int epochs = 3;  // of the old classes, and as many of the new
  float old_rate = 0.02f, new_rate = 0.00125f;
  std::uint32_t hash_with_replay, hash_without;  // of the bytes that seed 1 learns, on every core
};
inline constexpr plan whole{.hash_with_replay = 0x986daa19, .hash_without = 0xaa27ce05};
inline constexpr plan brief{.lessons = 200,
                            .examined = 150,
                            .epochs = 1,
                            .new_rate = 0.005f,
                            .hash_with_replay = 0x0c638e90,
                            .hash_without = 0xace62cf4};

/// The records of ../handwriting/data/digits.bin.
class digits {
 public:
  explicit digits(const char* path) : file_(path) {}

  /// Puts a record before the learner; its label, or -1 if it cannot be read (which a step refuses).
  int operator()(int record, std::span<std::int8_t, 784> image, course::gaze gaze = {}) {
    char bytes[course::record_bytes];
    const auto at = static_cast<std::uint32_t>(record * course::record_bytes);
    if (!file_.is_open() || file_.read(at, bytes, sizeof bytes) != sizeof bytes) return -1;
    course::enlarge(reinterpret_cast<const unsigned char*>(bytes), image, gaze);
    return bytes[64];
  }

 private:
  thimble::test::machine::file file_;
};

/// FNV-1a of what was learnt.
inline std::uint32_t hash(std::span<const unsigned char> bytes) {
  std::uint32_t h = 2166136261u;
  for (const unsigned char b : bytes) h = (h ^ b) * 16777619u;
  return h;
}

/// Held-out digits of the old classes and of the new ones: how many there are, how many were named right.
struct score {
  int old_digits = 0, old_right = 0, new_digits = 0, new_right = 0;
};

inline score examine(learner& learn, digits& data, const plan& p) {
  score s;
  for (int i = 0; i < p.examined; ++i) {
    const int label = data(1200 + i, learn.input());
    const bool right = learn.infer().label == label;
    (label < first_new_class ? s.old_digits : s.new_digits) += 1;
    if (right) (label < first_new_class ? s.old_right : s.new_right) += 1;
  }
  return s;
}

struct steps_taken {
  int from_images = 0, from_latents = 0;
};

/// A step from the image before the learner. With a buffer: if that keeps the image's latent, the step goes on from there.
[[nodiscard]] inline bool learn_image(learner& learn, memory* buffer, int label, thimble::rates rates) {
  learner::latent* const place = buffer != nullptr ? buffer->place_for(label) : nullptr;
  if (place == nullptr) return learn.step(label, rates).ok();
  return learn.keep(*place) == thimble::status::ok && learn.step_from(*place, label, rates).ok();
}

/// One epoch: the old classes in the first p.epochs, then the new ones alone, and with a buffer after each image of those one step
/// from a latent that it picks. Returns the steps; none if one was refused.
inline steps_taken teach(learner& learn, memory* buffer, digits& data, std::uint32_t seed, int epoch, const plan& p) {
  const bool arriving = epoch >= p.epochs;
  const auto lessons = static_cast<std::uint32_t>(p.lessons), e = static_cast<std::uint32_t>(epoch);
  const thimble::cosine_rate old_rate{.learning_rate = p.old_rate,
                                      .steps = static_cast<std::uint32_t>(p.epochs) * lessons};
  const thimble::constant_rate new_rate{.learning_rate = p.new_rate};
  course::shuffled order(seed, e, p.lessons);
  steps_taken steps;
  for (std::uint32_t i = 0; i < lessons; ++i) {
    const int label = data(order.next(), learn.input(), course::wander(seed, e, i));
    if (label >= 0 && (label >= first_new_class) != arriving) continue;
    const thimble::rates rates = arriving ? new_rate.at(0) : old_rate.at(e * lessons + i);
    if (!learn_image(learn, buffer, label, rates)) return {};
    ++steps.from_images;
    if (!arriving || buffer == nullptr) continue;
    const memory::sample past = buffer->pick();
    if (!learn.step_from(*past.latent, past.label, rates).ok()) return {};
    ++steps.from_latents;
  }
  return steps;
}

/// Both phases for a learner that knows nothing, with a buffer or (null) without. `tell(epoch, steps, score)` hears the examination
/// after the old classes, which are the epochs before p.epochs, and after each epoch of the new ones. False if a step was refused.
template <class Tell>
bool give(learner& learn, memory* buffer, digits& data, std::uint32_t seed, const plan& p, Tell tell) {
  learn.reset();
  if (buffer != nullptr) buffer->clear();
  for (int epoch = 0; epoch < 2 * p.epochs; ++epoch) {
    const steps_taken steps = teach(learn, buffer, data, seed, epoch, p);
    if (steps.from_images == 0) return false;
    if (epoch >= p.epochs - 1) tell(epoch, steps, examine(learn, data, p));
  }
  return true;
}

/// Whether steps from latents learn the bytes of steps from their images. `timed(from_latent, step)` makes each step.
template <class Timed>
bool latents_teach_the_same(learner& learn, memory& buffer, digits& data, int steps, Timed timed) {
  std::uint32_t learned[2];
  for (const bool from_latent : {false, true}) {
    learn.reset();
    buffer.clear();
    learner::latent& latent = *buffer.place_for(0);  // of the buffer only its memory
    for (int i = 0; i < steps; ++i) {
      const int label = data(i, learn.input());
      if (from_latent && learn.keep(latent) != thimble::status::ok) return false;
      const auto step = [&] { return from_latent ? learn.step_from(latent, label) : learn.step(label); };
      if (!timed(from_latent, step).ok()) return false;
    }
    learned[from_latent ? 1 : 0] = hash(learn.trained());
  }
  return learned[0] == learned[1];
}

}  // namespace new_classes
