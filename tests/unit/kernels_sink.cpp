// Where gradients go: every form of a trained weight and every optimizer, against the same in double.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <thimble/kernels/sink.hpp>
#include <thimble/training/rates.hpp>

using namespace thimble;
using kernels::learning_rule, kernels::weight_sink, kernels::bias_sink, kernels::step_of_layer;

namespace {

constexpr int weights = 37;
constexpr multiplier half{1 << 30, 0};  // 1/2

/// Gradients are sums over positions: large. A step rounds one to a unit or two of it.
constexpr int large = 1 << 16;

/// A layer's weights under one rule, and the gradients' sums that move them.
template <learning_rule Rule>
struct layer {
  std::vector<std::int8_t> value = std::vector<std::int8_t>(weights);
  std::vector<float> beside = std::vector<float>(weights);  // bytes of any form
  std::vector<std::int16_t> velocity = std::vector<std::int16_t>(weights);
  std::vector<std::int32_t> sum = std::vector<std::int32_t>(weights);
  std::uint32_t step = 0;

  layer() {
    for (int i = 0; i < weights; ++i) value[at(i)] = static_cast<std::int8_t>(i * 53 % 255 - 127);
  }
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  /// A weight's gradient of `large`, over `half`, moves it by `unit`.
  weight_sink<Rule> sink(double unit, double clip = 1, double decay = 0, double momentum = 0) {
    const double one = static_cast<double>(1 << Rule.step_bits());
    const auto size_of = [&](double v) { return scaled(rate_of(1), scale_factor(v), 0); };
    return {step_of_layer{.size = size_of(unit / large * one * (Rule.scales ? 0.5 : 2)),
                          .clip = size_of(clip * one * (Rule.scales ? 0.5 : 2)),
                          .decay = size_of(decay),
                          .momentum = static_cast<int>(momentum * 32768 + 0.5),
                          .largest_shift = 0},
            {value.data(), reinterpret_cast<unsigned char*>(beside.data()), thimble::detail::mixed(++step)},
            velocity.data(),
            sum.data()};
  }
  /// A weight with its fraction.
  [[nodiscard]] double real(int i) {
    const auto* byte = reinterpret_cast<const unsigned char*>(beside.data());
    if (Rule.shadow) return value[at(i)] + static_cast<double>(beside[at(i)]);
    if (Rule.residual_bits == 8) return value[at(i)] + static_cast<std::int8_t>(byte[i]) / 256.0;
    if (Rule.residual_bits == 4) {
      const int nibble = byte[i / 2] >> 4 * (i % 2) & 15;
      return value[at(i)] + (nibble < 8 ? nibble : nibble - 16) / 16.0;
    }
    return value[at(i)];
  }
};

/// Gradients' sums of all sizes, of both signs, up to 1000 * large.
int gradient(int i, int step) {
  const auto bits = thimble::detail::mixed(static_cast<std::uint32_t>(i * 1000 + step));
  return static_cast<int>(bits >> 4) % (2000 * (large / 2)) - 1000 * (large / 2);
}

/// 300 steps of up to `unit * 1000`; how far the weights end from double, at most.
template <learning_rule Rule>
double apart_after_300(double unit, double clip = 1e9, double decay = 0, double momentum = 0) {
  layer<Rule> l;
  std::vector<double> expected(weights), velocity(weights);
  for (int i = 0; i < weights; ++i) expected[l.at(i)] = l.value[l.at(i)];
  for (int step = 0; step < 300; ++step) {
    const auto to = l.sink(unit, clip, decay, momentum);
    const auto channel = to.of(half);
    for (int i = 0; i < weights; ++i) {
      channel.learn(i, gradient(i, step));
      double& w = expected[l.at(i)];
      double& v = velocity[l.at(i)];
      v = momentum * v + std::clamp(unit / large * gradient(i, step), -clip, clip) + decay * w;
      const double end = Rule.shadow ? 127 : 127.5;
      w = std::clamp(w - v, -end, end);
    }
  }
  double worst = 0;
  for (int i = 0; i < weights; ++i) worst = std::max(worst, std::abs(l.real(i) - expected[l.at(i)]));
  return worst;
}

}  // namespace

