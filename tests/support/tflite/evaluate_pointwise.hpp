// Reference of the operators that map single values: arithmetic of two tensors, activations, changes of quantization.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>

#include "support/tflite/values.hpp"

namespace thimble::test::tflite {

template <typename F>
void for_each_pair(const work& w, F f) {
  const auto shape = w.out.shape;
  for_each_index(shape, [&](const dims& o) {
    w.result.integers.push_back(
        f(w.integers(0)[broadcast_place(w.in[0]->shape, o)], w.integers(1)[broadcast_place(w.in[1]->shape, o)]));
  });
}

struct sum_multipliers {
  double first, second, output;
};
/// Both inputs are brought to twice the larger scale, with 20 more bits. ADD derives its multipliers in double ...
inline sum_multipliers of_addition(float a, float b, float out) {
  const double twice = 2 * static_cast<double>(std::max(a, b));
  return {static_cast<double>(a) / twice, static_cast<double>(b) / twice,
          twice / ((1 << 20) * static_cast<double>(out))};
}
/// ... SUB in float.
inline sum_multipliers of_subtraction(float a, float b, float out) {
  const float twice = 2 * std::max(a, b);
  const float scaled_out = static_cast<float>(1 << 20) * out;
  return {static_cast<double>(a / twice), static_cast<double>(b / twice), static_cast<double>(twice / scaled_out)};
}

inline void add_or_subtract(const work& w) {
  const tensor &a = *w.in[0], &b = *w.in[1], &y = w.out;
  const bool minus = w.how.kind == code::sub;
  const sum_multipliers scales =
      minus ? of_subtraction(a.scale(), b.scale(), y.scale()) : of_addition(a.scale(), b.scale(), y.scale());
  const multiplier of_a = quantize_multiplier(scales.first), of_b = quantize_multiplier(scales.second),
                   of_y = quantize_multiplier(scales.output);
  demand(of_a.exponent <= 0 && of_b.exponent <= 0 && of_y.exponent <= 0, "multipliers below 1");
  const limits range = range_of(w.how.how.act, y);
  for_each_pair(w, [&](integer p, integer q) {
    const integer scaled_p = times((p - a.zero_point()) * (1 << 20), of_a);
    const integer scaled_q = times((q - b.zero_point()) * (1 << 20), of_b);
    return range.clamp(times(minus ? scaled_p - scaled_q : scaled_p + scaled_q, of_y) + y.zero_point());
  });
}

inline void multiply(const work& w) {
  const tensor &a = *w.in[0], &b = *w.in[1], &y = w.out;
  const multiplier scale = quantize_multiplier(static_cast<double>(a.scale()) * static_cast<double>(b.scale()) /
                                               static_cast<double>(y.scale()));
  const limits range = range_of(w.how.how.act, y);
  for_each_pair(w, [&](integer p, integer q) {
    return range.clamp(times((p - a.zero_point()) * (q - b.zero_point()), scale) + y.zero_point());
  });
}

inline void extremum(const work& w) {
  const bool larger = w.how.kind == code::maximum;
  for_each_pair(w, [&](integer p, integer q) { return larger ? std::max(p, q) : std::min(p, q); });
}

/// RELU requantizes; so does QUANTIZE between integers.
inline void requantize(const work& w) {
  const tensor &x = *w.in[0], &y = w.out;
  const multiplier scale = quantize_multiplier(ratio(x, y));
  limits range = limits_of(y.type);
  if (w.how.kind == code::relu) range.low = std::max<integer>(range.low, y.zero_point());
  for (const integer v : w.integers(0))
    w.result.integers.push_back(range.clamp(times(v - x.zero_point(), scale) + y.zero_point()));
}

/// RELU6 only clamps: its output is meant to have the quantization of its input.
inline void relu6(const work& w) {
  const tensor& x = *w.in[0];
  const limits range{x.zero_point(), limits_of(x.type).clamp(quantized(6, x))};
  for (const integer v : w.integers(0)) w.result.integers.push_back(std::min(std::max(v, range.low), range.high));
}

/// Both multipliers are float.
inline void leaky_relu(const work& w) {
  const tensor &x = *w.in[0], &y = w.out;
  const float negative = x.scale() * w.how.how.alpha / y.scale(), positive = x.scale() / y.scale();
  const multiplier below = quantize_multiplier(static_cast<double>(negative)),
                   above = quantize_multiplier(static_cast<double>(positive));
  for (const integer v : w.integers(0)) {
    const integer centred = v - x.zero_point();
    w.result.integers.push_back(limits_of(y.type).clamp(times(centred, centred < 0 ? below : above) + y.zero_point()));
  }
}

/// Output scale 1/256, zero point -128.
inline void logistic(const work& w) {
  const tensor& x = *w.in[0];
  demand(w.out.zero_point() == -128 && w.out.scale() == 1.0f / 256, "quantization of LOGISTIC's output");
  const multiplier scale = quantize_multiplier(std::ldexp(static_cast<double>(x.scale()), 27));  // to 4 integer bits
  const auto radius = static_cast<integer>(std::floor(std::ldexp(15.0, 27 - scale.exponent)));
  for (const integer v : w.integers(0)) {
    const integer centred = v - x.zero_point();
    integer y = centred > 0 ? 127 : -128;
    if (centred > -radius && centred < radius)
      y = std::min<integer>(127, halve(logistic_of(times(centred, scale)), 23) - 128);
    w.result.integers.push_back(y);
  }
}

/// float to int8: nearest, ties away from zero, the quotient in float.
inline void quantize(const work& w) {
  if (w.in[0]->type != element::float32) return requantize(w);
  for (const float v : w.values[0]->reals)
    w.result.integers.push_back(limits_of(w.out.type).clamp(quantized(v, w.out)));
}

inline void dequantize(const work& w) {
  const tensor& x = *w.in[0];
  demand(w.out.type == element::float32, "DEQUANTIZE to float32");
  for (const integer v : w.integers(0))
    w.result.reals.push_back(x.scale() * static_cast<float>(static_cast<int>(v) - x.zero_point()));
}

}  // namespace thimble::test::tflite
