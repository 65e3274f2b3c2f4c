// Builds small networks with random weights and quantization that fits: each new tensor's scale follows from what the
// reference evaluator measures on the samples. Only integers and single floating operations, so files are equal everywhere.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/tflite/evaluate.hpp"
#include "support/tflite/model.hpp"

namespace thimble::test::tflite {

/// splitmix64 (public domain, Vigna): the same numbers with every standard library.
class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed) : state_(seed) {}
  int between(int low, int high) {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return low + static_cast<int>((z ^ (z >> 31)) % static_cast<std::uint64_t>(high - low + 1));
  }
  /// A factor in [0.6, 1.5] with a full mantissa.
  double factor() { return between(60'000, 150'000) / 100'003.0; }

 private:
  std::uint64_t state_;
};

/// Options of a layer with weights.
struct layer {
  pair kernel{}, stride{}, dilation{};
  padding pad = padding::same;
  activation act = activation::none;
  int groups = 1, multiplier = 1;
  bool per_channel = true, bias = true;
};

class builder {
 public:
  network net;
  random_numbers random;
  std::vector<bytes> samples;

  /// The input's type is int8, uint8 or float32.
  builder(std::uint64_t seed, std::string description, dims shape, element type = element::int8, int sample_count = 2)
      : random(seed) {
    net.description = std::move(description);
    tensor t{"input", type, std::move(shape), {}, {}};
    if (type != element::float32) random_quantization(t, 0.03, type == element::uint8 ? 128 : 0, 20);
    net.inputs = {append(std::move(t))};
    for (int s = 0; s < sample_count; ++s) samples.push_back(sample_of(net.tensors[0]));
  }
  int input() const { return net.inputs[0]; }
  tensor& at(int t) { return net.tensors.at(static_cast<std::size_t>(t)); }
  const dims& shape(int t) { return at(t).shape; }
  double scale(int t) { return static_cast<double>(at(t).scale()); }

  // ---- layers with weights

  int conv(int x, int channels, const layer& how) {
    const dims in = shape(x);
    const int depth = in[3] / how.groups;
    const dims out{in[0], windows(in[1], how.kernel.h, how.stride.h, how.dilation.h, how.pad),
                   windows(in[2], how.kernel.w, how.stride.w, how.dilation.w, how.pad), channels};
    const int y = output(out, how.act);
    const auto [k, b] = parameters(x, y, {channels, how.kernel.h, how.kernel.w, depth}, 0, how);
    return apply(code::conv_2d, with_bias({x, k}, b, how), y, window_options(how));
  }
  int depthwise(int x, const layer& how) {
    const dims in = shape(x);
    const dims out{in[0], windows(in[1], how.kernel.h, how.stride.h, how.dilation.h, how.pad),
                   windows(in[2], how.kernel.w, how.stride.w, how.dilation.w, how.pad), in[3] * how.multiplier};
    const int y = output(out, how.act);
    const auto [k, b] = parameters(x, y, {1, how.kernel.h, how.kernel.w, out[3]}, 3, how);
    return apply(code::depthwise_conv_2d, with_bias({x, k}, b, how), y, window_options(how));
  }
  /// The output's size is given, as several have the same input.
  int transpose_conv(int x, dims out, const layer& how) {
    const int y = output(out, how.act);
    const auto [k, b] = parameters(x, y, {out[3], how.kernel.h, how.kernel.w, shape(x)[3]}, 0, how);
    std::vector<int> inputs{integers(out), k, x};
    if (how.bias) inputs.push_back(b);
    return apply(code::transpose_conv, inputs, y, window_options(how));
  }
  /// `minus_one`: an absent bias is written as -1 instead of left out.
  int dense(int x, int units, const layer& how = {}, bool keep_num_dims = false, bool minus_one = false) {
    const int fan_in = shape(x).back();
    dims out{static_cast<int>(at(x).count()) / fan_in, units};
    if (keep_num_dims) {
      out = shape(x);
      out.back() = units;
    }
    const int y = output(out, how.act);
    const auto [k, b] = parameters(x, y, {units, fan_in}, 0, how);
    options o{.act = how.act, .keep_num_dims = keep_num_dims};
    std::vector<int> inputs = with_bias({x, k}, b, how);
    if (minus_one) inputs.push_back(-1);
    return apply(code::fully_connected, inputs, y, o);
  }

