// Fixed-point numbers that users see, and the exponential and logarithm of learning: integers only, no libm.
#pragma once
#include <compare>
#include <cstdint>
#include <limits>

#include <thimble/tensor/requantize.hpp>
#include <thimble/tensor/rounding.hpp>

namespace thimble {

/// Q15.16: real = bits * 2^-16, in [-32768, 32768).
struct fixed16 {
  std::int32_t bits = 0;
  /// Nearest float; exact for |bits| <= 2^24.
  [[nodiscard]] constexpr float value() const { return static_cast<float>(bits) * 0x1p-16f; }
  friend constexpr auto operator<=>(fixed16, fixed16) = default;
};

namespace fixed_point {

/// exp(a) for a in [-1/4, 0), both Q0.31: gemmlowp's fourth-order series around -1/8.
constexpr std::int32_t exp_of_small(std::int32_t a) {
  constexpr std::int32_t exp_of_eighth = 1895147668, third = 715827883;
  const std::int32_t x = a + (1 << 28);
  const std::int32_t x2 = doubling_high_multiply(x, x), x3 = doubling_high_multiply(x2, x);
  const std::int32_t x4_over_4 = rounding_divide(doubling_high_multiply(x2, x2), 2);
  const std::int32_t tail = rounding_divide(doubling_high_multiply(x4_over_4 + x3, third) + x2, 1);
  return exp_of_eighth + doubling_high_multiply(exp_of_eighth, x + tail);
}

/// exp(a) in Q0.31 for a <= 0 in Q5.26: gemmlowp's exp_on_negative_values, bit for bit. Absolute error under 2^-22.
constexpr std::int32_t exp_of_negative(std::int32_t a) {
  if (a == 0) return std::numeric_limits<std::int32_t>::max();
  constexpr std::int32_t quarter = 1 << 24;
  const std::int32_t mod = (a & (quarter - 1)) - quarter;
  const std::int32_t rest = mod - a;
  std::int32_t y = exp_of_small(mod * 32);
  constexpr std::int32_t factor[] = {1672461947, 1302514674, 790015084, 290630308,
                                     39332535,   720401,     242};  // exp(-2^i), i = -2..4
  for (int i = 0; i < 7; ++i)
    if ((rest >> (24 + i) & 1) != 0) y = doubling_high_multiply(y, factor[i]);
  return y;
}

/// Natural logarithm of v * 2^-31 in Q15.16, v > 0. Absolute error under 2^-15: sixteen bits of log2 by squaring.
constexpr std::int32_t log_of(std::uint64_t v) {
  int whole = 0;
  while (v >= std::uint64_t{1} << 32) v >>= 1, ++whole;
  while (v < std::uint64_t{1} << 31) v <<= 1, --whole;
  std::int32_t log2 = whole * 65536;
  for (int bit = 15; bit >= 0; --bit) {
    v = v * v >> 31;
    if (v >= std::uint64_t{1} << 32) v >>= 1, log2 += 1 << bit;
  }
  constexpr std::int64_t ln2 = 1488522236;  // * 2^-31
  return static_cast<std::int32_t>(shift_round(log2 * ln2, 31));
}

}  // namespace fixed_point
}  // namespace thimble