TEST_CASE("a residual keeps what a step leaves, and the value is its nearest integer") {
  CHECK(apart_after_300<learning_rule{}>(1e-3) < 0.1);  // 300 roundings of 1/512 at most, at random
  CHECK(apart_after_300<learning_rule{.residual_bits = 4}>(1e-2) < 1.0);
  CHECK(apart_after_300<learning_rule{.residual_bits = 0, .shadow = true}>(1e-3) < 1e-3);

  layer<learning_rule{.residual_bits = 4}> l;
  for (int step = 0; step < 50; ++step) {
    const auto to = l.sink(1.0 / 16);
    const auto channel = to.of(half);
    for (int i = 0; i < weights; i += 2)
      channel.learn(i, (i % 3 - 1) * large);  // only even ones: neighbours share bytes
  }
  const layer<learning_rule{.residual_bits = 4}> fresh;
  for (int i = 0; i < weights; ++i) {
    CAPTURE(i);
    const double before = fresh.value[l.at(i)], moved = i % 2 == 0 ? 50.0 / 16 * (i % 3 - 1) : 0;
    CHECK(l.real(i) == doctest::Approx(std::clamp(before - moved, -127.5, 127.4375)).epsilon(1e-9));
    CHECK(std::abs(l.real(i) - l.value[l.at(i)]) <= 0.5);
  }
}

TEST_CASE("values saturate at 127, whatever comes") {
  const auto check = []<learning_rule Rule>() {
    CAPTURE(Rule.residual_bits);
    CAPTURE(Rule.stochastic);
    CAPTURE(Rule.shadow);
    layer<Rule> l;
    for (const int g : {2'000'000'000, -2'000'000'000, INT32_MIN, INT32_MAX, INT32_MIN}) {
      const auto to = l.sink(1);
      const auto channel = to.of(half);
      for (int i = 0; i < weights; ++i) {
        for (int twice = 0; twice < 2; ++twice) channel.learn(i, g);  // a step is at most 128 units in some forms
        CAPTURE(g);
        CHECK(l.value[l.at(i)] == (g > 0 ? -127 : 127));
      }
    }
  };
  check.operator()<learning_rule{}>();
  check.operator()<learning_rule{.residual_bits = 4}>();
  check.operator()<learning_rule{.residual_bits = 0, .stochastic = true}>();
  check.operator()<learning_rule{.residual_bits = 0}>();
  check.operator()<learning_rule{.residual_bits = 0, .shadow = true}>();
  check.operator()<learning_rule{.decays = true}>();
}

TEST_CASE("nearest rounding loses steps under half a unit, stochastic rounding keeps their mean") {
  layer<learning_rule{.residual_bits = 0}> nearest;
  layer<learning_rule{.residual_bits = 0, .stochastic = true}> stochastic, same;
  for (auto* l : {&stochastic, &same}) std::fill(l->value.begin(), l->value.end(), std::int8_t{120});
  std::fill(nearest.value.begin(), nearest.value.end(), std::int8_t{120});
  constexpr int steps = 2000;
  constexpr double size = 0.07;
  for (int step = 0; step < steps; ++step) {
    const auto to_nearest = nearest.sink(size);
    const auto to = stochastic.sink(size), to_same = same.sink(size);
    for (int i = 0; i < weights; ++i) {
      to_nearest.of(half).learn(i, large);
      to.of(half).learn(i, large);
    }
    for (int i = weights - 1; i >= 0; --i) to_same.of(half).learn(i, large);  // the order does not matter
  }
  double mean = 0;
  for (int i = 0; i < weights; ++i) {
    CHECK(nearest.value[nearest.at(i)] == 120);
    mean += (120.0 - stochastic.value[stochastic.at(i)]) / weights;
  }
  const double deviation = std::sqrt(steps * size * (1 - size) / weights);
  CHECK(std::abs(mean - steps * size) < 4 * deviation);
  CHECK(stochastic.value == same.value);
  CHECK(std::adjacent_find(stochastic.value.begin(), stochastic.value.end(), std::not_equal_to<>()) !=
        stochastic.value.end());
}

