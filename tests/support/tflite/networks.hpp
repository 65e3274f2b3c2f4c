// Our small test networks: see tests/networks/README.md for what each covers.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/tflite/builder.hpp"
#include "support/tflite/evaluate.hpp"
#include "support/tflite/model.hpp"

namespace thimble::test::tflite::networks {

struct made {
  std::string name;
  network net;
  std::vector<bytes> samples;
};

inline constexpr auto relu = activation::relu, relu6 = activation::relu6, relu_n1_to_1 = activation::relu_n1_to_1;
inline constexpr auto same = padding::same, valid = padding::valid;

// ---- convolutions

inline made convolutions() {
  builder b(1, "Convolutions: strides, dilation, groups, both paddings, all activations, with and without bias",
            {1, 9, 8, 4});
  int x = b.conv(b.input(), 8, {.kernel = {3, 3}, .stride = {2, 1}, .act = relu});
  x = b.conv(x, 6, {.kernel = {3, 3}, .dilation = {2, 2}, .per_channel = false});
  x = b.conv(x, 8, {.kernel = {3, 2}, .pad = valid, .act = relu6, .groups = 2});
  x = b.conv(x, 4,
             {.kernel = {1, 3}, .dilation = {1, 2}, .pad = valid, .act = relu_n1_to_1, .groups = 4, .bias = false});
  x = b.conv(x, 5, {.kernel = {2, 2}, .stride = {2, 2}, .per_channel = false, .bias = false});
  const int features = static_cast<int>(b.at(x).count());
  x = b.dense(b.reshape(x, {1, features}), 10);
  return {"convolutions", b.finish(x), b.samples};
}

inline made depthwise() {
  builder b(2, "Depthwise: multipliers, dilation, strides, odd and even windows, all activations", {1, 10, 7, 3});
  int x = b.depthwise(b.input(), {.kernel = {3, 3}, .act = relu6});
  x = b.depthwise(x, {.kernel = {3, 3}, .stride = {2, 2}, .act = relu, .multiplier = 2});
  x = b.depthwise(x, {.kernel = {2, 3}, .dilation = {2, 1}, .pad = valid, .per_channel = false});
  x = b.conv(x, 4, {});
  x = b.depthwise(x, {.kernel = {3, 1}, .act = relu_n1_to_1, .multiplier = 3, .bias = false});
  return {"depthwise", b.finish(x), b.samples};
}

inline made dead_channels() {
  builder b(3, "Channels without use: tiny scales, biases at the ends of int32, weights of -128", {1, 5, 5, 4});
  // Gives a channel of the last layer a tiny scale, a huge bias and, unless sums stay within int32 with them, no weights.
  const auto kill = [&](std::size_t channel, float scale, integer bias, bool keep_weights = false) {
    const operation& o = b.net.operations.back();
    tensor &k = b.at(o.inputs[1]), &biases = b.at(o.inputs[2]);
    const auto axis = static_cast<std::size_t>(k.quantized.dimension);
    std::size_t i = 0;
    for_each_index(k.shape, [&](const dims& index) {
      if (!keep_weights && static_cast<std::size_t>(index[axis]) == channel) k.data[i] = 0;
      ++i;
    });
    k.quantized.scales[channel] = scale;
    value v = decode(element::int32, biases.data.data(), biases.data.size());
    v.integers[channel] = bias;
    biases.data = encode(element::int32, v);
    biases.quantized.scales[channel] = scale * b.at(o.inputs[0]).scale();
  };
  int x = b.conv(b.input(), 7, {.kernel = {3, 3}, .act = relu6});
  kill(1, 1e-12f, smallest);  // the multiplier is 0
  kill(4, 4e-10f, largest);   // the multiplier is about 2^-31
  kill(5, 1.5e-9f, smallest);
  kill(6, 4.7e-8f, 1'377'137'152, true);
  b.at(b.net.operations.back().inputs[1]).data[3] = 0x80;  // -128
  x = b.depthwise(x, {.kernel = {3, 3}});
  kill(0, 6e-10f, smallest);
  kill(2, 1e-15f, largest);
  kill(3, 2.3e-8f, -1'651'337'001, true);
  b.at(b.net.operations.back().inputs[1]).data[9] = 0x80;
  x = b.mean(x, {1, 2}, false);
  x = b.dense(x, 9);
  kill(6, 5e-10f, smallest);
  kill(7, 3e-8f, largest - 2'000'000, true);
  return {"dead_channels", b.finish(x), b.samples};
}

// ---- known architectures in small

inline made inception() {
  builder b(4, "Four branches from one tensor, concatenated; classifier with SOFTMAX", {1, 6, 6, 4});
  const int x = b.input();
  const int one = b.next_like(x).conv(x, 4, {});
  const int reduced = b.conv(x, 3, {.act = relu});
  const int three = b.next_like(x).conv(reduced, 5, {.kernel = {3, 3}});
  const int smooth = b.pool(code::average_pool_2d, x, {3, 3}, {1, 1}, same);
  const int averaged = b.next_like(x).conv(smooth, 3, {});
  const int largest_of = b.pool(code::max_pool_2d, x, {3, 3}, {1, 1}, same);
  int y = b.concatenate({one, three, averaged, largest_of}, 3);
  y = b.conv(y, 8, {.stride = {2, 2}, .act = relu6});
  y = b.pool(code::average_pool_2d, y, {3, 3}, {1, 1}, valid);
  y = b.softmax(b.dense(b.reshape(y, {1, 8}), 10));
  return {"inception", b.finish(y), b.samples};
}

inline made residual() {
  builder b(5, "Residual blocks, identity and projection; the last operator is ADD", {1, 8, 8, 3});
  int x = b.conv(b.input(), 6, {.kernel = {3, 3}, .stride = {2, 2}, .act = relu});
  int y = b.conv(b.conv(x, 6, {.kernel = {3, 3}, .act = relu}), 6, {.kernel = {3, 3}});
  x = b.add(y, x, relu);
  y = b.conv(b.conv(x, 10, {.kernel = {3, 3}, .stride = {2, 2}, .act = relu}), 10, {.kernel = {3, 3}});
  x = b.add(b.conv(x, 10, {.stride = {2, 2}}), y);
  return {"residual", b.finish(x), b.samples};
}

inline made squeeze_excite() {
  builder b(6, "Squeeze and excite: by convolutions and by dense layers; the last operator is LOGISTIC", {1, 6, 5, 3});
  int x = b.conv(b.input(), 8, {.kernel = {3, 3}, .act = relu6});
  int s = b.conv(b.mean(x, {1, 2}, true), 3, {.act = relu});
  x = b.mul(x, b.logistic(b.conv(s, 8, {})));
  x = b.depthwise(x, {.kernel = {3, 3}});
  s = b.dense(b.mean(x, {1, 2}, false), 4, {.act = relu, .per_channel = false});
  s = b.reshape(b.logistic(b.dense(s, 8, {.per_channel = false})), {1, 1, 1, 8});
  x = b.mul(x, s);
  x = b.logistic(b.dense(b.mean(x, {1, 2}, false), 6));
  return {"squeeze_excite", b.finish(x), b.samples};
}

inline made shuffle() {
  builder b(7, "Channel shuffle: RESHAPE, TRANSPOSE of 5 dimensions, RESHAPE; a view read twice; ends in RESHAPE",
            {1, 4, 6, 8});
  int x = b.conv(b.input(), 8, {.act = relu, .groups = 2});
  x = b.reshape(b.transpose(b.reshape(x, {1, 4, 6, 2, 4}), {0, 1, 2, 4, 3}), {1, 4, 6, 8});
  x = b.depthwise(x, {.kernel = {3, 3}});
  const int view = b.reshape(x, {1, 6, 4, 8});  // another view of the same bytes, read by two
  const int left = b.conv(view, 4, {.kernel = {3, 1}, .act = relu});
  const int right = b.next_like(left).conv(view, 4, {.kernel = {1, 3}, .act = relu});
  x = b.concatenate({left, right}, -1);
  x = b.transpose(x, {0, 3, 1, 2});                                 // to channels first
  x = b.transpose(b.reshape(x, {8, 24}), {1, 0});                   // a matrix
  x = b.transpose(b.reshape(x, {4, 6, 8}), {2, 1, 0});              // three
  x = b.transpose(b.reshape(x, {2, 4, 3, 2, 4}), {3, 0, 4, 2, 1});  // five, all moved
  return {"shuffle", b.finish(b.reshape(x, {1, 192})), b.samples};
}

inline made autoencoder() {
  builder b(8, "Encoder and decoder: TRANSPOSE_CONV, RESIZE_NEAREST_NEIGHBOR, a skip connection; ends in SUB",
            {1, 8, 6, 3});
  const int fine = b.conv(b.input(), 4, {.kernel = {3, 3}, .stride = {2, 2}, .act = relu});
  int x = b.conv(fine, 6, {.kernel = {3, 3}, .stride = {2, 2}, .act = relu});  // 2 x 2
  x = b.next_like(fine).transpose_conv(x, {1, 4, 3, 4}, {.kernel = {3, 3}, .stride = {2, 2}});
  x = b.concatenate({x, fine}, 3);
  const int up = b.resize(x, {8, 6});
  const int learned =
      b.transpose_conv(x, {1, 8, 6, 3}, {.kernel = {2, 2}, .stride = {2, 2}, .pad = valid, .bias = false});
  x = b.add(b.conv(up, 3, {.kernel = {3, 3}}), learned);
  return {"autoencoder", b.finish(b.sub(b.input(), x)), b.samples};
}

inline made upsampling() {
  builder b(9, "RESIZE_NEAREST_NEIGHBOR by fractions, with corners aligned and half pixels; SOFTMAX of each pixel",
            {1, 3, 5, 4});
  const int x = b.conv(b.input(), 6, {.per_channel = false});
  const int plain = b.resize(x, {7, 8});
  const int corners = b.resize(x, {7, 8}, true);
  const int centers = b.resize(x, {7, 8}, false, true);
  const int shrunk = b.resize(b.resize(x, {2, 3}, true, true), {7, 8});
  const int first = b.add(plain, corners);
  int y = b.add(b.add(centers, shrunk), first);
  y = b.transpose_conv(b.resize(y, {4, 4}, false, true), {1, 9, 7, 5},
                       {.kernel = {3, 4}, .stride = {2, 1}, .pad = valid, .per_channel = false});
  y = b.transpose_conv(y, {1, 9, 7, 4}, {.kernel = {3, 3}});
  return {"upsampling", b.finish(b.softmax(y, 0.7f)), b.samples};
}

inline made sequence() {
  builder b(10, "A sequence of rank 3, as a 1-D convolution becomes one; dense layers over its rows", {1, 16, 6},
            element::int8, 3);
  int x = b.reshape(b.input(), {1, 1, 16, 6});
  x = b.reshape(b.conv(x, 8, {.kernel = {1, 5}, .act = relu}), {1, 16, 8});
  x = b.add(x, b.constant({8}, 0.02, 3));
  x = b.dense(x, 6, {.act = relu6}, true);                                // {1, 16, 6}
  const int rows = b.dense(x, 5, {.per_channel = false, .bias = false});  // {16, 5}
  const int pooled = b.mean(x, {1}, false);                               // {1, 6}
  const int widths = b.mean(b.reshape(rows, {1, 16, 5}), {-1}, true);     // {1, 16, 1}
  x = b.mul(x, widths);
  x = b.add(b.mean(x, {1}, false), pooled);
  return {"sequence", b.finish(b.dense(x, 9)), b.samples};
}

inline made dense() {
  builder b(11, "Dense layers: with one scale and several, bias left out or -1; SOFTMAX", {1, 24}, element::int8, 3);
  int x = b.dense(b.input(), 20, {.act = relu, .per_channel = false, .bias = false});
  x = b.dense(x, 18, {.act = relu6, .per_channel = false}, true);
  x = b.dense(x, 17, {.per_channel = false, .bias = false}, false, true);
  x = b.dense(x, 16, {.act = relu_n1_to_1});
  x = b.dense(x, 12, {.bias = false});
  return {"dense", b.finish(b.softmax(x, 0.5f)), b.samples};
}

// ---- one family of operators each

inline made pads() {
  builder b(12, "PAD: before a convolution, read by two layers, of channels, of rank 3, at the end", {1, 6, 5, 3});
  int x = b.pad(b.input(), {{0, 0}, {1, 1}, {1, 1}, {0, 0}});
  x = b.conv(x, 4, {.kernel = {3, 3}, .stride = {2, 2}, .pad = valid, .act = relu});
  const int padded = b.pad(x, {{0, 0}, {2, 0}, {0, 1}, {0, 0}});  // unequal, two readers
  const int left = b.conv(padded, 4, {.kernel = {2, 3}, .pad = valid});
  const int right = b.depthwise(padded, {.kernel = {2, 3}, .pad = valid});
  x = b.add(left, right);
  x = b.pad(x, {{0, 0}, {0, 0}, {1, 0}, {2, 1}});  // channels too
  x = b.conv(x, 5, {.kernel = {2, 2}});
  x = b.pad(x, {{0, 0}, {1, 2}, {0, 1}, {0, 0}});
  x = b.pool(code::max_pool_2d, x, {3, 2}, {1, 1}, valid);  // a pool counts padding that PAD wrote
  const dims s = b.shape(x);
  x = b.pad(b.reshape(x, {1, s[1] * s[2], s[3]}), {{0, 0}, {1, 0}, {0, 2}});
  return {"pads", b.finish(x), b.samples};
}

inline made narrow_windows() {
  builder b(23, "PAD before windows of one row, one column, one pixel; SAME with dilation; a view with several readers",
            {1, 6, 7, 4});
  int x = b.pad(b.input(), {{0, 0}, {1, 1}, {1, 2}, {0, 0}});
  x = b.conv(x, 5, {.pad = valid, .act = relu});
  x = b.pad(x, {{0, 0}, {1, 0}, {0, 1}, {0, 0}});
  x = b.conv(x, 6, {.kernel = {1, 3}, .pad = valid});
  x = b.pad(x, {{0, 0}, {1, 1}, {2, 0}, {0, 0}});
  x = b.depthwise(x, {.kernel = {3, 1}, .stride = {2, 2}});
  x = b.pad(x, {{0, 0}, {0, 0}, {1, 1}, {0, 0}});
  x = b.conv(x, 4, {.kernel = {1, 2}, .stride = {1, 2}, .pad = valid});
  const dims s = b.shape(x);
  x = b.pad(b.reshape(x, {1, 1, s[1] * s[2], s[3]}), {{0, 0}, {1, 1}, {0, 0}, {0, 0}});
  return {"narrow_windows", b.finish(b.conv(x, 3, {.stride = {2, 2}, .pad = valid})), b.samples};
}

inline made constants() {
  builder b(13, "ADD, SUB, MUL, MINIMUM, MAXIMUM with constants and by broadcasting, with fused activations",
            {1, 4, 5, 6});
  const int x = b.input();
  const auto scalar = [&](double scale, int value, int zero = 0) {
    const int t = b.constant({}, scale, zero);
    b.at(t).data = {static_cast<std::uint8_t>(value)};
    return t;
  };
  const auto of = [&](int t, const dims& shape, int low, int high) {  // a constant in the quantization of t
    const int c = b.constant(shape, b.scale(t), b.at(t).zero_point());
    for (auto& v : b.at(c).data) v = static_cast<std::uint8_t>(b.random.between(low, high));
    return c;
  };
  int y = b.add(x, scalar(0.011, 77), relu);
  y = b.mul(y, b.constant({6}, 0.0037, -9));
  y = b.sub(y, b.constant({1, 1, 1, 6}, 0.002, 4), relu6);
  y = b.mul(y, scalar(0.0123, -90, 5));
  y = b.extremum(code::minimum, y, of(y, {6}, 20, 120));
  y = b.extremum(code::maximum, y, of(y, {1}, -90, -60));
  int z = b.sub(x, scalar(0.02, -100, 10));
  z = b.mul(z, scalar(0.0023, 120));
  z = b.add(z, b.constant({1, 4, 5, 6}, 0.0061, -30), relu_n1_to_1);
  z = b.extremum(code::maximum, z, of(z, {4, 5, 6}, -90, 10));
  const int rows = b.mean(z, {2}, true);
  const int column = b.mean(y, {1, 2}, true);  // {1, 4, 1, 6}, {1, 1, 1, 6}
  z = b.sub(z, rows);
  z = b.add(column, z);  // the first is broadcast
  z = b.mul(z, b.mean(y, {3}, true), relu6);
  y = b.sub(b.mul(y, y), z);
  const int w = b.rescaled(x, y);
  const int top = b.extremum(code::maximum, w, y);
  y = b.extremum(code::minimum, top, b.rescaled(rows, y));
  return {"constants", b.finish(y), b.samples};
}

inline made pools() {
  builder b(14, "Pools: odd and even windows, both paddings, unequal strides, fused activations", {1, 9, 7, 4});
  const int x = b.input();
  const int a = b.pool(code::average_pool_2d, x, {3, 3}, {2, 2}, same, relu_n1_to_1);
  const int m = b.pool(code::max_pool_2d, x, {3, 2}, {2, 2}, same, relu);
  int y = b.add(a, m);
  y = b.pool(code::average_pool_2d, y, {2, 3}, {1, 1}, valid);
  int z = b.pool(code::max_pool_2d, x, {5, 5}, {1, 2}, same, relu6);
  z = b.sub(z, b.pool(code::average_pool_2d, x, {1, 2}, {1, 2}, same));
  z = b.pool(code::average_pool_2d, z, {3, 3}, {2, 1}, valid, relu6);  // {4, 2}
  y = b.add(y, z);
  const int all = b.pool(code::average_pool_2d, y, {4, 2}, {4, 2}, valid);  // of everything
  const int wide = b.pool(code::max_pool_2d, y, {7, 7}, {3, 3}, same);      // larger than its input
  return {"pools", b.finish(b.add(wide, all)), b.samples};
}

inline made means() {
  builder b(15, "MEAN over all kinds of axes, kept or not, to other scales and the same", {1, 6, 7, 4});
  const int x = b.input();
  const int global = b.mean(x, {1, 2}, true);
  const int global_same = b.mean(x, {2, 1}, true, true);
  const int rows = b.mean(x, {1}, true), columns = b.mean(x, {-2}, false);  // {1, 1, 7, 4}, {1, 6, 4}
  const int channels = b.mean(x, {3}, true);
  const int planes = b.mean(x, {2, -1}, false, true);  // {1, 6}
  int y = b.add(b.mul(x, channels), rows);
  y = b.sub(y, b.add(global, global_same));
  y = b.mul(y, b.reshape(columns, {1, 6, 1, 4}));
  y = b.add(y, b.reshape(planes, {1, 6, 1, 1}));
  return {"means", b.finish(b.mean(y, {1}, false, true)), b.samples};
}

inline made activations() {
  builder b(16,
            "RELU, RELU6, LEAKY_RELU, LOGISTIC, a sharp SOFTMAX, QUANTIZE from int8 to int8; one tensor read by seven",
            {1, 5, 4, 3});
  const int x = b.next_quantized({{0.0837f}, {-14}, 0}).conv(b.input(), 4, {.kernel = {3, 3}});  // beyond 6
  std::vector<int> parts{x};
  parts.push_back(b.relu6(x));
  const int positive = b.relu(x);
  b.at(positive).quantized = {{0.061f}, {-41}, 0};  // its least value is not int8's
  for (const int y : {positive, b.leaky_relu(x, 0.1f), b.leaky_relu(x, 0.37f), b.logistic(x), b.softmax(x, 3)})
    parts.push_back(b.rescaled(y, x));
  int y = b.concatenate(parts, 1);  // by height
  y = b.quantize(y, b.scale(y) * 0.77, 12);
  y = b.concatenate({y, y}, 2);  // the same twice
  y = b.mul(y, b.logistic(y));
  return {"activations", b.finish(b.leaky_relu(y, 0.2f)), b.samples};
}

inline made concatenations() {
  builder b(17, "CONCATENATION along each axis, also of rows", {1, 4, 3, 4});
  const int x = b.input();
  const int y = b.next_like(x).conv(x, 4, {.kernel = {3, 3}});
  const int narrow = b.next_like(x).conv(x, 2, {});
  int z = b.concatenate({y, x}, 1);                           // {1, 8, 3, 4}
  const int wide = b.concatenate({x, y, x}, 2);               // {1, 4, 9, 4}
  const int deep = b.concatenate({narrow, x, narrow, y}, 3);  // {1, 4, 3, 12}
  const int rows =
      b.concatenate({b.reshape(z, {24, 4}), b.reshape(wide, {36, 4}), b.reshape(deep, {36, 4})}, 0);  // {96, 4}
  z = b.dense(rows, 3, {.act = relu});
  z = b.concatenate({z, b.next_like(z).dense(rows, 2, {.per_channel = false})}, -1);  // {96, 5}
  z = b.reshape(z, {1, 8, 12, 5});
  return {"concatenations", b.finish(b.conv(z, 3, {.kernel = {3, 3}, .stride = {3, 3}})), b.samples};
}

/// A float near `about` whose product with s, rounded to float, is larger than in double.
inline float partner(float s, float about) {
  for (;; about = std::nextafter(about, 2.0f)) {
    const float product = s * about;
    if (static_cast<double>(s) * static_cast<double>(about) < static_cast<double>(product) * (1 - 2e-8)) return about;
  }
}

inline made ties() {
  builder b(
      22,
      "Multipliers of one half in float that are less in double: a dense layer with one scale takes the first, with "
      "several the second, LEAKY_RELU the first",
      {1, 10}, element::int8, 3);
  const float in = b.at(b.input()).scale(), weight = partner(in, 0.0123f);
  std::vector<int> parts;
  for (const bool per_channel : {false, true}) {
    const int y = b.dense(b.input(), 12, {.per_channel = per_channel});
    tensor &k = b.at(b.net.operations.back().inputs[1]), &c = b.at(b.net.operations.back().inputs[2]);
    for (auto& v : k.data) v = static_cast<std::uint8_t>(b.random.between(-1, 1));
    for (float& s : k.quantized.scales) s = weight;
    for (float& s : c.quantized.scales) s = in * weight;
    for (auto& v : c.data) v = 0;
    b.at(y).quantized = {{2 * (in * weight)}, {4}, 0};
    parts.push_back(y);
  }
  const int x = b.concatenate(parts, 1);
  const float alpha = partner(b.at(x).scale(), 0.43f);
  const int y = b.leaky_relu(x, alpha);
  b.at(y).quantized = {{2 * (b.at(x).scale() * alpha)}, {-3}, 0};
  return {"ties", b.finish(y), b.samples};
}

// ---- what is at the edges, and what files may look like

inline made float_edges() {
  builder b(18, "float32 in by QUANTIZE, float32 out by DEQUANTIZE", {1, 6, 6, 2}, element::float32);
  int x = b.quantize(b.input(), 0.02147, -7);  // the largest samples saturate
  x = b.conv(x, 5, {.kernel = {3, 3}, .stride = {2, 2}, .act = relu});
  x = b.dense(b.reshape(x, {1, 45}), 8, {.per_channel = false});
  return {"float_edges", b.finish(b.dequantize(x)), b.samples};
}

inline made uint8_edges() {
  builder b(19, "uint8 at both edges by QUANTIZE: a shift by 128 and a change of scale", {1, 6, 6, 3}, element::uint8);
  b.at(b.input()).quantized = {{0.0235294122f}, {127}, 0};
  const int shifted = b.quantize(b.input(), b.scale(b.input()), -1);
  const int rescaled = b.quantize(b.input(), 0.0311, -20);
  int x = b.conv(shifted, 4, {.kernel = {3, 3}, .stride = {2, 2}, .act = relu6});
  x = b.add(x, b.conv(rescaled, 4, {.kernel = {3, 3}, .stride = {2, 2}}));
  x = b.softmax(b.dense(b.reshape(x, {1, 36}), 8));
  x = b.quantize(x, 1.0 / 256, 0, element::uint8);
  return {"uint8_edges", b.finish(x), b.samples};
}

inline made shift_edges() {
  builder b(20, "uint8 in and out around a convolution of whole images, the output to another scale", {1, 5, 5, 2},
            element::uint8);
  int x = b.quantize(b.input(), 0.0271, 3);
  x = b.conv(x, 3, {.kernel = {3, 3}});
  x = b.quantize(x, b.scale(x) * 1.13, 117, element::uint8);
  return {"shift_edges", b.finish(x), b.samples};
}

inline made unusual_file() {
  builder b(21, "", {1, 5, 6, 3});
  int x = b.conv(b.input(), 5, {.kernel = {3, 3}, .act = relu, .bias = false});
  b.net.operations.back().inputs.push_back(-1);  // the bias
  const int deep = b.conv(x, 5, {.kernel = {3, 3}, .dilation = {2, 2}});
  x = b.add(x, b.add(deep, x));  // x is read by three
  x = b.dense(b.mean(x, {1, 2}, false), 11, {.bias = false}, false, true);
  network net = b.finish(x);
  // tensors that nobody reads, some with data; the names are of no use; numbers are turned around
  net.tensors.push_back({"nobody", element::int8, {3, 3}, {{0.5f}, {1}, 0}, {}});
  net.tensors.push_back({"nothing", element::float32, {2}, {}, {0, 0, 128, 63, 0, 0, 0, 64}});
  net.tensors.push_back({"", element::int64, {1}, {}, {1, 2, 3, 4, 5, 6, 7, 8}});
  const int count = static_cast<int>(net.tensors.size());
  const auto turned = [&](std::vector<int>& list) {
    for (int& t : list) t = t < 0 ? t : (t * 7 + 5) % count;
  };
  std::vector<tensor> tensors(net.tensors.size());
  for (int t = 0; t < count; ++t)
    tensors[static_cast<std::size_t>((t * 7 + 5) % count)] = net.tensors[static_cast<std::size_t>(t)];
  net.tensors = tensors;
  for (tensor& t : net.tensors) t.name = "same name";
  for (operation& o : net.operations) turned(o.inputs), turned(o.outputs);
  turned(net.inputs);
  turned(net.outputs);
  net.unused_codes = {code::broadcast_to, code::add, code::custom, code::lstm};  // ADD twice
  net.metadata = {{"min_runtime_version", bytes(16, '1')}, {"ours", {1, 2, 3}}};
  net.buffer_per_activation = true;
  return {"unusual_file", net, b.samples};
}

inline const std::function<made()> all[] = {
    convolutions, depthwise,      dead_channels, inception,   residual,       squeeze_excite, shuffle, autoencoder,
    upsampling,   sequence,       dense,         pads,        narrow_windows, constants,      pools,   means,
    activations,  concatenations, float_edges,   uint8_edges, shift_edges,    unusual_file,   ties};

}  // namespace thimble::test::tflite::networks