  // ---- arithmetic; the output's scale is measured

  int add(int a, int b, activation act = activation::none) { return arithmetic(code::add, a, b, act); }
  int sub(int a, int b, activation act = activation::none) { return arithmetic(code::sub, a, b, act); }
  int mul(int a, int b, activation act = activation::none) { return arithmetic(code::mul, a, b, act); }
  int extremum(code kind, int a, int b) { return apply(kind, {a, b}, like(a, broadcast(a, b)), {}); }

  // ---- activations and changes of quantization

  int relu(int x) { return calibrated(code::relu, {x}, shape(x), 2 * scale(x), {}); }
  int relu6(int x) { return apply(code::relu6, {x}, like(x, shape(x)), {}); }
  int leaky_relu(int x, float alpha) {
    return calibrated(code::leaky_relu, {x}, shape(x), 2 * scale(x), {.alpha = alpha});
  }
  int logistic(int x) { return apply(code::logistic, {x}, probabilities(shape(x)), {}); }
  int softmax(int x, float beta = 1) { return apply(code::softmax, {x}, probabilities(shape(x)), {.beta = beta}); }
  int quantize(int x, double step, int zero_point, element type = element::int8) {
    tensor t{name(), type, shape(x), {}, {}};
    quantize_as(t, step, zero_point);
    return apply(code::quantize, {x}, append(std::move(t)), {});
  }
  int dequantize(int x) {
    return apply(code::dequantize, {x}, append({name(), element::float32, shape(x), {}, {}}), {});
  }

  // ---- regions and shapes; the quantization is the input's, but for MEAN

  int pool(code kind, int x, pair filter, pair stride, padding pad, activation act = activation::none) {
    const dims in = shape(x);
    const dims out{in[0], windows(in[1], filter.h, stride.h, 1, pad), windows(in[2], filter.w, stride.w, 1, pad),
                   in[3]};
    return apply(kind, {x}, like(x, out), {.pad = pad, .act = act, .stride = stride, .filter = filter});
  }
  int mean(int x, const std::vector<int>& axes, bool keep, bool same_quantization = false) {
    dims out;
    const int rank = static_cast<int>(shape(x).size());
    for (int a = 0; a < rank; ++a) {
      const bool reduced = std::any_of(axes.begin(), axes.end(), [&](int r) { return (r + rank) % rank == a; });
      if (!reduced) out.push_back(shape(x)[static_cast<std::size_t>(a)]);
      if (reduced && keep) out.push_back(1);
    }
    const int list = integers(axes);
    if (same_quantization) return apply(code::mean, {x, list}, like(x, out), {.keep_dims = keep});
    return calibrated(code::mean, {x, list}, out, 2 * scale(x), {.keep_dims = keep});
  }
  int reshape(int x, const dims& out) {
    const int list = integers(out);
    return apply(code::reshape, {x, list}, like(x, out), {.new_shape = out});
  }
  int transpose(int x, const std::vector<int>& permutation) {
    dims out;
    for (const int p : permutation) out.push_back(shape(x)[static_cast<std::size_t>(p)]);
    const int list = integers(permutation);
    return apply(code::transpose, {x, list}, like(x, out), {});
  }
  int pad(int x, const std::vector<pair>& amounts) {  // h before, w after
    dims out = shape(x), list;
    for (std::size_t a = 0; a < out.size(); ++a) {
      out[a] += amounts[a].h + amounts[a].w;
      list.insert(list.end(), {amounts[a].h, amounts[a].w});
    }
    const int t = integers(list);
    at(t).shape = {static_cast<int>(out.size()), 2};
    return apply(code::pad, {x, t}, like(x, out), {});
  }
  int resize(int x, pair size, bool align_corners = false, bool half_pixel_centers = false) {
    const dims out{shape(x)[0], size.h, size.w, shape(x)[3]};
    const int list = integers({size.h, size.w});
    return apply(code::resize_nearest_neighbor, {x, list}, like(x, out),
                 {.align_corners = align_corners, .half_pixel_centers = half_pixel_centers});
  }
  /// All inputs have one quantization; see `rescaled`.
  int concatenate(const std::vector<int>& parts, int axis) {
    dims out = shape(parts[0]);
    const auto a = static_cast<std::size_t>(axis < 0 ? axis + static_cast<int>(out.size()) : axis);
    out[a] = 0;
    for (const int p : parts) out[a] += shape(p)[a];
    return apply(code::concatenation, parts, like(parts[0], out), {.axis = axis});
  }
  int rescaled(int x, int as) { return quantize(x, scale(as), at(as).zero_point()); }

