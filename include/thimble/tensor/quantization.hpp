// Affine quantization, and real multipliers as a 31-bit mantissa and a shift.
#pragma once
#include <bit>
#include <cstdint>

namespace thimble {

/// real = scale * (q - zero_point), q int8 in [-128, 127].
struct quantization {
  float scale = 1;
  int zero_point = 0;
};

/// The value mantissa * 2^(shift - 31), mantissa in [2^30, 2^31), or zero. A positive shift is a left shift.
struct multiplier {
  std::int32_t mantissa = 0;
  int shift = 0;
  friend constexpr bool operator==(multiplier, multiplier) = default;
};

/// TensorFlow Lite's QuantizeMultiplier for v >= 0, from the bits of the double (no <cmath>): the mantissa is rounded half
/// away from zero; a shift under -31 flushes to zero (dead channels).
constexpr multiplier quantize_multiplier(double v) {
  if (!(v > 0)) return {};
  const auto bits = std::bit_cast<std::uint64_t>(v);
  int shift = static_cast<int>(bits >> 52 & 0x7FF) - 1022;  // v = fraction * 2^shift, fraction in [0.5, 1)
  const std::uint64_t fraction = (bits & ((std::uint64_t{1} << 52) - 1)) | std::uint64_t{1} << 52;  // * 2^53
  std::uint64_t mantissa = (fraction + (std::uint64_t{1} << 21)) >> 22;
  if (mantissa == std::uint64_t{1} << 31) mantissa >>= 1, ++shift;
  if (shift < -31) return {};
  return {static_cast<std::int32_t>(mantissa), shift};
}

/// As above without the flush, for factors of learning, whose range is wider.
constexpr multiplier scale_factor(double v) {
  if (!(v > 0)) return {};
  int extra = 0;
  while (v < 0x1p-20) v *= 0x1p20, extra -= 20;
  const multiplier m = quantize_multiplier(v);
  return {m.mantissa, m.shift + extra};
}

}  // namespace thimble
