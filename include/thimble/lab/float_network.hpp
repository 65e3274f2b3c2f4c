// A network type in float32 on the host: forward, backward, and parameters that train.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <thimble/kernels/geometry.hpp>
#include <thimble/network/network.hpp>

namespace thimble::lab {

/// Weights (OHWI, or HWC for depthwise) and biases, by layer number.
struct float_parameters {
  std::vector<std::vector<float>> weight, bias;

  /// f(mine, theirs) for every value of two sets of one network.
  template <class F>
  void zip(const float_parameters& other, F f) {
    for (std::size_t n = 0; n < weight.size(); ++n) {
      for (std::size_t i = 0; i < weight[n].size(); ++i) f(weight[n][i], other.weight[n][i]);
      for (std::size_t i = 0; i < bias[n].size(); ++i) f(bias[n][i], other.bias[n][i]);
    }
  }
};

/// What a layer's float rules see.
struct float_view {
  kernels::geometry geometry;
  const float* x[2];
  float* y;
  const float *w, *b;
  const float* dy;
  float* dx[2];
  float *dw, *db;
};

template <class Net>
class float_network {
  static_assert(thimble::detail::reported<shape_fault<Net>>);

 public:
  static constexpr const auto& graph = graph_of<Net>;
  static constexpr int nodes = graph.size;
  static constexpr int inputs = graph.at[0].out.size(), classes = graph.at[nodes - 1].out.size();

  /// Activations and their gradients of one sample.
  struct workspace {
    std::vector<std::vector<float>> y, dy;
    workspace() {
      for (const facts& f : graph.at) {
        y.emplace_back(static_cast<std::size_t>(f.out.size()));
        dy.emplace_back(static_cast<std::size_t>(f.out.size()));
      }
    }
  };

  float_parameters parameters = zeros();

  static float_parameters zeros() {
    float_parameters p;
    for (int n = 0; n < graph.numbered; ++n) {
      const facts& f = graph.at[graph.node_numbered(n)];
      p.weight.emplace_back(static_cast<std::size_t>(f.weights()));
      p.bias.emplace_back(static_cast<std::size_t>(f.biases));
    }
    return p;
  }

  /// He's initialization: normal with variance 2 / fan_in; biases zero.
  void initialize(std::uint32_t seed) {
    std::mt19937 random(seed);
    for (int n = 0; n < graph.numbered; ++n) {
      const auto fan_in = static_cast<float>(graph.at[graph.node_numbered(n)].fan_in);
      std::normal_distribution<float> normal(0, std::sqrt(2 / fan_in));
      const auto i = static_cast<std::size_t>(n);
      for (float& w : parameters.weight[i]) w = normal(random);
      for (float& b : parameters.bias[i]) b = 0;
    }
  }

  /// Logits of a sample of `inputs` real values.
  std::span<const float> forward(workspace& w, std::span<const float> sample) const {
    if (sample.size() != w.y[0].size())
      throw std::invalid_argument("float_network: a sample of " + std::to_string(sample.size()) +
                                  " values, the input has " + std::to_string(w.y[0].size()));
    w.y[0].assign(sample.begin(), sample.end());
    forward_nodes(w, typename Net::nodes{}, std::make_index_sequence<static_cast<std::size_t>(nodes)>{});
    return w.y.back();
  }

  /// After forward: from the gradient of the logits, adds the parameters' gradients to `gradient`.
  void backward(workspace& w, std::span<const float> dlogits, float_parameters& gradient) const {
    for (auto& d : w.dy) std::fill(d.begin(), d.end(), 0.0f);
    w.dy.back().assign(dlogits.begin(), dlogits.end());
    backward_nodes(w, gradient, typename Net::nodes{}, std::make_index_sequence<static_cast<std::size_t>(nodes)>{});
  }

 private:
  static float highest(activation a) { return a == activation::relu6 ? 6.0f : INFINITY; }

  float_view view(workspace& w, std::size_t n, float_parameters* gradient) const {
    const facts& f = graph.at[n];
    float_view v{{f.in, f.out, f.win, 0}, {}, w.y[n].data(), nullptr, nullptr, w.dy[n].data(), {}, nullptr, nullptr};
    for (std::size_t k = 0; k < 2; ++k) {
      if (f.inputs[k] < 0) continue;
      v.x[k] = w.y[static_cast<std::size_t>(f.inputs[k])].data();
      v.dx[k] = w.dy[static_cast<std::size_t>(f.inputs[k])].data();
    }
    if (f.number >= 0) {
      const auto i = static_cast<std::size_t>(f.number);
      v.w = parameters.weight[i].data();
      v.b = parameters.bias[i].data();
      if (gradient != nullptr) v.dw = gradient->weight[i].data(), v.db = gradient->bias[i].data();
    }
    return v;
  }

  template <class... Node, std::size_t... I>
  void forward_nodes(workspace& w, mp::mp_list<Node...>, std::index_sequence<I...>) const {
    (forward_node<typename Node::layer>(w, I), ...);
  }
  template <class Layer>
  void forward_node(workspace& w, std::size_t n) const {
    Layer::float_forward(view(w, n, nullptr));
    if (graph.at[n].act == activation::none) return;
    const float high = highest(graph.at[n].act);
    for (float& v : w.y[n]) v = v < 0 ? 0 : v > high ? high : v;
  }

  template <class... Node, std::size_t... I>
  void backward_nodes(workspace& w, float_parameters& gradient, mp::mp_list<Node...>, std::index_sequence<I...>) const {
    (backward_node<typename mp::mp_at_c<mp::mp_list<Node...>, nodes - 1 - I>::layer>(w, gradient, nodes - 1 - I), ...);
  }
  template <class Layer>
  void backward_node(workspace& w, float_parameters& gradient, std::size_t n) const {
    if (graph.at[n].act != activation::none) {
      const float high = highest(graph.at[n].act);
      for (std::size_t i = 0; i < w.y[n].size(); ++i)
        if (w.y[n][i] <= 0 || w.y[n][i] >= high) w.dy[n][i] = 0;
    }
    Layer::float_backward(view(w, n, &gradient));
  }
};

/// Cross entropy of softmax(logits) in nats; writes its gradient.
inline double cross_entropy_of(std::span<const float> logits, int label, std::span<float> gradient) {
  float largest = logits[0];
  for (float z : logits) largest = z > largest ? z : largest;
  double sum = 0;
  for (float z : logits) sum += std::exp(static_cast<double>(z - largest));
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double p = std::exp(static_cast<double>(logits[i] - largest)) / sum;
    gradient[i] = static_cast<float>(p - (static_cast<int>(i) == label ? 1 : 0));
  }
  return std::log(sum) - static_cast<double>(logits[static_cast<std::size_t>(label)] - largest);
}

inline int best_of(std::span<const float> logits) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < logits.size(); ++i)
    if (logits[i] > logits[best]) best = i;
  return static_cast<int>(best);
}

}  // namespace thimble::lab
