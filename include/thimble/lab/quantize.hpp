// Post-training quantization: int8 activations from calibration, int8 weights per output channel.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <thimble/formats/quantized_parameters.hpp>
#include <thimble/lab/fit.hpp>
#include <thimble/tensor/quantization.hpp>

namespace thimble::lab {

struct range {
  float low = 0, high = 0;  ///< always holds 0
  void hold(float v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
};

/// scale = (high - low) / 255, zero_point such that 0 is exact.
inline quantization quantization_of(range r) {
  if (r.high - r.low <= 0) return {1.0f / 255, -128};
  const float scale = (r.high - r.low) / 255;
  const auto zero = static_cast<int>(std::lround(-128 - r.low / scale));
  return {scale, std::clamp(zero, -128, 127)};
}

/// The extremes of every node's output over the samples.
template <class Net>
std::vector<range> calibrate(const float_network<Net>& net, const dataset& samples) {
  typename float_network<Net>::workspace w;
  std::vector<range> r(w.y.size());
  for (const auto& s : samples.samples) {
    net.forward(w, s);
    for (std::size_t n = 0; n < r.size(); ++n)
      for (float v : w.y[n]) r[n].hold(v);
  }
  return r;
}

/// Asks each layer which output channel a weight belongs to: f(facts, weight) by layer number.
template <class... Node>
std::vector<int (*)(const facts&, int)> outputs_of_weights(mp::mp_list<Node...>) {
  std::vector<int (*)(const facts&, int)> v;
  const auto add = [&]<class Layer>(Layer*) {
    if constexpr (requires { &Layer::output_of_weight; }) v.push_back(&Layer::output_of_weight);
  };
  (add(static_cast<typename Node::layer*>(nullptr)), ...);
  return v;
}

/// Weights: s_w[o] = max |w[o]| / 127, symmetric. Biases: round(b / (s_x * s_w)), within the layer's bias_limit.
template <class Net>
quantized_parameters quantize(const float_network<Net>& net, const dataset& calibration) {
  constexpr const auto& g = graph_of<Net>;
  quantized_parameters q;
  for (const range& r : calibrate(net, calibration)) q.activation.push_back(quantization_of(r));
  for (std::size_t n = 0; n < q.activation.size(); ++n)
    q.activation[n] = q.activation[static_cast<std::size_t>(g.quantized_as(static_cast<int>(n)))];
  const auto outputs = outputs_of_weights(typename Net::nodes{});
  for (int number = 0; number < g.numbered; ++number) {
    const facts& f = g.at[g.node_numbered(number)];
    const auto& w = net.parameters.weight[static_cast<std::size_t>(number)];
    const auto& b = net.parameters.bias[static_cast<std::size_t>(number)];
    const auto channels = static_cast<std::size_t>(f.biases);
    const auto output_of_weight = outputs[static_cast<std::size_t>(number)];
    const auto channel = [&](std::size_t i) {
      return static_cast<std::size_t>(output_of_weight(f, static_cast<int>(i)));
    };
    std::vector<float> scale(channels);
    for (std::size_t i = 0; i < w.size(); ++i) scale[channel(i)] = std::max(scale[channel(i)], std::fabs(w[i]));
    for (float& s : scale) s = s > 0 ? s / 127 : 1e-6f;
    std::vector<std::int8_t> weight(w.size());
    for (std::size_t i = 0; i < w.size(); ++i)
      weight[i] = static_cast<std::int8_t>(std::clamp(std::lround(w[i] / scale[channel(i)]), -127L, 127L));
    const auto s_x = static_cast<double>(q.activation[static_cast<std::size_t>(f.inputs[0])].scale);
    std::vector<std::int32_t> bias(channels);
    const double limit = f.bias_limit();
    for (std::size_t o = 0; o < channels; ++o)
      bias[o] = static_cast<std::int32_t>(
          std::llround(std::clamp(static_cast<double>(b[o]) / (s_x * static_cast<double>(scale[o])), -limit, limit)));
    q.weight.push_back(std::move(weight));
    q.bias.push_back(std::move(bias));
    q.weight_scale.push_back(std::move(scale));
  }
  return q;
}

}  // namespace thimble::lab