  // ---- constants

  int constant(const dims& size, double step, int zero_point = 0) {
    tensor t{name("constant"), element::int8, size, {}, {}};
    quantize_as(t, step, zero_point);
    for (std::size_t i = 0; i < t.count(); ++i) t.data.push_back(static_cast<std::uint8_t>(random.between(-128, 127)));
    return append(std::move(t));
  }
  int integers(const std::vector<int>& v) {
    tensor t{name("constant"), element::int32, {static_cast<int>(v.size())}, {}, {}};
    t.data = encode(element::int32, {{v.begin(), v.end()}, {}});
    return append(std::move(t));
  }

  network finish(int output) {
    net.outputs = {output};
    return net;
  }

  // ---- what the rest is made of

  int append(tensor t) {
    net.tensors.push_back(std::move(t));
    return static_cast<int>(net.tensors.size()) - 1;
  }
  /// A tensor with the quantization of another: no operator follows yet.
  int like(int x, const dims& out) {
    tensor t = at(x);
    t.shape = out;
    t.name = name();
    t.data.clear();
    return append(std::move(t));
  }
  int apply(code kind, std::vector<int> inputs, int y, const options& how) {
    net.operations.push_back({kind, std::move(inputs), {y}, how});
    return y;
  }
  static void quantize_as(tensor& t, double step, int zero_point) {
    t.quantized = {{static_cast<float>(step)}, {zero_point}, 0};
  }
  void random_quantization(tensor& t, double about, int centre, int spread) {
    const double step = about * random.factor();
    quantize_as(t, step, random.between(centre - spread, centre + spread));
  }
  /// An output that weights will be made to fill.
  int output(const dims& out, activation act) {
    tensor t{name(), element::int8, out, {}, {}};
    if (next_) {
      t.quantized = *next_;
      next_.reset();
    } else if (act == activation::none) {
      random_quantization(t, 0.03, 0, 25);
    } else if (act == activation::relu_n1_to_1) {
      random_quantization(t, 0.011, 0, 10);
    } else {
      quantize_as(t, 0.03 * random.factor(), -128);
    }
    return append(std::move(t));
  }
  /// The next layer with weights has this quantization, or that of tensor x.
  builder& next_quantized(const quantization& q) {
    next_ = q;
    return *this;
  }
  builder& next_like(int x) { return next_quantized(at(x).quantized); }

 private:
  std::string name(const char* what = "tensor") { return what + std::to_string(net.tensors.size()); }

  bytes sample_of(const tensor& t) {
    value v;
    for (std::size_t i = 0; i < t.count(); ++i) {
      if (t.type == element::float32)
        v.reals.push_back(static_cast<float>(random.between(-3'000'000, 3'000'000)) / 1'000'003.0f);
      else
        v.integers.push_back(random.between(0, 255) - (t.type == element::int8 ? 128 : 0));
    }
    return encode(t.type, v);
  }
  static int windows(int in, int filter, int stride, int dilation, padding pad) {
    return pad == padding::same ? (in + stride - 1) / stride : (in + stride - (filter - 1) * dilation - 1) / stride;
  }
  static options window_options(const layer& how) {
    return {.pad = how.pad,
            .act = how.act,
            .stride = how.stride,
            .dilation = how.dilation,
            .depth_multiplier = how.multiplier};
  }
  static std::vector<int> with_bias(std::vector<int> inputs, int bias, const layer& how) {
    if (how.bias) inputs.push_back(bias);
    return inputs;
  }
  int probabilities(const dims& out) {
    tensor t{name(), element::int8, out, {}, {}};
    quantize_as(t, 1.0 / 256, -128);
    return append(std::move(t));
  }

