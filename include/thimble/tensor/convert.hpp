// Between real values and stored ones, as TensorFlow Lite's QUANTIZE and DEQUANTIZE do it.
#pragma once
#include <cstdint>

#include <thimble/tensor/requantize.hpp>

namespace thimble {

/// clamp(round(v / scale) + zero_point), halves away from zero, the quotient in float: QUANTIZE of float32, bit for bit. What is
/// not a number becomes the zero point.
constexpr std::int8_t quantized_value(float v, quantization q) {
  const float steps = v / q.scale;
  if (!(steps == steps)) return static_cast<std::int8_t>(q.zero_point);
  const float limited = steps < -512.0f ? -512.0f : steps > 512.0f ? 512.0f : steps;
  const int whole = static_cast<int>(limited);
  const float rest = limited - static_cast<float>(whole);  // exact
  const int rounded = rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole;
  const int stored = rounded + q.zero_point;
  return static_cast<std::int8_t>(stored < -128 ? -128 : stored > 127 ? 127 : stored);
}

/// scale * (v - zero_point), rounded to float: DEQUANTIZE to float32, bit for bit.
constexpr float dequantized(std::int8_t v, quantization q) { return q.scale * static_cast<float>(v - q.zero_point); }

/// y.zero_point + requantize(v - x.zero_point, s_x / s_y), clamped to uint8: QUANTIZE of int8 to uint8, bit for bit; y's zero
/// point is in [0, 255].
constexpr std::uint8_t uint8_of(std::int8_t v, quantization x, quantization y) {
  const multiplier ratio = quantize_multiplier(static_cast<double>(x.scale) / static_cast<double>(y.scale));
  const int stored = y.zero_point + requantize(v - x.zero_point, ratio);
  return static_cast<std::uint8_t>(stored < 0 ? 0 : stored > 255 ? 255 : stored);
}

}  // namespace thimble