TEST_CASE("momentum, decay and clipping are what they say") {
  // Velocities lose up to 2^-12 a step towards zero, ten times over with a momentum of 0.9
  CHECK(apart_after_300<learning_rule{.has_momentum = true}>(2e-4, 1e9, 0, 0.9) < 0.4);
  CHECK(apart_after_300<learning_rule{.decays = true}>(1e-3, 1e9, 0.004) < 0.15);
  CHECK(apart_after_300<learning_rule{.clips = true}>(1e-3, 0.3) < 0.15);
  CHECK(apart_after_300<learning_rule{.scales = false, .clips = true}>(1e-3, 0.3) < 0.15);
  constexpr learning_rule all{.clips = true, .decays = true, .has_momentum = true};
  CHECK(apart_after_300<all>(2e-4, 0.05, 0.0005, 0.8) < 0.4);
  CHECK(apart_after_300<learning_rule{.scales = false}>(1e-3) < 0.1);

  // A velocity comes to rest: without gradients nothing moves in the end.
  layer<learning_rule{.has_momentum = true}> l;
  for (int step = 0; step < 200; ++step) {
    const auto to = l.sink(0.01, 1, 0, 0.9);
    for (int i = 0; i < weights; ++i) to.of(half).learn(i, step == 0 ? (i - 18) * large : 0);
  }
  for (const std::int16_t v : l.velocity) CHECK(v == 0);
}

TEST_CASE("a dead channel's weights stay, whatever the rule") {
  constexpr learning_rule all{.clips = true, .decays = true, .has_momentum = true};
  layer<all> l;
  const auto before = l.value;
  const auto to = l.sink(1, 0.5, 0.1, 0.9);
  for (int i = 0; i < weights; ++i) {
    to.of({0, 0}).learn(i, 1000 * large - i);
    to.of({1 << 30, -13}).learn(i, 1000 * large - i);  // under 2^-12 of the layer's largest multiplier
  }
  CHECK(l.value == before);
}

TEST_CASE("what is accumulated waits, and saturates") {
  layer<learning_rule{.accumulates = true}> l;
  const auto before = l.value;
  for (int step = 0; step < 3; ++step) {
    const auto to = l.sink(0.25);
    for (int i = 0; i < weights; ++i) to.of(half).learn(i, (i - 18) * large);
  }
  CHECK(l.value == before);
  const auto to = l.sink(0.25);
  for (int i = 0; i < weights; ++i) {
    CHECK(l.sum[l.at(i)] == 3 * (i - 18) * (1 << 22));
    to.apply(i, l.sum[l.at(i)], true);
    CHECK(l.real(i) == doctest::Approx(std::clamp(before[l.at(i)] - 0.75 * (i - 18), -127.5, 127.498)).epsilon(1e-4));
  }
  for (int step = 0; step < 5; ++step) l.sink(100).of(half).learn(0, 1000 * large);
  CHECK(l.sum[0] == INT32_MAX);
}

TEST_CASE("biases move to nearest and stay within their limit") {
  constexpr learning_rule rule{.clips = true, .has_momentum = true};
  std::int32_t bias[2] = {5, -7}, velocity[2] = {}, expected[2] = {5, -7};
  const auto size_of = [](double v) { return scaled(rate_of(1), scale_factor(v), 0); };
  const bias_sink<rule> to{
      {.size = size_of(1.0 / large), .clip = size_of(25.0), .decay = {}, .momentum = 16384, .largest_shift = 0},
      bias,
      1000,
      velocity,
      nullptr};
  int v[2] = {};
  for (const int g : {3, -4, 40, 100, 1, 0, 0, 2}) {
    for (int o = 0; o < 2; ++o) {
      to.learn(o, half, g * large);  // 2 g, at most 50
      v[o] = v[o] / 2 + std::clamp(2 * g, -50, 50);
      expected[o] = std::clamp(expected[o] - v[o], -1000, 1000);
      CHECK(bias[o] == expected[o]);
    }
  }
  for (int i = 0; i < 100; ++i) to.learn(0, half, INT32_MAX);
  CHECK(bias[0] == -1000);
  for (int i = 0; i < 100; ++i) to.learn(0, half, INT32_MIN);
  CHECK(bias[0] == 1000);
}
