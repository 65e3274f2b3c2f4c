// Reference of the operators with weights: CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV, FULLY_CONNECTED. Sums have
// 32 bits, then are requantized with both roundings; weights have zero point 0.
#pragma once
#include <cstddef>

#include "support/tflite/values.hpp"

namespace thimble::test::tflite {

inline integer bias_at(const work& w, std::size_t input, std::size_t channel) {
  return w.has(input) && !w.integers(input).empty() ? w.integers(input).at(channel) : 0;
}
inline void check_weights(const tensor& t) {
  demand(t.type == element::int8, "int8 weights");
  for (const auto z : t.quantized.zero_points) demand(z == 0, "weights with zero point 0");
}

/// Weights O,H,W,I; where inputs have g times I channels, output channels form g groups.
inline void conv_2d(const work& w) {
  const tensor &x = *w.in[0], &k = *w.in[1], &y = w.out;
  const options& how = w.how.how;
  check_weights(k);
  const sliding rows(size_at(x, 1), size_at(k, 1), how.stride.h, how.dilation.h, how.pad, size_at(y, 1));
  const sliding columns(size_at(x, 2), size_at(k, 2), how.stride.w, how.dilation.w, how.pad, size_at(y, 2));
  const int depth = size_at(k, 3), channels = size_at(k, 0), groups = size_at(x, 3) / depth;
  demand(groups * depth == size_at(x, 3) && channels % groups == 0 && channels == size_at(y, 3), "groups");
  const auto scale = channel_multipliers(x, k, y, static_cast<std::size_t>(channels));
  const limits range = range_of(how.act, y);
  for_each_index(y.shape, [&](const dims& o) {
    integer sum = 0;
    const int first = o[3] / (channels / groups) * depth;
    for_each_index({rows.filter, columns.filter, depth}, [&](const dims& f) {
      const int r = rows.at(o[1], f[0]), c = columns.at(o[2], f[1]);
      if (!rows.inside(r) || !columns.inside(c)) return;
      sum += (w.integers(0)[place(x.shape, {o[0], r, c, first + f[2]})] - x.zero_point()) *
             w.integers(1)[place(k.shape, {o[3], f[0], f[1], f[2]})];
    });
    const auto channel = static_cast<std::size_t>(o[3]);
    const integer total = wrapped_32(sum + bias_at(w, 2, channel));
    w.result.integers.push_back(range.clamp(times(total, scale[channel]) + y.zero_point()));
  });
}

/// Weights 1,H,W,O; output channel o reads input channel o / depth_multiplier.
inline void depthwise_conv_2d(const work& w) {
  const tensor &x = *w.in[0], &k = *w.in[1], &y = w.out;
  const options& how = w.how.how;
  check_weights(k);
  const sliding rows(size_at(x, 1), size_at(k, 1), how.stride.h, how.dilation.h, how.pad, size_at(y, 1));
  const sliding columns(size_at(x, 2), size_at(k, 2), how.stride.w, how.dilation.w, how.pad, size_at(y, 2));
  demand(size_at(y, 3) == size_at(x, 3) * how.depth_multiplier && size_at(k, 3) == size_at(y, 3), "depth multiplier");
  const auto scale = channel_multipliers(x, k, y, static_cast<std::size_t>(size_at(y, 3)));
  const limits range = range_of(how.act, y);
  for_each_index(y.shape, [&](const dims& o) {
    integer sum = 0;
    for_each_index({rows.filter, columns.filter}, [&](const dims& f) {
      const int r = rows.at(o[1], f[0]), c = columns.at(o[2], f[1]);
      if (!rows.inside(r) || !columns.inside(c)) return;
      sum += (w.integers(0)[place(x.shape, {o[0], r, c, o[3] / how.depth_multiplier})] - x.zero_point()) *
             w.integers(1)[place(k.shape, {0, f[0], f[1], o[3]})];
    });
    const auto channel = static_cast<std::size_t>(o[3]);
    const integer total = wrapped_32(sum + bias_at(w, 2, channel));
    w.result.integers.push_back(range.clamp(times(total, scale[channel]) + y.zero_point()));
  });
}

/// The gradient of a convolution from the output's size to the input's. Inputs: shape, weights O,H,W,I, x, bias.
inline void transpose_conv(const work& w) {
  const tensor &k = *w.in[1], &x = *w.in[2], &y = w.out;
  const options& how = w.how.how;
  check_weights(k);
  const sliding rows(size_at(y, 1), size_at(k, 1), how.stride.h, 1, how.pad, size_at(x, 1));
  const sliding columns(size_at(y, 2), size_at(k, 2), how.stride.w, 1, how.pad, size_at(x, 2));
  demand(size_at(k, 3) == size_at(x, 3) && size_at(k, 0) == size_at(y, 3), "channels");
  const auto scale = channel_multipliers(x, k, y, static_cast<std::size_t>(size_at(y, 3)));
  const limits range = range_of(how.act, y);
  for_each_index(y.shape, [&](const dims& o) {
    integer sum = 0;
    for_each_index({size_at(x, 1), size_at(x, 2), rows.filter, columns.filter}, [&](const dims& i) {
      if (rows.at(i[0], i[2]) != o[1] || columns.at(i[1], i[3]) != o[2]) return;
      for (int c = 0; c < size_at(x, 3); ++c)
        sum += (w.integers(2)[place(x.shape, {o[0], i[0], i[1], c})] - x.zero_point()) *
               w.integers(1)[place(k.shape, {o[3], i[2], i[3], c})];
    });
    const auto channel = static_cast<std::size_t>(o[3]);
    const integer total = wrapped_32(sum + bias_at(w, 3, channel));
    w.result.integers.push_back(range.clamp(times(total, scale[channel]) + y.zero_point()));
  });
}

/// Weights out,in over rows of `in` values. With one scale, the product of the scales of input and weights is a float.
inline void fully_connected(const work& w) {
  const tensor &x = *w.in[0], &k = *w.in[1], &y = w.out;
  check_weights(k);
  const auto fan_in = static_cast<std::size_t>(size_at(k, 1)), units = static_cast<std::size_t>(size_at(k, 0));
  demand(x.count() % fan_in == 0 && y.count() == x.count() / fan_in * units, "sizes of a dense layer");
  auto scale = channel_multipliers(x, k, y, units);
  if (k.quantized.scales.size() == 1) {
    const float product = x.scale() * k.scale();
    scale.assign(units, quantize_multiplier(static_cast<double>(product) / static_cast<double>(y.scale())));
  }
  const limits range = range_of(w.how.how.act, y);
  for (std::size_t row = 0; row < x.count() / fan_in; ++row) {
    for (std::size_t unit = 0; unit < units; ++unit) {
      integer sum = bias_at(w, 2, unit);
      for (std::size_t i = 0; i < fan_in; ++i)
        sum += (w.integers(0)[row * fan_in + i] - x.zero_point()) * w.integers(1)[unit * fan_in + i];
      w.result.integers.push_back(range.clamp(times(wrapped_32(sum), scale[unit]) + y.zero_point()));
    }
  }
}

}  // namespace thimble::test::tflite
