// SOFTMAX of int8 rows, as TensorFlow Lite's integer reference computes it.
#pragma once
#include <bit>

#include <thimble/kernels/reciprocal.hpp>
#include <thimble/target/target.hpp>
#include <thimble/tensor/fixed_point.hpp>
#include <thimble/tensor/quantization.hpp>

namespace thimble::kernels {

/// What the reference prepares: differences to a row's largest value times `scale` are Q5.26; those under `least`
/// (at most 0) count as nothing.
struct softmax_scale {
  multiplier scale;
  int least = 0;
};

/// TFLite's PreprocessSoftmaxScaling and CalculateInputRadius for 5 integer bits: scale = min(beta s_x 2^26, 2^31 - 1),
/// least = -floor(31 * 2^26 / 2^shift). The reference wants beta s_x 2^26 > 1.
constexpr softmax_scale softmax_scale_of(double beta, double x_scale) {
  const double real = beta * x_scale * 0x1p26, most = 0x1p31 - 1;
  const multiplier m = quantize_multiplier(real < most ? real : most);
  return {m, -static_cast<int>((std::int64_t{31} << 26) >> m.shift)};
}

/// y = 256 softmax(beta s_x x) - 128 (scale 1/256, zero point -128), row by row: reference/softmax.h, bit for bit, where the
/// reference is defined: it aborts if a row's sum of exp(x - largest) is 512 or more. Such rows are -128 throughout here, the
/// nearest int8 (each probability is under 1/512). Sums are Q12.19, so a row has at most 4,095 values. y may lie over x.
struct softmax_args {
  const std::int8_t* x;
  softmax_scale scale;
  std::int8_t* y;
  int rows, row_size;
};

/// exp(scale * difference) in Q0.31, difference in [least, 0].
THIMBLE_INLINE constexpr std::int32_t softmax_term(int difference, const softmax_scale& s) {
  return fixed_point::exp_of_negative(requantize(difference, s.scale));
}

THIMBLE_INLINE void softmax_row(const std::int8_t* x, const softmax_scale& s, std::int8_t* y, int count) {
  int largest = -128;
  for (int i = 0; i < count; ++i) largest = x[i] > largest ? x[i] : largest;
  std::int32_t sum = 0;
  for (int i = 0; i < count; ++i)
    if (x[i] - largest >= s.least) sum += rounding_divide(softmax_term(x[i] - largest, s), 12);
  const int headroom = std::countl_zero(static_cast<std::uint32_t>(sum));  // sum >= 1 = 2^19: at most 12
  const std::uint32_t fraction = (static_cast<std::uint32_t>(sum) << headroom) - (std::uint32_t{1} << 31);
  const std::int32_t reciprocal = one_over_one_plus(static_cast<std::int32_t>(fraction));
  const int exponent = 35 - headroom;  // at least 23
  for (int i = 0; i < count; ++i) {
    int q = 0;
    if (x[i] - largest >= s.least && exponent <= 31)
      q = rounding_divide(doubling_high_multiply(reciprocal, softmax_term(x[i] - largest, s)), exponent);
    y[i] = static_cast<std::int8_t>(q > 255 ? 127 : q - 128);
  }
}

THIMBLE_INLINE void softmax(portable, const softmax_args& k) {
  for (int r = 0; r < k.rows; ++r) softmax_row(k.x + r * k.row_size, k.scale, k.y + r * k.row_size, k.row_size);
}

template <class Target = native>
THIMBLE_NOINLINE void run(const softmax_args& a) {
  softmax(Target{}, a);
}

}  // namespace thimble::kernels
