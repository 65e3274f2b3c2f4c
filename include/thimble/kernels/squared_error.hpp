// Mean squared error of real values in fixed point, in integers; and how stored values become such.
#pragma once
#include <thimble/kernels/gradient_kind.hpp>
#include <thimble/target/target.hpp>
#include <thimble/tensor/fixed_point.hpp>
#include <thimble/tensor/quantization.hpp>

namespace thimble::kernels {

/// (q - zero) * s in Q15.16, rounded to nearest, saturated; s as a multiplier. Exact product in 64 bits.
THIMBLE_INLINE constexpr std::int32_t real_of_stored(int q, int zero, multiplier s) {
  return saturate<std::int32_t>(shift_round(std::int64_t{q - zero} * s.mantissa, 31 - s.shift - 16));
}

/// A finite float under 32768 in magnitude, in Q15.16, halves away from zero. The product by 2^16 is exact.
constexpr std::int32_t real_of_float(float v) {
  const float scaled = v * 65536.0f;
  const auto whole = static_cast<std::int32_t>(scaled);
  const float rest = scaled - static_cast<float>(whole);
  return rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole;
}
/// Whether it is one.
constexpr bool is_real(float v) { return v > -32767.0f && v < 32767.0f; }

/// y[i] = real_of_stored(x[i]).
struct reals_args {
  const std::int8_t* x;
  int zero;
  multiplier scale;
  std::int32_t* y;
  int count;
};
constexpr void reals(portable, const reals_args& a) {
  for (int i = 0; i < a.count; ++i) a.y[i] = real_of_stored(a.x[i], a.zero, a.scale);
}

template <class Gradient>
struct squared_error_args {
  const std::int32_t* difference;  ///< y - target, Q15.16
  int count;
  multiplier scale;  ///< of the gradient: 2 / count, times the scale of y's stored values
  int bits;          ///< of the largest gradient's magnitude
  Gradient* dy;      ///< difference * scale * 2^-exponent, the largest in [2^(bits - 1), 2^bits)
  int* exponent;
  std::int32_t* loss;  ///< mean of the squares, Q15.16, saturated
};

/// Squares are cut to 16 fractional bits and summed in 64: exact for 2^17 values.
template <class Gradient>
THIMBLE_INLINE void squared_error(portable, const squared_error_args<Gradient>& a) {
  const auto gradient = [&](int i)
                            THIMBLE_LAMBDA_INLINE { return doubling_high_multiply(a.difference[i], a.scale.mantissa); };
  std::uint32_t largest = 0;
  std::int64_t sum = 0;
  for (int i = 0; i < a.count; ++i) {
    const std::int32_t d = a.difference[i], v = gradient(i);
    const auto magnitude = static_cast<std::uint32_t>(v < 0 ? -std::int64_t{v} : std::int64_t{v});
    if (magnitude > largest) largest = magnitude;
    sum += (std::int64_t{d} * d) >> 16;
  }
  *a.exponent = arithmetic<Gradient>::begin(gradient, a.count, largest, a.bits, a.scale.shift - 16, a.dy);
  *a.loss = saturate<std::int32_t>(sum / a.count);
}

template <class Target = native, class Gradient>
THIMBLE_NOINLINE void run(const squared_error_args<Gradient>& a) {
  squared_error(Target{}, a);
}
template <class Target = native>
THIMBLE_NOINLINE void run(const reals_args& a) {
  reals(Target{}, a);
}

}  // namespace thimble::kernels
