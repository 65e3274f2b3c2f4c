// A quantized network of ours, written by hand as a type, as a description of a .tflite file: what write.hpp writes is what
// TensorFlow's converter would have made of it. Each node's output has the layer's name, or the kind and the node's number.
#pragma once
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <thimble/network/parameters.hpp>

#include "support/tflite/evaluate.hpp"
#include "support/tflite/model.hpp"

namespace thimble::test::tflite {

template <class Net>
class converter {
  using parameters = typename Net::parameters;
  static constexpr const auto& g = graph_of<Net>;

 public:
  explicit converter(std::string description) { net_.description = std::move(description); }

  network convert() && {
    convert_nodes(std::make_integer_sequence<int, g.size>{});
    net_.inputs = {tensor_of_.front()};
    net_.outputs = {tensor_of_.back()};
    return std::move(net_);
  }

 private:
  template <int... Node>
  void convert_nodes(std::integer_sequence<int, Node...>) {
    (convert_node<Node>(), ...);
  }

  template <int Node>
  void convert_node() {
    constexpr const facts& f = g.at[Node];
    const std::string kind = f.kind;
    if constexpr (f.number >= 0) {
      if (kind == "conv2d")
        weighted<Node>(code::conv_2d, input_of(f), {f.out.c, f.win.kernel_h, f.win.kernel_w, f.in.c}, 0, image(f.out));
      else if (kind == "depthwise_conv2d")
        weighted<Node>(code::depthwise_conv_2d, input_of(f), {1, f.win.kernel_h, f.win.kernel_w, f.out.c}, 3,
                       image(f.out));
      else if (kind == "dense")
        weighted<Node>(code::fully_connected, row_of(f), {f.out.c, f.in.size()}, 0, {1, f.out.c});
      else
        throw std::invalid_argument(kind + ": no operator known");
    } else if (kind == "input") {
      tensor_of_.push_back(value_of(Node, image(f.out)));
    } else if (kind == "residual") {
      const int x = input_of(f);
      apply(Node, code::add, {x, tensor_of(f.inputs[1])}, {.act = activation_of(f)}, at(x).shape);
    } else if (kind == "average_pool" || kind == "global_average_pool") {
      apply(Node, code::average_pool_2d, {input_of(f)}, window_of(f), image(f.out));
    } else if (kind == "max_pool" || kind == "global_max_pool") {
      apply(Node, code::max_pool_2d, {input_of(f)}, window_of(f), image(f.out));
    } else if (kind == "flatten") {
      tensor_of_.push_back(reshaped(input_of(f), f.out.c, name_of(Node)));
    } else {
      throw std::invalid_argument(kind + ": no operator known");
    }
  }

  /// Constants of s_w for each output channel, biases at s_x * s_w.
  template <int Node>
  void weighted(code kind, int x, const dims& shape, int channel_axis, const dims& out) {
    constexpr const facts& f = g.at[Node];
    using layer = typename parameters::template layer<f.number>;
    static_assert(!requires { layer::is_fresh; }, "a fresh layer has nothing to write");
    const bool is_dense = kind == code::fully_connected;
    // One scale of a dense layer means that s_x * s_w is rounded to float, which types do not say.
    if (is_dense && f.biases == 1) throw std::invalid_argument("a dense layer of one unit");
    tensor w{name_of(Node) + "/weights", element::int8, shape, {}, {}};
    tensor b{name_of(Node) + "/bias", element::int32, {f.biases}, {}, {}};
    w.quantized.dimension = channel_axis;
    value biases;
    for (int o = 0; o < f.biases; ++o) {
      w.quantized.scales.push_back(layer::weight_scale[o]);
      b.quantized.scales.push_back(at(x).scale() * layer::weight_scale[o]);
      biases.integers.push_back(layer::bias[o]);
    }
    w.quantized.zero_points.assign(w.quantized.scales.size(), 0);
    b.quantized.zero_points = w.quantized.zero_points;
    for (int i = 0; i < f.weights(); ++i) w.data.push_back(static_cast<std::uint8_t>(layer::weight[i]));
    b.data = encode(element::int32, biases);
    const int weights = append(std::move(w)), bias = append(std::move(b));
    apply(Node, kind, {x, weights, bias}, is_dense ? options{.act = activation_of(f)} : window_of(f), out);
  }

