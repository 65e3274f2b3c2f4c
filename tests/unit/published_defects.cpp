// The published engine's defects (FACTS.md): each case also computes the faulty formula, and the library must agree with the
// right one and clearly not with the faulty one.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <limits>

#include "../support/gradient_check.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// The change of one layer's weights by a step, against the right reference and against one with a fault.
template <class Learner>
void check_fault(faults fault, int number, const char* name) {
  static Learner learner;
  const auto n = static_cast<std::size_t>(number);
  reference_network net = describe<Learner>();
  for (int& w : net.layers[n].weight) w /= 2;  // so that no step saturates
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    const auto sample = make_sample(learner.inputs, sample_kind::random, seed);
    reference right(net), faulty(net, fault);
    for (reference* r : {&right, &faulty}) {
      r->forward(sample);
      r->backward(1);
    }
    double largest = 0;
    for (std::size_t i = 0; i < net.layers[n].weight.size(); ++i)
      largest = std::max(largest, std::abs(right.weight_step(number, i, 1)));
    const auto rate = static_cast<float>(3000 / largest);
    learner.reset();
    give_trained(net.layers, learner);
    show(learner, sample);
    REQUIRE(learner.step(1, {.learning_rate = rate}).ok());
    auto after = net.layers;
    take_trained(learner, after);
    agreement good, bad;
    for (std::size_t i = 0; i < net.layers[n].weight.size(); ++i) {
      const double change = 256.0 * (net.layers[n].weight[i] - after[n].weight[i]) - after[n].fraction[i];
      good.add(change, right.weight_step(number, i, static_cast<double>(rate)));
      bad.add(change, faulty.weight_step(number, i, static_cast<double>(rate)));
    }
    std::printf("%s: right, cosine %.6f, error %.4f%%; faulty, cosine %.3f, error %.1f%%\n", name, good.cosine(),
                100 * good.error(), bad.cosine(), 100 * bad.error());
    CHECK(good.cosine() >= smallest_cosine);
    CHECK(good.error() <= largest_error);
    CHECK(bad.cosine() < 0.97);
    CHECK(bad.error() > 0.2);
  }
}

struct at_bottom : varied_parameters<chained> {  // every zero point is -128
  static constexpr auto activation = [] {
    auto a = varied_parameters<chained>::activation;
    for (quantization& q : a.v) q.zero_point = -128;
    return a;
  }();
};
struct at_bottom_net : quantized<chained, at_bottom> {};

struct two_inputs : network<input<shape{1, 1, 4}>, dense<2>> {};
struct two_inputs_net : quantized<two_inputs, varied_parameters<two_inputs>> {};

struct six_channels : network<input<shape{6, 6, 6}>, conv2d<8, kernel{3}>, depthwise_conv2d<>, conv2d<5>, dense<3>> {};

struct dead : network<input<shape{5, 5, 3}>, conv2d<6, relu6>, conv2d<5, kernel{3}, relu6>, depthwise_conv2d<relu6>,
                      conv2d<4>, dense<3>> {};
struct dead_parameters : varied_parameters<dead> {
  using base = varied_parameters<dead>;
  static constexpr auto activation = [] {
    auto a = base::activation;
    for (int n = 1; n <= 3; ++n) a.v[n] = {6.0F / 255, -128};
    return a;
  }();
  /// Channel 1 as in the published models; channel 2 with a scale whose shift is under -31 (in one layer the bias at the other
  /// end); channel 3 with a usual bias, so that nothing clips it and only the guard on 1 / s_w^2 keeps it in place.
  template <int Number>
  struct layer : base::layer<Number> {
    using alive = base::layer<Number>;
    static constexpr bool has_dead = Number < 3;
    static constexpr auto scales = [] {
      auto s = alive::scales;
      if constexpr (has_dead) s.v[1] = s.v[3] = 4e-9F, s.v[2] = 9e-12F;
      return s;
    }();
    static constexpr auto biases = [] {
      auto b = alive::biases;
      if constexpr (has_dead) b.v[1] = b.v[2] = std::numeric_limits<std::int32_t>::min();
      if (Number == 1) b.v[2] = std::numeric_limits<std::int32_t>::max();
      return b;
    }();
    static constexpr const auto& weight_scale = scales.v;
    static constexpr const auto& bias = biases.v;
  };
};
struct dead_net : quantized<dead, dead_parameters> {};

}  // namespace

