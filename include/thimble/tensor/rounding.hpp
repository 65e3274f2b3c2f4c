// Rounding shifts of integer gradients. One rule everywhere: to nearest, halves up, saturating.
#pragma once
#include <cstdint>
#include <limits>

#include <thimble/config.hpp>

namespace thimble {

template <class To>
THIMBLE_INLINE constexpr To saturate(std::int64_t v) {
  constexpr std::int64_t low = std::numeric_limits<To>::min(), high = std::numeric_limits<To>::max();
  return static_cast<To>(v < low ? low : v > high ? high : v);
}

THIMBLE_INLINE constexpr std::int16_t saturate16(std::int32_t v) {
  return static_cast<std::int16_t>(v < -32768 ? -32768 : v > 32767 ? 32767 : v);
}

/// floor(v / 2^shift + 1/2); a negative shift multiplies and saturates at +-2^62.
THIMBLE_INLINE constexpr std::int64_t shift_round(std::int64_t v, int shift) {
  if (shift > 0) return shift > 63 ? 0 : ((v >> (shift - 1)) + 1) >> 1;
  constexpr std::int64_t limit = std::int64_t{1} << 62;
  if (v == 0) return 0;
  if (shift <= -62) return v < 0 ? -limit : limit;
  const std::int64_t most = limit >> -shift;
  return v > most ? limit : v < -most ? -limit : v * (std::int64_t{1} << -shift);
}

/// The same in 32 bits, saturated to int32.
THIMBLE_INLINE constexpr std::int32_t narrow32(std::int32_t v, int shift) {
  if (shift > 31) return 0;
  if (shift > 0) return (v >> shift) + ((v >> (shift - 1)) & 1);
  return saturate<std::int32_t>(shift_round(v, shift));
}

/// The same, to int16.
THIMBLE_INLINE constexpr std::int16_t narrow16(std::int32_t v, int shift) {
  if (shift > 31) return 0;
  if (shift > 0) return saturate16((v >> shift) + ((v >> (shift - 1)) & 1));
  return saturate<std::int16_t>(shift_round(v, shift));
}

/// Bits of |v|: 0 for 0, else 1 + floor(log2 |v|).
constexpr int bit_length(std::uint32_t v) {
  int n = 0;
  for (int half = 16; half > 0; half /= 2)
    if (v >> half != 0) v >>= half, n += half;
  return n + (v != 0 ? 1 : 0);
}

}  // namespace thimble
