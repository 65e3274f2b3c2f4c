// gemmlowp's reciprocal, which softmax and the logistic function are made of: integers only.
#pragma once
#include <cstdint>
#include <limits>

#include <thimble/config.hpp>
#include <thimble/tensor/requantize.hpp>

namespace thimble::kernels {

/// v * 2^exponent, saturated: gemmlowp's SaturatingRoundingMultiplyByPOT, exponent in (0, 30).
THIMBLE_INLINE constexpr std::int32_t saturating_shift(std::int32_t v, int exponent) {
  const std::int32_t threshold = (1 << (31 - exponent)) - 1;
  if (v > threshold) return std::numeric_limits<std::int32_t>::max();
  if (v < -threshold) return std::numeric_limits<std::int32_t>::min();
  return v * (1 << exponent);
}

/// 1 / (1 + x) in Q0.31 for x in [0, 1] in Q0.31: three steps of Newton and Raphson on Q2.29, begun at 48/17 - 32/17 d,
/// d = (1 + x) / 2. gemmlowp's one_over_one_plus_x_for_x_in_0_1, bit for bit.
constexpr std::int32_t one_over_one_plus(std::int32_t x) {
  constexpr std::int32_t one = 1 << 29, c48_over_17 = 1515870810, minus_32_over_17 = -1010580540;
  const auto half = static_cast<std::int32_t>((std::int64_t{x} + (std::int64_t{1} << 31)) / 2);
  std::int32_t y = c48_over_17 + doubling_high_multiply(half, minus_32_over_17);
  for (int i = 0; i < 3; ++i) {
    const std::int32_t rest = one - doubling_high_multiply(half, y);
    y += saturating_shift(doubling_high_multiply(y, rest), 2);
  }
  return saturating_shift(y, 1);
}

}  // namespace thimble::kernels
