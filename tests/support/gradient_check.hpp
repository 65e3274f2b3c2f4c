// What a step changes, against the float64 reference: every weight and every bias, layer by layer.
//
// The bound: each tensor's change has cosine at least 0.999 and relative error (norm of the difference by norm) at most 2%.
// Most tensors are within 0.1%. What is left is the 16 bits of a gradient: sums over positions that almost cancel, in the
// first layers of narrow networks, reach 1.3%. The faults worth finding cost 10% and more. Float gradients have cosine at least
// 0.999999, relative error at most 0.1% and a norm within 0.05%; what is left is that steps are read in 256ths.
#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "architectures.hpp"
#include "subject.hpp"

namespace thimble::test {

struct agreement {
  double dot = 0, own = 0, expected = 0, apart = 0;
  void add(double change, double wanted) {
    dot += change * wanted;
    own += change * change;
    expected += wanted * wanted;
    apart += (change - wanted) * (change - wanted);
  }
  [[nodiscard]] double cosine() const { return dot / std::sqrt(own * expected); }
  [[nodiscard]] double error() const { return std::sqrt(apart / expected); }
  /// How far the norm is off.
  [[nodiscard]] double norm_error() const { return std::abs(std::sqrt(own / expected) - 1); }
};

inline constexpr double largest_error = 0.02, smallest_cosine = 0.999;

struct bounds {
  double cosine = smallest_cosine, error = largest_error, norm_error = largest_error;
};
template <class Learner>
inline constexpr bounds bounds_of = Learner::how.float_gradients ? bounds{0.999999, 0.001, 0.0005} : bounds{};

struct worst_case {
  double cosine = 1, error = 0, norm_error = 0;
  int tensors = 0, silent = 0;
  void take(const agreement& a) {
    cosine = std::min(cosine, a.cosine());
    error = std::max(error, a.error());
    norm_error = std::max(norm_error, a.norm_error());
    ++tensors;
  }
  void print(const char* name) const {
    std::printf(
        "%-44s %3d tensors, cosine at least %.7f, relative error at most %.4f%%, norm within %.4f%%, silent %d\n", name,
        tensors, cosine, 100 * error, 100 * norm_error, silent);
  }
};

/// A tensor whose change the reference knows.
inline void check_tensor(const agreement& a, const bounds& allowed, worst_case& worst) {
  if (a.expected == 0) {  // nothing reaches it, so it must not move
    CHECK(a.own == 0);
    ++worst.silent;
    return;
  }
  CHECK(a.cosine() >= allowed.cosine);
  CHECK(a.error() <= allowed.error);
  CHECK(a.norm_error() <= allowed.norm_error);
  worst.take(a);
}

/// Checks the change of one layer's weights and biases. The rates make its largest step 31 units of a weight, 10^5 of a bias:
/// the grid of 1/256 and 1 is then far below, and weights that would leave [-127, 127] must lie at the end.
template <class Learner>
void check_layer(Learner& l, reference& r, const std::vector<int>& sample, int label, int number, worst_case& worst) {
  CAPTURE(number);
  const auto n = static_cast<std::size_t>(number);
  const facts& f = r.layer(number);
  double weight_step = 0, bias_step = 0;
  each_trained<Learner>(number, [&](std::size_t i, std::size_t) {
    weight_step = std::max(weight_step, std::abs(r.weight_step(number, i, 1)));
  });
  for (std::size_t o = 0; o < r.net.layers[n].bias.size(); ++o)
    bias_step = std::max(bias_step, std::abs(r.bias_step(number, o, 1)));
  const float rate = weight_step > 0 ? static_cast<float>(8000 / weight_step) : 1;
  const float bias_rate = bias_step > 0 ? static_cast<float>(1e5 / bias_step) : 1;

  give_trained(r.net.layers, l);
  show(l, sample);
  const outcome o = l.step(label, {.learning_rate = rate, .bias_learning_rate = bias_rate});
  REQUIRE(o.ok());
  CHECK(static_cast<double>(o.loss.value()) == doctest::Approx(r.loss).epsilon(0.001).scale(0.1));
  std::vector<layer_parameters> after = r.net.layers;
  take_trained(l, after);

  const layer_parameters &old = r.net.layers[n], &now = after[n];
  agreement weights, biases;
  int wrong_end = 0;
  each_trained<Learner>(number, [&](std::size_t i, std::size_t) {
    const double q = 256.0 * old.weight[i] + old.fraction[i], got = 256.0 * now.weight[i] + now.fraction[i];
    const double step = r.weight_step(number, i, static_cast<double>(rate)), to = q - step;
    if (to < -32640 || to > 32639) {
      if (std::abs(std::clamp(to, -32640.0, 32639.0) - got) > 0.02 * std::abs(step) + 1) ++wrong_end;
    } else {
      weights.add(q - got, step);
    }
  });
  CHECK(wrong_end == 0);
  if (f.bias_trained)
    for (std::size_t c = 0; c < old.bias.size(); ++c)
      biases.add(static_cast<double>(old.bias[c] - now.bias[c]),
                 r.bias_step(number, c, static_cast<double>(bias_rate)));

  for (const agreement* a : {&weights, &biases}) {
    const std::string tensor = a == &weights ? "weight" : "bias";
    CAPTURE(tensor);
    if (a == &weights ? f.trained > 0 : f.bias_trained) check_tensor(*a, bounds_of<Learner>, worst);
  }
}

/// Every layer that trains, for several samples, each from the given weights and from others set at run time.
template <class Learner>
void check_gradients(const char* name) {
  static Learner learner;
  reference r(describe<Learner>());
  worst_case worst;
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    learner.reset();
    r.net.layers = describe<Learner>().layers;
    if (seed > 2) give_random(seed, r.net.layers, learner);  // weights that the exponents were not derived from
    const auto sample = make_sample(learner.inputs, seed % 2 == 0 ? sample_kind::smooth : sample_kind::random, seed);
    const int label = static_cast<int>(seed) % learner.classes;
    r.forward(sample);
    r.backward(label);
    for (int number = 0; number < Learner::graph.numbered; ++number)
      if (r.layer(number).trained > 0 || r.layer(number).bias_trained)
        check_layer(learner, r, sample, label, number, worst);
  }
  worst.print(name);
  CHECK(worst.tensors > worst.silent);
}

/// Everything trains; and a half and a quarter of every layer's input channels.
template <class Architecture>
void check_all_gradients(const char* name) {
  check_gradients<learner_of<varied<Architecture>, everything>>(name);
  check_gradients<learner_of<varied<Architecture, 2>, fraction_everywhere<Architecture, ratio{1, 2}>>>(
      "  half of the input channels");
  check_gradients<learner_of<varied<Architecture, 3>, fraction_everywhere<Architecture, ratio{1, 4}>>>("  a quarter");
}

}  // namespace thimble::test
