// Where a quantized network's numbers come from, and what each node makes of them.
#pragma once
#include <cstdint>
#include <type_traits>

#include <thimble/network/network.hpp>
#include <thimble/tensor/limits.hpp>
#include <thimble/tensor/requantize.hpp>

namespace thimble {

/// A network with its parameters. `Parameters` has, as formats/cpp_header.hpp writes them:
/// - `static constexpr quantization activation[nodes]`: of each node's output;
/// - `template <int Number> struct layer` with static constexpr arrays `weight` (int8, 16-byte aligned, OHWI or HWC),
///   `bias` (int32, at scale s_x * s_w[o]) and `weight_scale` (float, one an output channel).
/// A layer with `is_fresh` instead starts from zero weights and biases and takes no flash; one with `has_no_bias` has a null
/// `bias`.
template <class Architecture, class Parameters>
struct quantized {
  using fault = fault_of<Architecture>;
  using nodes = typename Architecture::nodes;
  using parameters = Parameters;
};

/// Everything about a node's numbers that a compiler knows: its facts, scales, multipliers.
template <class Net, int Node>
struct node_values {
  static constexpr const facts& node = graph_of<Net>.at[Node];
  using parameters = typename Net::parameters;
  struct no_layer {};
  template <int Number>
  struct layer_numbered {
    using type = typename parameters::template layer<Number>;
  };
  using layer = typename mp::mp_if_c<(node.number < 0), mp::mp_identity<no_layer>, layer_numbered<node.number>>::type;
  static constexpr bool is_fresh = requires { layer::is_fresh; };

  static constexpr bool has_no_bias = is_fresh || requires { layer::has_no_bias; };

  using layer_type = typename mp::mp_at_c<typename Net::nodes, static_cast<std::size_t>(Node)>::layer;

  /// The shape of input i as its maker has it.
  static constexpr shape shape_of(int slot) { return graph_of<Net>.at[node.inputs[slot]].out; }
  static constexpr int source(role r) { return is_input(r) ? node.inputs[slot_of(r)] : Node; }
  static constexpr quantization quantized(role r) {
    const int n = graph_of<Net>.quantized_as(source(r));
    return graph_of<Net>.at[n].logits ? quantization{} : parameters::activation[n];
  }
  static constexpr int zero(role r) { return quantized(r).zero_point; }
  /// The float scale, exactly, in double. Logits have scale 1.
  static constexpr double real_scale(role r) { return static_cast<double>(quantized(r).scale); }

  static constexpr double weight_scale(int o) {
    if constexpr (is_fresh)
      return static_cast<double>(node.fresh_scale);
    else
      return static_cast<double>(layer::weight_scale[o]);
  }
  static constexpr int weight(int i) {
    if constexpr (is_fresh)
      return 0;
    else
      return layer::weight[i];
  }
  /// The weights in flash; null if the layer starts from zero.
  static constexpr const std::int8_t* flash() {
    if constexpr (is_fresh)
      return nullptr;
    else
      return layer::weight;
  }
  /// The biases within bias_limit. Files hold some near INT32_MIN (dead channels), whose sums would overflow: those layers
  /// get a table of their own with the nearest value that cannot.
  static constexpr const std::int32_t* bias() {
    if constexpr (has_no_bias)
      return nullptr;
    else if constexpr (biases_fit())
      return layer::bias;
    else
      return limited_bias<>.v;
  }

  /// s_x * s_w[o] / s_y.
  static constexpr double effective(int o) {
    const double product = real_scale(role::x0) * weight_scale(o);
    return (node.float_product ? static_cast<double>(static_cast<float>(product)) : product) / real_scale(role::y);
  }

  static constexpr limits range() {
    const quantization q = quantized(role::y);
    if (node.act == activation::none) return {};
    // The activation's limits as stored integers, rounded half away from zero; TFLite divides in float.
    const auto steps = [&](float real) {
      const double v = static_cast<double>(real / q.scale) + 0.5;
      return v > 1000 ? 1000 : static_cast<int>(v);
    };
    const int low = q.zero_point - (node.act == activation::relu_n1_to_1 ? steps(1) : 0);
    const int high = node.act == activation::relu ? 127 : q.zero_point + steps(node.act == activation::relu6 ? 6 : 1);
    return {low < -128 ? -128 : low, high > 127 ? 127 : high};
  }

 private:
  static constexpr bool biases_fit() {
    for (int o = 0; o < node.biases; ++o)
      if (layer::bias[o] < -node.bias_limit() || layer::bias[o] > node.bias_limit()) return false;
    return true;
  }
  struct bias_table {
    std::int32_t v[static_cast<std::size_t>(node.biases > 0 ? node.biases : 1)];
  };
  static constexpr bias_table make_limited_bias() {
    bias_table t{};
    const std::int32_t limit = node.bias_limit();
    for (int o = 0; o < node.biases; ++o)
      t.v[o] = layer::bias[o] < -limit ? -limit : layer::bias[o] > limit ? limit : layer::bias[o];
    return t;
  }
  template <class = void>
  static constexpr bias_table limited_bias = make_limited_bias();
};

/// Requantization of a layer's channels: five bytes each, in flash where used.
template <class Net, int Node>
struct channel_multipliers {
  using values = node_values<Net, Node>;
  static constexpr int count = values::node.biases;
  struct tables {
    std::int32_t mantissa[static_cast<std::size_t>(count)];
    std::int8_t shift[static_cast<std::size_t>(count)];
    int largest_shift;
  };
  static constexpr tables make() {
    tables t{};
    t.largest_shift = -128;
    for (int o = 0; o < count; ++o) {
      const multiplier m = quantize_multiplier(values::effective(o));
      t.mantissa[o] = m.mantissa;
      t.shift[o] = static_cast<std::int8_t>(m.shift);
      if (m.mantissa != 0 && m.shift > t.largest_shift) t.largest_shift = m.shift;
    }
    return t;
  }
  static constexpr tables all = make();
  static constexpr struct packed {
    std::int32_t v[static_cast<std::size_t>(count)];
  } mantissa = [] {
    packed p{};
    for (int o = 0; o < count; ++o) p.v[o] = all.mantissa[o];
    return p;
  }();
  static constexpr struct shifts {
    std::int8_t v[static_cast<std::size_t>(count)];
  } shift = [] {
    shifts p{};
    for (int o = 0; o < count; ++o) p.v[o] = all.shift[o];
    return p;
  }();
  static constexpr int largest_shift = all.largest_shift;
};

/// Bytes of all weights and biases of a network, as a file or a header has them.
template <class Net>
inline constexpr int flash_of_parameters = [] {
  int bytes = 0;
  for (const facts& f : graph_of<Net>.at) bytes += f.weights() + 4 * f.biases;
  return bytes;
}();

}  // namespace thimble
