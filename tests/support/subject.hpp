// A learner beside its reference: parameters for any architecture, and the bytes of one read for the other.
#pragma once
#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include <thimble/thimble.hpp>

#include "random_parameters.hpp"
#include "reference.hpp"

namespace thimble::test {

/// Zero points and scales of every kind (also -128, and ReLU6 whose limits lie within int8); outputs spread over int8 and
/// some clip; weights over [-127, 127].
template <class Architecture, std::uint32_t Seed = 1>
struct varied_parameters {
  static constexpr const auto& g = graph_of<Architecture>;
  static constexpr double spread(std::uint32_t of, int at) {
    return uniform(Seed * 77 + of, static_cast<std::uint32_t>(at));
  }

  struct activations {
    quantization v[static_cast<std::size_t>(g.size)];
    constexpr const quantization& operator[](std::size_t n) const { return v[n]; }
    constexpr const quantization& operator[](int n) const { return v[n]; }
  };
  static constexpr activations activation = [] {
    activations a{};
    for (int n = 0; n < g.size; ++n) {
      const bool clamped = g.at[n].act != activation::none;
      const int zero = clamped ? -128 + static_cast<int>(spread(1, n) * 40) : static_cast<int>(spread(1, n) * 120) - 60;
      const bool extreme = spread(2, n) < 0.3;
      a.v[n] = {static_cast<float>(0.021 + 0.03 * spread(3, n)), extreme ? -128 : zero};
    }
    return a;
  }();

  template <int Number>
  struct layer {
    static constexpr const facts& f = g.at[g.node_numbered(Number)];
    static constexpr bool is_head = Number == g.numbered - 1;

    /// One standard deviation of the accumulator is 50 steps of the output; of a logit, 1.5.
    static constexpr values<float, f.biases> scales = [] {
      values<float, f.biases> s;
      double root = 1;
      while (root * root < f.fan_in) root += 0.25;
      const double from = static_cast<double>(activation[g.quantized_as(f.inputs[0])].scale);
      const double to = is_head ? 1.5 : 50 * static_cast<double>(activation[g.node_numbered(Number)].scale);
      for (int o = 0; o < f.biases; ++o)
        s.v[o] = static_cast<float>((0.6 + 0.8 * spread(4 + Number, o)) * to / (from * root * 73 * 70));
      return s;
    }();
    static constexpr const auto& weight_scale = scales.v;

    static constexpr std::uint32_t seed = Seed * 1000 + Number * 10;
    alignas(16) static constexpr values<std::int8_t, f.weights()> weights = [] {
      values<std::int8_t, f.weights()> w;
      for (int i = 0; i < f.weights(); ++i)
        w.v[i] = static_cast<std::int8_t>(static_cast<int>(hash(seed, static_cast<std::uint32_t>(i)) % 255) - 127);
      return w;
    }();
    static constexpr const auto& weight = weights.v;

