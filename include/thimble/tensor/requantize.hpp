// From int32 accumulators to int8 values, with TensorFlow Lite's reference rounding.
#pragma once
#include <cstdint>
#include <limits>

#include <thimble/config.hpp>
#include <thimble/tensor/quantization.hpp>

namespace thimble {

/// round(a * b / 2^31), halves up: gemmlowp's saturating rounding doubling high multiply (its one overflow saturates).
THIMBLE_INLINE constexpr std::int32_t doubling_high_multiply(std::int32_t a, std::int32_t b) {
  constexpr std::int32_t low = std::numeric_limits<std::int32_t>::min();
  if (a == low && b == low) return std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>((std::int64_t{a} * b + (std::int64_t{1} << 30)) >> 31);
}

/// round(v / 2^exponent), halves away from zero, exponent in [0, 31] (gemmlowp's RoundingDivideByPOT).
THIMBLE_INLINE constexpr std::int32_t rounding_divide(std::int32_t v, int exponent) {
  const auto mask = static_cast<std::int32_t>((std::uint32_t{1} << exponent) - 1);
  const std::int32_t rest = v & mask, threshold = (mask >> 1) + (v < 0 ? 1 : 0);
  return (v >> exponent) + (rest > threshold ? 1 : 0);
}

/// v * m with TFLite's double rounding. m.shift in [-31, 31]; a left shift wraps as two's complement
/// (the reference leaves it undefined).
THIMBLE_INLINE constexpr std::int32_t requantize(std::int32_t v, multiplier m) {
  const int left = m.shift > 0 ? m.shift : 0, right = m.shift > 0 ? 0 : -m.shift;
  const auto shifted = static_cast<std::int32_t>(static_cast<std::uint32_t>(v) << left);
  return rounding_divide(doubling_high_multiply(shifted, m.mantissa), right);
}

/// Multipliers of a layer's output channels, five bytes each.
struct multipliers {
  const std::int32_t* mantissa;
  const std::int8_t* shift;
  THIMBLE_INLINE constexpr multiplier operator[](int o) const { return {mantissa[o], shift[o]}; }
};

}  // namespace thimble