  // ---- tensors

  int tensor_of(int node) const { return tensor_of_.at(static_cast<std::size_t>(node)); }
  int input_of(const facts& f) const { return tensor_of(f.inputs[0]); }
  const tensor& at(int t) const { return net_.tensors.at(static_cast<std::size_t>(t)); }
  static dims image(shape s) { return {1, s.h, s.w, s.c}; }
  static std::string name_of(int node) {
    const facts& f = g.at[node];
    return f.name[0] != 0 ? f.name : f.kind + std::to_string(node);
  }

  int append(tensor t) {
    net_.tensors.push_back(std::move(t));
    return static_cast<int>(net_.tensors.size()) - 1;
  }
  int value_of(int node, dims shape) {
    const thimble::quantization q = parameters::activation[g.quantized_as(node)];
    return append({name_of(node), element::int8, std::move(shape), {{q.scale}, {q.zero_point}, 0}, {}});
  }
  void apply(int node, code kind, std::vector<int> inputs, const options& how, dims out) {
    tensor_of_.push_back(value_of(node, std::move(out)));
    net_.operations.push_back({kind, std::move(inputs), {tensor_of_.back()}, how});
  }

  /// What a dense layer reads: images become a row first, as converters do.
  int row_of(const facts& f) {
    const int x = input_of(f);
    return at(x).shape.size() == 2 ? x : reshaped(x, f.in.size(), at(x).name + "/row");
  }
  int reshaped(int x, int size, std::string name) {
    const int list = append({name + "/shape", element::int32, {2}, {}, encode(element::int32, {{1, size}, {}})});
    const int y = append({std::move(name), element::int8, {1, size}, at(x).quantized, {}});
    net_.operations.push_back({code::reshape, {x, list}, {y}, {.new_shape = {1, size}}});
    return y;
  }

  // ---- options

  static activation activation_of(const facts& f) {
    switch (f.act) {
      case thimble::activation::none:
        return activation::none;
      case thimble::activation::relu:
        return activation::relu;
      case thimble::activation::relu6:
        return activation::relu6;
      case thimble::activation::relu_n1_to_1:
        return activation::relu_n1_to_1;
    }
    throw std::invalid_argument("activation");
  }
  /// SAME or VALID, whichever makes the outputs and the padding of the window.
  static options window_of(const facts& f) {
    const window& w = f.win;
    options how{.act = activation_of(f),
                .stride = {w.stride_h, w.stride_w},
                .dilation = {w.dilation_h, w.dilation_w},
                .filter = {w.kernel_h, w.kernel_w}};
    for (const padding pad : {padding::same, padding::valid}) {
      how.pad = pad;
      if (is_padded(pad, f.in.h, w.kernel_h, w.stride_h, w.dilation_h, f.out.h, w.pad_top) &&
          is_padded(pad, f.in.w, w.kernel_w, w.stride_w, w.dilation_w, f.out.w, w.pad_left))
        return how;
    }
    throw std::invalid_argument("a padding that is neither SAME nor VALID");
  }
  static bool is_padded(padding pad, int in, int kernel, int stride, int dilation, int out, int before) {
    const int covered = (kernel - 1) * dilation + 1;
    if (pad == padding::valid) return before == 0 && out == (in - covered) / stride + 1;
    const int all = (out - 1) * stride + covered - in;
    return out == (in + stride - 1) / stride && before == (all > 0 ? all / 2 : 0);
  }

  network net_;
  std::vector<int> tensor_of_;  // by node
};

/// Parameters have the activation of every node, the last one's too.
template <class Net>
network from_thimble(std::string description) {
  return converter<Net>(std::move(description)).convert();
}

}  // namespace thimble::test::tflite