TEST_CASE("1: the gradients of a tensor with two readers are summed") {
  check_fault<learner_of<varied<chained>, everything>>({.overwrite_gradients = true}, 0, "skip gradients");
  check_fault<learner_of<varied<nested>, everything>>({.overwrite_gradients = true}, 0, "nested skip gradients");
}

TEST_CASE("2: weights learn from x - zero point, at -128 too") {
  for (int number = 0; number < 6; number += 5)
    check_fault<learner_of<at_bottom_net, everything>>({.forget_zero_point = true}, number, "zero point");
}

TEST_CASE("also: masks come from the activation's own limits") {
  check_fault<learner_of<varied<dense_after_map>, everything>>({.clip_at_int8_limits = true}, 0, "limits of masks");
}

TEST_CASE("3: weights at the ends saturate, they do not wrap") {
  using learner_type = learner_of<two_inputs_net, everything>;
  static learner_type learner;
  reference r(describe<learner_type>());
  learner.reset();
  for (const int start : {127, -127, 126, -126, 0})
    for (const int label : {0, 1})
      for (const float rate : {0.001F, 1.0F, 1000.0F, 3e38F}) {
        CAPTURE(start);
        CAPTURE(label);
        CAPTURE(rate);
        // Weights of both classes alike, so that p = 1/2: the step's sign is known, its size too.
        layer_parameters& p = r.net.layers[0];
        std::fill(p.weight.begin(), p.weight.end(), start);
        std::fill(p.fraction.begin(), p.fraction.end(), start == 127 ? 127 : 0);
        std::fill(p.bias.begin(), p.bias.end(), 0);
        give_trained(r.net.layers, learner);
        const auto sample = make_sample(4, sample_kind::highest, 0);
        show(learner, sample);
        reference faulty(r.net, {.truncate_and_wrap = true});
        reference right(r.net);
        right.forward(sample);
        right.backward(label);
        right.learn(static_cast<double>(rate), 1e-9);
        REQUIRE(learner.step(label, {.learning_rate = rate, .bias_learning_rate = 1e-9F}).ok());
        auto after = r.net.layers;
        take_trained(learner, after);
        for (std::size_t i = 0; i < 8; ++i) {
          CHECK(after[0].weight[i] >= -127);
          CHECK(after[0].weight[i] <= 127);
          const int got = 256 * after[0].weight[i] + after[0].fraction[i];
          const int wanted = 256 * right.net.layers[0].weight[i] + right.net.layers[0].fraction[i];
          CHECK(std::abs(got - wanted) <= 1 + std::abs(wanted - 256 * start) / 100);
        }
        if (rate == 1.0F && std::abs(start) == 127) {  // here the faulty formula turns the weight around
          faulty.forward(sample);
          faulty.backward(label);
          faulty.learn(static_cast<double>(rate), 1e-9);
          int turned = 0;
          for (std::size_t i = 0; i < 8; ++i)
            turned += std::abs(faulty.net.layers[0].weight[i] - after[0].weight[i]) > 100 ? 1 : 0;
          CHECK(turned > 0);
        }
      }
}

