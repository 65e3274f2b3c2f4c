// Lessons for imported networks: samples of a simple known rule, made of hashes, the same on every machine.
#pragma once
#include <cstdint>
#include <span>

#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

namespace thimble::test {

/// Mixes bits; every machine gives the same.
constexpr std::uint32_t mixed(std::uint32_t v) {
  v = (v ^ v >> 16) * 0x7feb352du;
  v = (v ^ v >> 15) * 0x846ca68bu;
  return v ^ v >> 16;
}
/// In [-range, range).
constexpr int noise(int step, int i, int range) {
  return static_cast<int>(mixed(static_cast<std::uint32_t>(step) * 65536u + static_cast<std::uint32_t>(i)) >> 8) %
             (2 * range) -
         range;
}
constexpr std::int8_t as_stored(int v) { return static_cast<std::int8_t>(v < -128 ? -128 : v > 127 ? 127 : v); }

/// The class of a step: one of `classes`, in hashed order.
constexpr int class_of(int step, int classes) {
  return static_cast<int>(mixed(static_cast<std::uint32_t>(step) + 77u) % static_cast<std::uint32_t>(classes));
}

/// An image of `rows` rows in stripes of 1, 3, 9 or 27 rows, by its class; and noise.
template <class Span>
void show_stripes(Span x, int step, int label, int rows) {
  constexpr int widths[] = {1, 3, 9, 27};
  const int n = static_cast<int>(x.size()), row = n / rows;
  for (int i = 0; i < n; ++i) {
    const bool bright = i / row / widths[label] % 2 == 0;
    x[static_cast<std::size_t>(i)] = as_stored((bright ? 70 : -70) + noise(step, i, 40));
  }
}

}  // namespace thimble::test