  /// Centred values of a tensor over all samples.
  std::vector<integer> measured(int x) {
    std::vector<integer> all;
    for (const bytes& sample : samples) {
      const auto values = evaluate_all(net, sample.data());
      for (const integer v : values[static_cast<std::size_t>(x)].integers) all.push_back(v - at(x).zero_point());
    }
    return all;
  }

  /// Weights and biases whose sums fill about a third of y's range on each side.
  std::pair<int, int> parameters(int x, int y, const dims& shape_of_weights, int channel_axis, const layer& how) {
    tensor k{name("weights"), element::int8, shape_of_weights, {}, {}};
    const int channels = shape_of_weights[static_cast<std::size_t>(channel_axis)];
    const double fan_in = static_cast<double>(k.count()) / channels;
    integer squares = 1, values = 0;
    for (const integer v : measured(x)) squares += v * v, ++values;
    const double typical_sum =
        73 * std::sqrt(fan_in) * std::sqrt(static_cast<double>(squares) / static_cast<double>(values));
    const double wanted = how.act == activation::none ? 45 : 90;
    k.quantized.dimension = channel_axis;
    for (int c = 0; c < (how.per_channel ? channels : 1); ++c) {
      const double step = wanted * static_cast<double>(at(y).scale()) / typical_sum * random.factor();
      k.quantized.scales.push_back(static_cast<float>(step / static_cast<double>(at(x).scale())));
      k.quantized.zero_points.push_back(0);
    }
    for (std::size_t i = 0; i < k.count(); ++i) k.data.push_back(static_cast<std::uint8_t>(random.between(-127, 127)));
    const int weights = append(std::move(k));
    if (!how.bias) return {weights, -1};
    tensor b{name("bias"), element::int32, {channels}, at(weights).quantized, {}};
    b.quantized.dimension = 0;
    for (float& s : b.quantized.scales) s *= at(x).scale();
    value v;
    const int most = static_cast<int>(typical_sum * 0.6);
    for (int c = 0; c < channels; ++c) v.integers.push_back(random.between(-most, most));
    b.data = encode(element::int32, v);
    return {weights, append(std::move(b))};
  }

  /// Adds an operator with a coarse output first, then gives it the scale that its values need.
  int calibrated(code kind, const std::vector<int>& inputs, const dims& out, double coarse, const options& how) {
    tensor t{name(), element::int8, out, {}, {}};
    quantize_as(t, coarse, 0);
    const int y = apply(kind, inputs, append(std::move(t)), how);
    integer low = 0, high = 1;
    for (const integer v : measured(y)) low = std::min(low, v), high = std::max(high, v);
    const integer range = 230 + random.between(0, 40);  // a few values saturate
    const double step = coarse * static_cast<double>(high - low) / static_cast<double>(range);
    quantize_as(at(y), step, static_cast<int>(std::clamp<integer>(-127 - low * range / (high - low), -128, 127)));
    return y;
  }
  dims broadcast(int a, int b) {
    dims out = shape(a).size() >= shape(b).size() ? shape(a) : shape(b);
    for (const int t : {a, b}) {
      const dims& s = shape(t);
      for (std::size_t i = 0; i < s.size(); ++i) {
        int& d = out[out.size() - s.size() + i];
        d = std::max(d, s[i]);
      }
    }
    return out;
  }
  int arithmetic(code kind, int a, int b, activation act) {
    const double p = scale(a), q = scale(b);
    const double coarse = kind == code::mul ? p * q * 512 : 4 * std::max(p, q);
    return calibrated(kind, {a, b}, broadcast(a, b), coarse, {.act = act});
  }

  std::optional<quantization> next_;
};

}  // namespace thimble::test::tflite