TEST_CASE("3: a hundred small steps to and fro do not drift, steps of a hundredth add up") {
  using learner_type = learner_of<two_inputs_net, everything>;
  static learner_type learner;
  learner.reset();
  const auto sample = make_sample(4, sample_kind::random, 5);
  for (const bool alternate : {true, false}) {
    CAPTURE(alternate);
    reference right(describe<learner_type>());
    for (std::size_t i = 0; i < 8; ++i) right.net.layers[0].weight[i] = static_cast<int>(i % 4) * 20 - 30;  // p = 1/2
    std::fill(right.net.layers[0].bias.begin(), right.net.layers[0].bias.end(), 0);
    const layer_parameters start = right.net.layers[0];
    reference faulty(right.net, {.truncate_and_wrap = true});
    give_trained(right.net.layers, learner);
    right.forward(sample);
    right.backward(0);
    double largest = 0;
    for (std::size_t i = 0; i < 8; ++i) largest = std::max(largest, std::abs(right.weight_step(0, i, 1)));
    const auto rate = static_cast<float>((alternate ? 80 : 8) / largest);  // of 256: a third of a unit, or a thirtieth
    for (int i = 0; i < 100; ++i) {
      const int label = alternate ? i % 2 : 0;
      for (reference* r : {&right, &faulty}) {
        r->forward(sample);
        r->backward(label);
        r->learn(static_cast<double>(rate), 1e-9);
      }
      show(learner, sample);
      REQUIRE(learner.step(label, {.learning_rate = rate, .bias_learning_rate = 1e-9F}).ok());
    }
    auto after = right.net.layers;
    take_trained(learner, after);
    int apart = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      const double got = after[0].weight[i] + after[0].fraction[i] / 256.0;
      const double wanted = right.net.layers[0].weight[i] + right.net.layers[0].fraction[i] / 256.0;
      CHECK(got == doctest::Approx(wanted).epsilon(0.02).scale(3));  // 100 steps, each rounded to 1/256
      if (alternate) CHECK(std::abs(got - start.weight[i]) < 2);     // of 31 walked
      apart += std::abs(faulty.net.layers[0].weight[i] - got) > 5 ? 1 : 0;
    }
    CHECK(apart >= 4);
  }
}

// The published engine trains the first k input channels where its simulator trains the k with the largest |W|. Here
// `weights<layer, ratio>` trains the first and `weights<layer, ratio, largest>` the largest (gradients_largest.cpp). What must hold
// either way: exactly the chosen channels train, all others keep their bytes, and what is learned is the full update's.
TEST_CASE("5: exactly the first k input channels train") {
  using all_type = learner_of<varied<six_channels>, everything>;
  using half_type = learner_of<varied<six_channels>, fraction_everywhere<six_channels, ratio{1, 2}>>;
  static all_type all;
  static half_type half;
  constexpr int channels[] = {3, 4, 4, 90};
  const auto flash = describe<half_type>();
  half.reset();
  all.reset();
  auto start = flash.layers;
  take_trained(half, start);
  for (int number = 0; number < 4; ++number) {
    const facts& f = half.graph.at[half.graph.node_numbered(number)];
    CHECK(f.trained == channels[number]);
    CHECK(half.plan.t[weight * half.nodes + half.graph.node_numbered(number)].bytes ==
          align_up(channels[number] * f.weight_rows));
    CHECK(start[static_cast<std::size_t>(number)].weight == flash.layers[static_cast<std::size_t>(number)].weight);
  }

  const auto sample = make_sample(half.inputs, sample_kind::random, 3);
  const rates r{.learning_rate = 2.0F, .bias_learning_rate = 0.5F};
  show(half, sample);
  show(all, sample);
  REQUIRE(half.step(2, r).ok());
  REQUIRE(all.step(2, r).ok());
  auto of_half = flash.layers, of_all = flash.layers;
  take_trained(half, of_half);  // the others stay as in flash: nothing else exists
  take_trained(all, of_all);

  reference right(describe<half_type>()), faulty(describe<half_type>(), {.train_last_channels = true});
  for (reference* x : {&right, &faulty}) {
    x->forward(sample);
    x->backward(2);
    x->learn(static_cast<double>(r.learning_rate), static_cast<double>(r.bias_learning_rate));
  }
  for (std::size_t n = 0; n < 4; ++n) {
    CAPTURE(n);
    const int row = half.graph.at[half.graph.node_numbered(static_cast<int>(n))].weight_row;
    int moved = 0, apart = 0;
    agreement restricted;
    for (std::size_t i = 0; i < of_half[n].weight.size(); ++i) {
      const bool trains = static_cast<int>(i) % row < channels[n];
      CHECK(of_half[n].weight[i] == (trains ? of_all : flash.layers)[n].weight[i]);
      CHECK(of_half[n].fraction[i] == (trains ? of_all : flash.layers)[n].fraction[i]);
      const auto at = [&](const layer_parameters& p) { return 256 * p.weight[i] + p.fraction[i]; };
      moved += at(of_half[n]) != at(flash.layers[n]) ? 1 : 0;
      apart += std::abs(at(of_half[n]) - at(faulty.net.layers[n])) > 2 ? 1 : 0;
      restricted.add(at(of_half[n]) - at(flash.layers[n]), at(right.net.layers[n]) - at(flash.layers[n]));
    }
    CHECK(moved > 0);
    CHECK(apart > moved / 2);
    CHECK(restricted.cosine() >= smallest_cosine);
    CHECK(of_half[n].bias == of_all[n].bias);
  }
  // And the next inference is that of the merged weights, so no other byte changed.
  reference merged(flash), elsewhere(flash);
  merged.net.layers = of_half;
  elsewhere.net.layers = faulty.net.layers;
  merged.forward(sample);
  elsewhere.forward(sample);
  show(half, sample);
  const auto guess = half.infer();
  for (std::size_t c = 0; c < 3; ++c) CHECK(guess.logits[c].bits == merged.logits[c]);
  CHECK(merged.logits != elsewhere.logits);
}

