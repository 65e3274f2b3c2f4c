// A short lesson in digits, and what is left of it: for the learner of the lab on the host, and for the learner that firmware has of the
// lab's header. All learn the same bytes.
#pragma once
#include <thimble/thimble.hpp>

#include "../handwriting/garment_weights.hpp"
#include "../tflite/digits.hpp"

namespace lesson {

struct net : thimble::replace_head<garments, thimble::dense<10>> {};
inline constexpr int steps = 240;

/// CRC-32 of the bytes that the lesson leaves; 0 if the digits cannot be read.
template <class Learner>
std::uint32_t take(Learner& learner, const char* path) {
  digits data(path);
  for (int i = 0; i < steps; ++i) {
    const int label = data.next(std::span<std::int8_t, 784>(learner.input().data(), 784));
    const auto rate = 0.02f * static_cast<float>(steps - i) / steps;
    if (!learner.step(label, {.learning_rate = rate}).ok()) return 0;
  }
  return thimble::detail::crc32(learner.trained());
}

/// `figure lab.lesson 1234abcd crc`; whether it is `expected`.
inline bool is_expected(std::uint32_t crc, std::uint32_t expected) {
  namespace machine = thimble::test::machine;
  machine::put("figure lab.lesson ");
  for (int shift = 28; shift >= 0; shift -= 4) {
    const char digit[2] = {"0123456789abcdef"[crc >> shift & 15], 0};
    machine::put(digit);
  }
  machine::put(" crc\n");
  return crc == expected;
}

/// The bytes of the lesson under found_for_digits.hpp, on every core.
inline constexpr std::uint32_t expected = 0xd7cbf233;

}  // namespace lesson
