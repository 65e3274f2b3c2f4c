// Whether tensors can be what an operator takes them for: values, weights, biases, lists. Bounds are such that no later
// computation overflows: extents, windows and multipliers.
#pragma once
#include <cstdint>

#include <thimble/formats/tflite/read.hpp>

namespace thimble::tflite {

// Each returns what is wrong, or nullptr.

/// A value between operators, or at an edge. Zero points are `lowest` to `lowest + 255`. Scales in [2^-60, 2^20).
constexpr const char* wrong_value(const tensor& t, int lowest = -128) {
  if (t.elements() < 1) return "a value without elements";
  if (t.scales != 1) return "it is not quantized by one scale";
  if (!(t.scale >= 0x1p-60f && t.scale < 0x1p20f)) return "a scale is not in [2^-60, 2^20)";
  return t.zero_point < lowest || t.zero_point > lowest + 255 ? "its zero point is no value" : nullptr;
}

/// Requantization shifts left by 31 at most: weights' scales are under 2^9, inputs' under 2^20 of the output's. Sums and
/// differences shift right only: 2^18.
constexpr const char* wrong_ratio(const operator_info& o, const tensor& x, const tensor& y) {
  const bool sums = o.what() == operation::add || o.what() == operation::sub;
  return x.scale < y.scale * (sums ? 0x1p18f : 0x1p20f) ? nullptr : "its scales are too far apart";
}
constexpr const char* wrong_factors(const operator_info& o, const tensor& x0, const tensor& x1, const tensor& y) {
  switch (o.what()) {
    case operation::mul:
      return x0.scale * x1.scale < y.scale * 0x1p30f ? nullptr : "its scales are too far apart";
    case operation::leaky_relu:
      return o.alpha > -0x1p8f && o.alpha < 0x1p8f ? nullptr : "its alpha is not in (-256, 256)";
    case operation::softmax:  // as TFLite demands
      if (!(o.beta < 0x1p20f)) return "its beta is not under 2^20";
      return o.beta * x0.scale > 0x1p-26f ? nullptr : "beta times scale is under 2^-26";
    default:
      return nullptr;
  }
}

/// A parameter of an operator: constant int32 or int64.
constexpr bool is_list(const tensor& t) {
  return t.is_constant() && (t.is(tensor_type::int32) || t.is(tensor_type::int64));
}

constexpr bool has_weights(operation o) {
  return o == operation::conv_2d || o == operation::depthwise_conv_2d || o == operation::fully_connected ||
         o == operation::transpose_conv;
}
/// The dimension of weights along which output channels lie.
constexpr int channel_axis(operation o) { return o == operation::depthwise_conv_2d ? 3 : 0; }

constexpr const char* wrong_weights(operation o, const tensor& w) {
  if (!w.is_constant()) return "its weights are not in the file";
  if (w.rank != (o == operation::fully_connected ? 2 : 4)) return "its weights have another rank";
  if (w.scales < 1 || (w.scales > 1 && w.axis != channel_axis(o))) return "no scale for each channel";
  if (!(w.scale < 0x1p9f)) return "its weights' scale is over 512";
  if (w.zero_point != 0 && o != operation::fully_connected) return "its weights have a zero point";
  if (w.zero_point < -128 || w.zero_point > 127) return "weights' zero point is not int8";
  if (o == operation::depthwise_conv_2d && w.dim[0] != 1) return "its weights' first extent is not 1";
  if (w.rank == 4 && (w.dim[1] > most_window || w.dim[2] > most_window)) return "a window larger than 32768";
  return nullptr;
}
constexpr const char* wrong_bias(const tensor& b, int channels) {
  return b.is_constant() && b.is(tensor_type::int32) && b.elements() == channels ? nullptr
                                                                                 : "no int32 bias for each channel";
}

}  // namespace thimble::tflite
