// What a step of an imported network changes, against the float64 reference of gradient.hpp: every weight and every bias,
// layer by layer, within the bounds of support/gradient_check.hpp.
#pragma once
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "support/gradient_check.hpp"
#include "support/tflite/gradient.hpp"
#include "support/tflite/read_for_test.hpp"

namespace thimble::test::tflite {

inline bytes content_of(const std::string& name) {
  std::ifstream f(THIMBLE_SOURCE "/tests/networks/" + name, std::ios::binary);
  if (!f) throw std::runtime_error("cannot open " + name);
  return {std::istreambuf_iterator<char>(f), {}};
}
inline network network_of(const std::string& name) { return read(content_of(name + ".tflite")); }

/// A trainer that knows its network and its loss.
template <class Net, class Update, class Loss, class... Policies>
struct learner_with : trainer<Net, Update, Loss, Policies...> {
  using network_type = Net;
  using loss_type = Loss;
};
template <class Loss>
inline constexpr loss kind_of_loss = loss::mean_squared_error;
template <>
inline constexpr loss kind_of_loss<cross_entropy> = loss::cross_entropy;
template <>
inline constexpr loss kind_of_loss<reconstruction_error> = loss::reconstruction;

/// What the sample should have given.
template <class Learner>
struct aim {
  int label = 0;
  std::array<float, static_cast<std::size_t>(Learner::outputs)> target{};
};

template <class Learner>
outcome step_towards(Learner& l, const aim<Learner>& to, rates r) {
  if constexpr (Learner::loss_type::classifies)
    return l.step(to.label, r);
  else if constexpr (requires { Learner::loss_type::reads_sample; })
    return l.step(r);
  else
    return l.step(std::span(to.target), r);
}

// ---- parameters of both

inline std::vector<layer_parameters> parameters_of(const gradient_reference& r) {
  std::vector<layer_parameters> all;
  for (std::size_t i = 0; i < r.layers.size(); ++i) {
    layer_parameters p;
    p.weight = r.weights_of(i);
    p.fraction.assign(p.weight.size(), 0);
    p.bias = r.biases_of(i);
    p.scale = r.layers[i].scale;
    all.push_back(std::move(p));
  }
  return all;
}
inline void give(const std::vector<layer_parameters>& all, gradient_reference& r) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    r.set_weights(i, all[i].weight);
    r.set_biases(i, all[i].bias);
  }
}
/// The weights that train, moved by up to 60, and their fractions: others than the exponents were derived from.
template <class Learner>
void move_weights(std::uint32_t seed, std::vector<layer_parameters>& layers, Learner& l) {
  std::vector<layer_parameters> moved = layers;
  for (layer_parameters& p : moved)
    for (std::size_t i = 0; i < p.weight.size(); ++i) {
      const auto at = static_cast<std::uint32_t>(i);
      p.weight[i] = std::clamp(p.weight[i] + static_cast<int>(hash(seed, at) % 121) - 60, -127, 127);
      p.fraction[i] = static_cast<int>(hash(seed + 9, at) % 255) - 127;
    }
  give_trained(moved, l);
  take_trained(l, layers);
}

// ---- one layer

/// The rates make the largest step 31 units of a weight and 10^5 of a bias, as check_layer of hand-written networks does.
template <class Learner>
void check_layer(Learner& l, const gradient_reference& r, const std::vector<layer_parameters>& before,
                 const std::vector<int>& sample, const aim<Learner>& to, int number, worst_case& worst) {
  CAPTURE(number);
  const auto n = static_cast<std::size_t>(number);
  const facts& f = Learner::graph.at[Learner::graph.node_numbered(number)];
  double weight_step = 0, bias_step = 0;
  each_trained<Learner>(number, [&](std::size_t i, std::size_t) {
    weight_step = std::max(weight_step, std::abs(r.weight_step(n, i, 1)));
  });
  for (std::size_t o = 0; o < before[n].bias.size(); ++o)
    bias_step = std::max(bias_step, std::abs(r.bias_step(n, o, 1)));
  const float rate = weight_step > 0 ? static_cast<float>(8000 / weight_step) : 1;
  const float bias_rate = bias_step > 0 ? static_cast<float>(1e5 / bias_step) : 1;

  give_trained(before, l);
  show(l, sample);
  const outcome o = step_towards(l, to, {.learning_rate = rate, .bias_learning_rate = bias_rate});
  REQUIRE(o.ok());
  CHECK(static_cast<double>(o.loss.value()) == doctest::Approx(r.loss_value).epsilon(0.001).scale(0.1));
  std::vector<layer_parameters> after = before;
  take_trained(l, after);

  const layer_parameters &old = before[n], &now = after[n];
  agreement weights, biases;
  int wrong_end = 0;
  const auto compare = [&](double from, double got, double step, double low, double high, agreement& a) {
    if (from - step >= low && from - step <= high)
      a.add(from - got, step);
    else if (std::abs(std::clamp(from - step, low, high) - got) > 0.02 * std::abs(step) + 1)
      ++wrong_end;
  };
  each_trained<Learner>(number, [&](std::size_t i, std::size_t) {
    compare(256.0 * old.weight[i] + old.fraction[i], 256.0 * now.weight[i] + now.fraction[i],
            r.weight_step(n, i, static_cast<double>(rate)), -32640, 32639, weights);
  });
  const auto limit = static_cast<double>(r.layers[n].bias_limit());
  for (std::size_t c = 0; f.bias_trained && c < old.bias.size(); ++c)
    compare(static_cast<double>(old.bias[c]), static_cast<double>(now.bias[c]),
            r.bias_step(n, c, static_cast<double>(bias_rate)), -limit, limit, biases);
  CHECK(wrong_end == 0);

  for (const agreement* a : {&weights, &biases}) {
    const std::string tensor = a == &weights ? "weight" : "bias";
    CAPTURE(tensor);
    if (a == &weights ? f.trained > 0 : f.bias_trained) check_tensor(*a, bounds_of<Learner>, worst);
  }
}

