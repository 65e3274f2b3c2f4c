// The tables of kernels/table.hpp: TensorFlow Lite Micro's functions of one int8 value and their derivatives. All of this runs
// in the compiler.
#pragma once
#include <array>

#include <thimble/kernels/logistic.hpp>
#include <thimble/tensor/limits.hpp>
#include <thimble/tensor/quantization.hpp>
#include <thimble/tensor/requantize.hpp>

namespace thimble::kernels {

/// value[q + 128] for q = -128..127.
using value_table = std::array<std::int8_t, 256>;
/// f(q) is the int8 output: table_of([](int q) { return relu_of(q, x, y); }).
template <class F>
constexpr value_table table_of(F f) {
  value_table t{};
  for (int q = -128; q < 128; ++q) t[static_cast<unsigned>(q + 128)] = f(q);
  return t;
}

/// slope = value[q + 128] * 2^-shift; the largest |value| is in [2^14, 2^15], or all are zero.
struct slope_table {
  std::array<std::int16_t, 256> value{};
  int shift = 0;
};
/// f(q) * factor for every q. With f the real derivative and factor = s_x / s_y, this is the derivative of stored values; a
/// gradient kernel's shift is this one + e_x - e_y.
template <class F>
constexpr slope_table slopes_of(F f, double factor) {
  std::array<double, 256> real{};
  double largest = 0;
  for (int q = -128; q < 128; ++q) {
    const double v = f(q) * factor, magnitude = v < 0 ? -v : v;
    real[static_cast<unsigned>(q + 128)] = v;
    if (magnitude > largest) largest = magnitude;
  }
  slope_table t;
  if (largest == 0) return t;
  double scale = 1;
  while (largest * scale >= 0x1p15) scale /= 2, --t.shift;
  while (largest * scale < 0x1p14) scale *= 2, ++t.shift;
  if (largest * scale > 0x1p15 - 1) scale /= 2, --t.shift;
  for (unsigned i = 0; i < 256; ++i) {
    const double v = real[i] * scale;
    t.value[i] = static_cast<std::int16_t>(v < 0 ? v - 0.5 : v + 0.5);
  }
  return t;
}

/// Nearest integer, halves away from zero (C's round), saturated at 2^30.
template <class Real>
constexpr int rounded(Real v) {
  constexpr auto limit = static_cast<Real>(1 << 30);
  if (!(v < limit)) return 1 << 30;
  if (!(v > -limit)) return -(1 << 30);
  const int whole = static_cast<int>(v);
  const Real rest = v - static_cast<Real>(whole);
  return rest >= static_cast<Real>(0.5) ? whole + 1 : rest <= static_cast<Real>(-0.5) ? whole - 1 : whole;
}

constexpr double real_of(int q, quantization x) { return static_cast<double>(x.scale) * (q - x.zero_point); }
constexpr std::int8_t clamped(int v, limits l) {
  return static_cast<std::int8_t>(v < l.low ? l.low : v > l.high ? l.high : v);
}
constexpr bool within(int v, limits l) { return v >= l.low && v <= l.high; }

/// s_x / s_y, divided in double: as TFLite Micro does for QUANTIZE and, since 2025, for RELU (in float before: it differs near
/// ties only).
constexpr multiplier ratio_of(quantization x, quantization y) {
  return quantize_multiplier(static_cast<double>(x.scale) / static_cast<double>(y.scale));
}
/// Not yet clamped: y_zero + requantize(q - x_zero, ratio).
constexpr int requantized(int q, quantization x, quantization y, multiplier ratio) {
  return y.zero_point + requantize(q - x.zero_point, ratio);
}

/// QUANTIZE, int8 to int8 (reference/requantize.h); its derivative is 1, and 0 where the output is clipped.
constexpr std::int8_t quantize_of(int q, quantization x, quantization y) {
  return clamped(requantized(q, x, y, ratio_of(x, y)), {});
}
constexpr double quantize_slope(int q, quantization x, quantization y) {
  return within(requantized(q, x, y, ratio_of(x, y)), {}) ? 1 : 0;
}

/// RELU requantizes, then clamps to [y_zero, 127] (micro/kernels/activations_common.cc). Here and below the derivative at the
/// edge of a clamp is the inside's, as masks have it, and where int8 clips the output it is 0.
constexpr limits relu_limits(quantization y) { return {y.zero_point < -128 ? -128 : y.zero_point, 127}; }
constexpr std::int8_t relu_of(int q, quantization x, quantization y) {
  return clamped(requantized(q, x, y, ratio_of(x, y)), relu_limits(y));
}
constexpr double relu_slope(int q, quantization x, quantization y) {
  return q >= x.zero_point && within(requantized(q, x, y, ratio_of(x, y)), {}) ? 1 : 0;
}

/// RELU6 only clamps the stored value to [x_zero, x_zero + round(6 / s_x)]: TFLite Micro takes y's quantization to be x's.
constexpr limits relu6_limits(quantization x) {
  return {x.zero_point, clamped(rounded(6.0f / x.scale) + x.zero_point, {})};
}
constexpr std::int8_t relu6_of(int q, quantization x, quantization) { return clamped(q, relu6_limits(x)); }
constexpr double relu6_slope(int q, quantization x, quantization) { return within(q, relu6_limits(x)) ? 1 : 0; }

/// RELU_N1_TO_1 (TFLite's kernels/activations.cc; TFLite Micro has it only fused): requantizes, then clamps to
/// y_zero +- round(1 / s_y).
constexpr limits relu_n1_to_1_limits(quantization y) {
  const int one = rounded(1.0f / y.scale);
  return {clamped(y.zero_point - one, {}), clamped(y.zero_point + one, {})};
}
constexpr std::int8_t relu_n1_to_1_of(int q, quantization x, quantization y) {
  return clamped(requantized(q, x, y, ratio_of(x, y)), relu_n1_to_1_limits(y));
}
constexpr double relu_n1_to_1_slope(int q, quantization x, quantization y) {
  const double real = real_of(q, x);
  return real >= -1 && real <= 1 && within(requantized(q, x, y, ratio_of(x, y)), {}) ? 1 : 0;
}

/// LEAKY_RELU requantizes by s_x / s_y, or below zero by alpha s_x / s_y, both computed in float (leaky_relu_common.cc). Alpha
/// may be negative, and so may then the mantissa.
constexpr multiplier leaky_relu_scale(bool below, quantization x, quantization y, float alpha) {
  const auto real = static_cast<double>(below ? x.scale * alpha / y.scale : x.scale / y.scale);
  const multiplier m = quantize_multiplier(real < 0 ? -real : real);
  return {real < 0 ? -m.mantissa : m.mantissa, m.shift};
}
constexpr int leaky_relu_unclamped(int q, quantization x, quantization y, float alpha) {
  const int v = q - x.zero_point;
  return y.zero_point + requantize(v, leaky_relu_scale(v < 0, x, y, alpha));
}
constexpr std::int8_t leaky_relu_of(int q, quantization x, quantization y, float alpha) {
  return clamped(leaky_relu_unclamped(q, x, y, alpha), {});
}
constexpr double leaky_relu_slope(int q, quantization x, quantization y, float alpha) {
  if (!within(leaky_relu_unclamped(q, x, y, alpha), {})) return 0;
  return q >= x.zero_point ? 1 : static_cast<double>(alpha);
}

/// LOGISTIC on Q4.27 (integer_ops/logistic.h, logistic_common.cc); y is scale 1/256, zero point -128. 256 stands for a value
/// that is clipped.
constexpr int logistic_unclamped(int q, quantization x) {
  const multiplier m = quantize_multiplier(static_cast<double>(x.scale) * 0x1p27);
  const std::int64_t radius = m.shift > 40 ? 0 : m.shift < 0 ? 512 : (std::int64_t{15} << 27) >> m.shift;
  const int v = q - x.zero_point;
  if (v <= -radius) return -128;
  if (v >= radius) return 256;
  return rounding_divide(logistic_q4(requantize(v, m)), 23) - 128;
}
constexpr std::int8_t logistic_of(int q, quantization x, quantization) { return clamped(logistic_unclamped(q, x), {}); }
constexpr double logistic_slope(int q, quantization x, quantization) {
  return within(logistic_unclamped(q, x), {}) ? logistic_derivative(real_of(q, x)) : 0;
}

}  // namespace thimble::kernels