TEST_CASE("6: dead channels give the zero point and do not move") {
  using inferring = learner_of<dead_net, sparse_update<>>;
  using training = learner_of<dead_net, everything>;
  static inferring frozen;
  static training learner;
  reference r(describe<training>());
  const auto check_sample = [&](auto& l, const std::vector<int>& sample) {
    r.forward(sample);
    show(l, sample);
    const auto guess = l.infer();
    for (std::size_t c = 0; c < 3; ++c) CHECK(guess.logits[c].bits == r.logits[c]);
  };
  const auto samples = [](std::uint32_t i) {
    return make_sample(75, i == 0 ? sample_kind::lowest : i == 1 ? sample_kind::highest : sample_kind::random, i);
  };
  for (std::uint32_t i = 0; i < 6; ++i) {
    check_sample(frozen, samples(i));
    check_sample(learner, samples(i));
    for (const int node : {1, 2, 3}) {  // all are read again in backward, so they lie in the arena
      const auto* y =
          reinterpret_cast<const std::int8_t*>(arena_of(learner) + learner.plan.t[value * learner.nodes + node].offset);
      for (int k = 0; k < learner.graph.at[node].out.size(); ++k)
        if (const int c = k % learner.graph.at[node].out.c; c >= 1 && c <= 3) CHECK(y[k] == -128);
    }
  }
  learner.reset();
  auto before = r.net.layers;
  take_trained(learner, before);
  for (std::uint32_t i = 0; i < 20; ++i) {
    show(learner, samples(i));
    REQUIRE(learner.step(static_cast<int>(i % 3), {.learning_rate = 0.5F}).ok());
  }
  auto after = before;
  take_trained(learner, after);
  for (std::size_t n = 0; n < 3; ++n) {
    CAPTURE(n);
    const facts& f = learner.graph.at[learner.graph.node_numbered(static_cast<int>(n))];
    const bool each = n == 2;
    int moved = 0;
    for (std::size_t i = 0; i < before[n].weight.size(); ++i) {
      const int o = each ? static_cast<int>(i) % f.out.c : static_cast<int>(i) / (f.win.taps() * f.in.c);
      const bool still = before[n].weight[i] == after[n].weight[i] && before[n].fraction[i] == after[n].fraction[i];
      if (o >= 1 && o <= 3)
        CHECK(still);
      else
        moved += still ? 0 : 1;
    }
    CHECK(moved > 0);
    for (std::size_t o = 1; o <= 3; ++o) CHECK(before[n].bias[o] == after[n].bias[o]);
  }
}
