// Sum of two tensors: what its kernels are called with, and the reference.
#pragma once
#include <thimble/kernels/access.hpp>
#include <thimble/kernels/pairing.hpp>
#include <thimble/target/target.hpp>
#include <thimble/tensor/requantize.hpp>

namespace thimble::kernels {

/// The multipliers of a sum or difference: a = s_a / twice, b = s_b / twice, y = twice / (2^20 s_y), twice = 2 max(s_a, s_b).
struct addition_scales {
  multiplier a, b, y;
};
/// y = clamp(scale_down(a' + b') + y_zero), each input widened by 20 bits first: TFLite's reference ADD, bit for bit. All
/// shifts are at most 0. |a'|, |b'| <= 255 * 2^19, so the sum is exact. y may lie over an input that is not broadcast.
struct addition_args {
  pairing pairs;
  const std::int8_t *a, *b;
  int a_zero, b_zero, y_zero;
  addition_scales scales;
  limits range;
  std::int8_t* y;
  std::uint8_t* mask;  ///< bit i: the gradient passes output i; or null
};
/// v * m with TFLite's double rounding for a shift that is not positive: the reference asserts that none of the three is.
THIMBLE_INLINE constexpr std::int32_t scale_down(std::int32_t v, multiplier m) {
  return rounding_divide(doubling_high_multiply(v, m.mantissa), -m.shift);
}
/// One term, with 20 fractional bits.
THIMBLE_INLINE constexpr std::int32_t widened(std::int8_t q, int zero, multiplier scale) {
  return scale_down((q - zero) * (1 << 20), scale);
}

THIMBLE_INLINE void addition(portable, const addition_args& k) {
  for_each_pair(k.pairs, [&](int i, int a, int b) THIMBLE_LAMBDA_INLINE {
    const std::int32_t sum = widened(k.a[a], k.a_zero, k.scales.a) + widened(k.b[b], k.b_zero, k.scales.b);
    k.y[i] = clamp(scale_down(sum, k.scales.y) + k.y_zero, k.range, k.mask, i);
  });
}

}  // namespace thimble::kernels