    static constexpr values<std::int32_t, f.biases> biases = [] {
      values<std::int32_t, f.biases> b;
      for (int o = 0; o < f.biases; ++o)
        b.v[o] = static_cast<std::int32_t>(hash(seed + 1, static_cast<std::uint32_t>(o)) % 6001) - 3000;
      return b;
    }();
    static constexpr const auto& bias = biases.v;
  };
};

template <class Architecture, std::uint32_t Seed = 1>
struct varied : quantized<Architecture, varied_parameters<Architecture, Seed>> {};

/// All weights of the layers numbered, for one fraction of their input channels.
template <ratio Fraction, selection Which, int... Layer>
struct fraction_of : sparse_update<weights<Layer, Fraction, Which>...> {};
template <class Architecture, ratio Fraction, selection Which = selection::first,
          class = std::make_integer_sequence<int, graph_of<Architecture>.numbered>>
struct fraction_everywhere;
template <class Architecture, ratio Fraction, selection Which, int... Layer>
struct fraction_everywhere<Architecture, Fraction, Which, std::integer_sequence<int, Layer...>>
    : fraction_of<Fraction, Which, Layer...> {};
struct everything : sparse_update<all_weights> {};

/// A trainer that knows its network.
template <class Net, class Update, class... Policies>
struct learner_of : trainer<Net, Update, Policies...> {
  using network_type = Net;
};

// ---- from the learner to the reference

template <class Net, int Number>
layer_parameters parameters_of_layer(const facts& f) {
  using layer = typename Net::parameters::template layer<Number>;
  layer_parameters p;
  p.fraction.assign(static_cast<std::size_t>(f.weights()), 0);
  if constexpr (requires { layer::is_fresh; }) {
    p.weight.assign(static_cast<std::size_t>(f.weights()), 0);
    p.bias.assign(static_cast<std::size_t>(f.biases), 0);
    p.scale.assign(static_cast<std::size_t>(f.biases), static_cast<double>(f.fresh_scale));
  } else {
    p.weight.assign(layer::weight, layer::weight + f.weights());
    p.bias.assign(static_cast<std::size_t>(f.biases), 0);
    if constexpr (!requires { layer::has_no_bias; }) p.bias.assign(layer::bias, layer::bias + f.biases);
    for (int o = 0; o < f.biases; ++o) p.scale.push_back(static_cast<double>(layer::weight_scale[o]));
  }
  return p;
}

template <class Net, int N, int... Number>
void add_layers(reference_network& r, const graph<N>& g, std::integer_sequence<int, Number...>) {
  (r.layers.push_back(parameters_of_layer<Net, Number>(g.at[g.node_numbered(Number)])), ...);
}

/// The network as run-time values, its loss and the learner's marks included; parameters as in flash.
template <class Learner>
reference_network describe() {
  using net = typename Learner::network_type;
  constexpr const auto& g = Learner::graph;
  reference_network r;
  for (int n = 0; n < g.size; ++n) {
    r.nodes.push_back(g.at[n]);
    const bool own = n + 1 < g.size && !g.at[n].keeps_scale && !g.at[n].logits;
    r.activation.push_back(own ? net::parameters::activation[n] : quantization{});
  }
  add_layers<net>(r, g, std::make_integer_sequence<int, g.numbered>{});
  return r;
}

/// What lies in the arena at an offset of the plan: the input is there, and tells where the rest is.
template <class Learner>
unsigned char* arena_of(Learner& l) {
  return reinterpret_cast<unsigned char*>(l.input().data()) - Learner::plan.t[value * Learner::nodes].offset;
}

/// Bytes of what may learn, writable: a test may place any weights there.
template <class Learner>
unsigned char* trained_of(Learner& l) {
  return const_cast<unsigned char*>(l.trained().data());
}
template <class Learner>
int trained_at(int kind, int number) {
  return Learner::plan.t[kind * Learner::nodes + Learner::graph.node_numbered(number)].offset;
}

/// The `count` channels of a layer with the largest sum of scale * |weight|, ascending; of equals the lower.
inline std::vector<int> largest_of(const facts& f, const layer_parameters& p, int count) {
  std::vector<double> sum(static_cast<std::size_t>(f.weight_row));
  for (std::size_t i = 0; i < p.weight.size(); ++i) {
    const std::size_t o = f.fan_in == f.win.taps() ? i % sum.size() : i / static_cast<std::size_t>(f.fan_in);
    sum[i % sum.size()] += p.scale[o] * std::abs(p.weight[i]);
  }
  std::vector<int> c(sum.size());
  std::iota(c.begin(), c.end(), 0);
  std::sort(c.begin(), c.end(), [&](int a, int b) {
    const double of_a = sum[static_cast<std::size_t>(a)], of_b = sum[static_cast<std::size_t>(b)];
    return of_a != of_b ? of_a > of_b : a < b;
  });
  c.resize(static_cast<std::size_t>(count));
  std::sort(c.begin(), c.end());
  return c;
}

/// The channels whose weights train, by layer: ranked here anew, where an update asks for the largest.
template <class Learner>
const std::vector<std::vector<int>>& trained_channels() {
  static const std::vector<std::vector<int>> all = [] {
    constexpr const auto& g = Learner::graph;
    constexpr bool ranks =
        std::any_of(std::begin(g.at), std::end(g.at), [](const facts& f) { return f.selected == selection::largest; });
    std::vector<layer_parameters> layers;
    if constexpr (ranks) layers = describe<Learner>().layers;
    std::vector<std::vector<int>> channels;
    for (int number = 0; number < g.numbered; ++number) {
      const facts& f = g.at[g.node_numbered(number)];
      channels.emplace_back(static_cast<std::size_t>(f.trained));
      std::iota(channels.back().begin(), channels.back().end(), 0);
      if (f.selected == selection::largest)
        channels.back() = largest_of(f, layers[static_cast<std::size_t>(number)], f.trained);
    }
    return channels;
  }();
  return all;
}

/// Calls visit(i, k): the k-th trained weight of a layer is weight i.
template <class Learner, class F>
void each_trained(int number, F visit) {
  const facts& f = Learner::graph.at[Learner::graph.node_numbered(number)];
  std::size_t k = 0;
  for (int r = 0; r < f.weight_rows; ++r)
    for (const int c : trained_channels<Learner>()[static_cast<std::size_t>(number)])
      visit(static_cast<std::size_t>(r * f.weight_row + c), k++);
}

/// Takes the trained bytes of a learner over into layers of its reference.
template <class Learner>
void take_trained(Learner& l, std::vector<layer_parameters>& layers) {
  const unsigned char* from = trained_of(l);
  for (int number = 0; number < Learner::graph.numbered; ++number) {
    const facts& f = Learner::graph.at[Learner::graph.node_numbered(number)];
    layer_parameters& p = layers[static_cast<std::size_t>(number)];
    const auto* w = reinterpret_cast<const std::int8_t*>(from + trained_at<Learner>(weight, number));
    const auto* r = reinterpret_cast<const std::int8_t*>(from + trained_at<Learner>(residual_of_weight, number));
    each_trained<Learner>(number, [&](std::size_t i, std::size_t k) { p.weight[i] = w[k], p.fraction[i] = r[k]; });
    for (int o = 0; f.bias_trained && o < f.biases; ++o) {
      std::int32_t b = 0;
      std::memcpy(&b, from + trained_at<Learner>(bias_of, number) + 4 * o, 4);
      p.bias[static_cast<std::size_t>(o)] = b;
    }
  }
}

/// And the other way.
template <class Learner>
void give_trained(const std::vector<layer_parameters>& layers, Learner& l) {
  unsigned char* to = trained_of(l);
  for (int number = 0; number < Learner::graph.numbered; ++number) {
    const facts& f = Learner::graph.at[Learner::graph.node_numbered(number)];
    const layer_parameters& p = layers[static_cast<std::size_t>(number)];
    auto* w = reinterpret_cast<std::int8_t*>(to + trained_at<Learner>(weight, number));
    auto* r = reinterpret_cast<std::int8_t*>(to + trained_at<Learner>(residual_of_weight, number));
    each_trained<Learner>(number, [&](std::size_t i, std::size_t k) {
      w[k] = static_cast<std::int8_t>(p.weight[i]);
      r[k] = static_cast<std::int8_t>(p.fraction[i]);
    });
    for (int o = 0; f.bias_trained && o < f.biases; ++o) {
      const auto b = static_cast<std::int32_t>(p.bias[static_cast<std::size_t>(o)]);
      std::memcpy(to + trained_at<Learner>(bias_of, number) + 4 * o, &b, 4);
    }
  }
}

/// Other weights and fractions in SRAM than those in flash, in the learner and in the reference's layers.
template <class Learner>
void give_random(std::uint32_t seed, std::vector<layer_parameters>& layers, Learner& l) {
  std::vector<layer_parameters> random = layers;
  for (layer_parameters& p : random)
    for (std::size_t i = 0; i < p.weight.size(); ++i) {
      p.weight[i] = static_cast<int>(hash(seed, static_cast<std::uint32_t>(i)) % 255) - 127;
      p.fraction[i] = static_cast<int>(hash(seed + 9, static_cast<std::uint32_t>(i)) % 255) - 127;
    }
  give_trained(random, l);  // only what trains
  take_trained(l, layers);
}

// ---- samples

enum class sample_kind { lowest, highest, random, smooth };

inline std::vector<int> make_sample(int size, sample_kind kind, std::uint32_t seed) {
  std::vector<int> x(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto noise = static_cast<int>(hash(seed, static_cast<std::uint32_t>(i)) % 256) - 128;
    switch (kind) {
      case sample_kind::lowest:
        x[i] = -128;
        break;
      case sample_kind::highest:
        x[i] = 127;
        break;
      case sample_kind::random:
        x[i] = noise;
        break;
      case sample_kind::smooth:
        x[i] = static_cast<int>(hash(seed, static_cast<std::uint32_t>(i / 9)) % 200) - 100 + noise / 8;
        break;
    }
  }
  return x;
}
template <class Learner>
void show(Learner& l, const std::vector<int>& sample) {
  for (std::size_t i = 0; i < sample.size(); ++i) l.input()[i] = static_cast<std::int8_t>(sample[i]);
}

}  // namespace thimble::test
