// Values of tensors while a network is evaluated, and what all operators share: indices, scales, fused activations.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/tflite/fixed_point.hpp"
#include "support/tflite/model.hpp"

namespace thimble::test::tflite {

/// One of the two is in use.
struct value {
  std::vector<integer> integers;
  std::vector<float> reals;
};

inline void demand(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(what);
}

/// What an operator works on: descriptions and values of its inputs, description and value of its output.
struct work {
  const operation& how;
  std::vector<const tensor*> in;  // null: absent
  std::vector<const value*> values;
  const tensor& out;
  value& result;

  bool has(std::size_t i) const { return i < in.size() && in[i] != nullptr; }
  const std::vector<integer>& integers(std::size_t i) const { return values.at(i)->integers; }
};

inline int size_at(const tensor& t, std::size_t axis) { return t.shape.at(axis); }

/// Row-major place of an index.
inline std::size_t place(const dims& shape, const dims& index) {
  std::size_t p = 0;
  for (std::size_t a = 0; a < shape.size(); ++a) {
    demand(index[a] >= 0 && index[a] < shape[a], "index");
    p = p * static_cast<std::size_t>(shape[a]) + static_cast<std::size_t>(index[a]);
  }
  return p;
}

/// Calls f(index) for each index of a shape, in order.
template <typename F>
void for_each_index(const dims& shape, F f) {
  for (const int d : shape)
    if (d == 0) return;
  dims index(shape.size(), 0);
  for (;;) {
    f(static_cast<const dims&>(index));
    std::size_t a = shape.size();
    for (; a > 0; --a) {
      if (++index[a - 1] < shape[a - 1]) break;
      index[a - 1] = 0;
    }
    if (a == 0) return;
  }
}

/// Place in a tensor that is broadcast to a shape of at least as many dimensions, aligned at the last.
inline std::size_t broadcast_place(const dims& shape, const dims& index) {
  dims own(shape.size());
  for (std::size_t a = 0; a < shape.size(); ++a) own[a] = shape[a] == 1 ? 0 : index[index.size() - shape.size() + a];
  return place(shape, own);
}

struct limits {
  integer low = 0, high = 0;
  integer clamp(integer x) const { return std::clamp(x, low, high); }
};
inline limits limits_of(element type) {
  if (type == element::uint8) return {0, 255};
  demand(type == element::int8, "an 8-bit tensor");
  return {-128, 127};
}

/// Nearest integer to f / scale in float, plus the zero point.
inline integer quantized(float f, const tensor& t) {
  return static_cast<integer>(std::round(f / t.scale())) + t.zero_point();
}

/// The range that a fused activation leaves of an output.
inline limits range_of(activation act, const tensor& out) {
  limits l = limits_of(out.type);
  switch (act) {
    case activation::none:
      break;
    case activation::relu:
      l.low = std::max(l.low, quantized(0, out));
      break;
    case activation::relu6:
      l.low = std::max(l.low, quantized(0, out));
      l.high = std::min(l.high, quantized(6, out));
      break;
    case activation::relu_n1_to_1:
      l.low = std::max(l.low, quantized(-1, out));
      l.high = std::min(l.high, quantized(1, out));
      break;
    default:
      demand(false, "activation");
  }
  return l;
}

/// Scales of inputs and weights become one multiplier a channel, in double.
inline std::vector<multiplier> channel_multipliers(const tensor& in, const tensor& weights, const tensor& out,
                                                   std::size_t channels) {
  std::vector<multiplier> m;
  const auto& scales = weights.quantized.scales;
  demand(scales.size() == 1 || scales.size() == channels, "scales per channel");
  for (std::size_t c = 0; c < channels; ++c) {
    const float scale = scales.size() == 1 ? scales[0] : scales[c];
    m.push_back(quantize_multiplier(static_cast<double>(in.scale()) * static_cast<double>(scale) /
                                    static_cast<double>(out.scale())));
  }
  return m;
}

/// Of operators that do not requantize.
inline void demand_same_quantization(const tensor& in, const tensor& out) {
  demand(in.quantized.scales == out.quantized.scales && in.quantized.zero_points == out.quantized.zero_points,
         "the input's quantization in the output");
}

inline double ratio(const tensor& in, const tensor& out) {
  return static_cast<double>(in.scale()) / static_cast<double>(out.scale());
}

/// One axis of a sliding window: where the window of output o begins.
struct sliding {
  int in, filter, stride, dilation, before;
  sliding(int in_size, int filter_size, int stride_size, int dilation_factor, padding pad, int out)
      : in(in_size), filter(filter_size), stride(stride_size), dilation(dilation_factor), before(0) {
    const int covered = (filter - 1) * dilation + 1;
    const int expected = pad == padding::same ? (in + stride - 1) / stride : (in + stride - covered) / stride;
    demand(expected == out, "size of a window's output");
    if (pad == padding::same) before = std::max(0, (out - 1) * stride + covered - in) / 2;
  }
  int at(int o, int f) const { return o * stride - before + f * dilation; }
  bool inside(int i) const { return i >= 0 && i < in; }
};

}  // namespace thimble::test::tflite