// ---- a network

/// The stored output of the learner is the reference's.
template <class Learner>
void check_output(Learner& l, const gradient_reference& r, const std::vector<int>& sample) {
  show(l, sample);
  const auto near = [](double got, double wanted) { return std::abs(got - wanted) <= 1e-4 * (1 + std::abs(wanted)); };
  bool equal = true;
  if constexpr (Learner::loss_type::classifies) {
    const auto p = l.infer();
    for (std::size_t i = 0; i < r.output.size(); ++i) {
      if constexpr (requires { p.logits[i].bits; })
        equal = equal && near(static_cast<double>(p.logits[i].value()), r.output[i]);
      else
        equal =
            equal && near((p.logits[i] - r.last().zero_point()) * static_cast<double>(r.last().scale()), r.output[i]);
    }
  } else {
    const auto made = l.infer();
    for (std::size_t i = 0; i < r.output.size(); ++i)
      equal = equal && near(static_cast<double>(made[static_cast<int>(i)].value()), r.output[i]);
  }
  CHECK(equal);
}

/// Within the values of the output, so that some are too large and some too small.
template <class Learner>
aim<Learner> make_aim(const gradient_reference& r, std::uint32_t seed) {
  aim<Learner> to;
  to.label = static_cast<int>(seed % static_cast<std::uint32_t>(Learner::outputs));
  const auto [low, high] = std::minmax_element(r.output.begin(), r.output.end());
  for (std::size_t i = 0; i < to.target.size(); ++i)
    to.target[i] =
        static_cast<float>(*low + (*high - *low) * (1.6 * uniform(seed + 50, static_cast<std::uint32_t>(i)) - 0.3));
  return to;
}

/// The samples of a file X.in as the library stores them.
inline std::vector<std::vector<int>> samples_of(const std::string& name, std::size_t size) {
  const bytes all = content_of(name + ".in");
  std::vector<std::vector<int>> samples;
  for (std::size_t at = 0; at + size <= all.size(); at += size) {
    samples.emplace_back();
    for (std::size_t i = 0; i < size; ++i) samples.back().push_back(static_cast<std::int8_t>(all[at + i]));
  }
  return samples;
}

struct samples_by_kind {
  std::vector<std::vector<int>> own;  ///< of the file, if they are int8
  std::vector<int> get(std::uint32_t seed, int size) const {
    if (seed % 2 == 1 && !own.empty()) return own[seed / 2 % own.size()];
    return make_sample(size, seed % 4 == 2 ? sample_kind::random : sample_kind::smooth, seed);
  }
};

/// Every layer that trains, for several samples, from the file's weights and from others.
template <class Learner>
void check_learner(const char* name, const network& described, const std::string& file) {
  static Learner learner;
  gradient_reference r(described, kind_of_loss<typename Learner::loss_type>);
  constexpr bool logits = Learner::graph.at[Learner::output_node].logits;
  REQUIRE(r.has_logits() == logits);
  const std::vector<layer_parameters> factory = parameters_of(r);
  samples_by_kind samples;
  if (r.net.tensors[static_cast<std::size_t>(r.net.inputs[0])].type == element::int8)
    samples.own = samples_of(file, static_cast<std::size_t>(learner.inputs));
  worst_case worst;
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    learner.reset();
    std::vector<layer_parameters> layers = factory;
    if (seed > 4) move_weights(seed, layers, learner);
    give(layers, r);
    const std::vector<int> sample = samples.get(seed, learner.inputs);
    r.forward(sample);
    check_output(learner, r, sample);
    const aim<Learner> to = make_aim<Learner>(r, seed);
    r.backward(to.label, {to.target.begin(), to.target.end()});
    for (int number = 0; number < Learner::graph.numbered; ++number) {
      const facts& f = Learner::graph.at[Learner::graph.node_numbered(number)];
      if (f.trained > 0 || f.bias_trained) check_layer(learner, r, layers, sample, to, number, worst);
    }
  }
  worst.print(name);
  CHECK(worst.tensors > worst.silent);
}

/// The name of an embedded file, without `.tflite`.
template <class File>
std::string name_of() {
  const std::string name = File::name;
  return name.substr(0, name.find('.'));
}
/// A file of tests/networks as it is: Net is its network.
template <class File, class Net, class Loss, class Update = everything, class... Policies>
void check_file(const char* name) {
  check_learner<learner_with<Net, Update, Loss, Policies...>>(name, network_of(name_of<File>()), name_of<File>());
}

}  // namespace thimble::test::tflite
