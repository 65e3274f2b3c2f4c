// What keeps a learner whole over a long life: saturation is counted and never wraps, hopeless losses teach nothing, snapshots come
// back, dead channels stay dead; and what the policies do to a whole learner.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "support/random_parameters.hpp"
#include "support/tiny_network.hpp"

using namespace thimble;

namespace {

struct everything : sparse_update<all_weights> {};
struct some : sparse_update<weights<"block1/expand", ratio{1, 2}>, weights_of_head> {};

template <class Learner>
void show(Learner& l, std::uint32_t seed, bool extreme = false) {
  std::uint32_t i = 0;
  for (std::int8_t& x : l.input()) {
    const std::uint32_t bits = thimble::detail::mixed(seed * 4096 + i++);
    x = static_cast<std::int8_t>(extreme ? (bits & 1) != 0 ? 127 : -128 : static_cast<int>(bits % 256) - 128);
  }
}
template <class Learner>
std::vector<unsigned char> trained_of(const Learner& l) {
  return {l.trained().begin(), l.trained().end()};
}
template <class Learner>
std::vector<std::int8_t> weights_of(const Learner& l) {
  std::vector<std::int8_t> w;
  constexpr const auto& plan = Learner::plan;
  for (int n = 0; n < Learner::graph.size; ++n) {
    const tensor& t = plan.t[weight * Learner::graph.size + n];
    const facts& f = Learner::graph.at[n];
    if (t.needed)
      for (int i = 0; i < f.trained * f.weight_rows; ++i)
        w.push_back(static_cast<std::int8_t>(l.trained()[static_cast<std::size_t>(t.offset + i)]));
  }
  return w;
}
template <class Learner>
std::vector<unsigned char> state_of(Learner& l) {
  std::vector<unsigned char> b(Learner::state_bytes);
  l.state(std::span<unsigned char, Learner::state_bytes>(b.data(), b.size()));
  return b;
}

/// The same sample `times` over.
template <class Learner>
void repeat(Learner& l, int times, float rate) {
  for (int i = 0; i < times; ++i) {
    show(l, 5);
    REQUIRE(l.step(1, {.learning_rate = rate}).ok());
  }
}

}  // namespace

TEST_CASE("the mean of accumulated samples is applied at the last of them") {
  struct four : trainer<test::tiny, some, accumulate<4>> {};
  struct plain : trainer<test::tiny, some> {};
  static constinit four a;
  static constinit plain p;
  a.reset();
  const auto factory = weights_of(a);
  repeat(a, 3, 0.4f);
  CHECK(weights_of(a) == factory);
  repeat(a, 1, 0.4f);  // four equal samples are one step
  repeat(p, 1, 0.4f);
  CHECK(weights_of(a) == weights_of(p));
  CHECK(weights_of(a) != factory);
  repeat(a, 4, 0.4f);
  repeat(p, 1, 0.4f);
  int apart = 0;
  for (std::size_t i = 0; i < weights_of(a).size(); ++i)
    apart = std::max(apart, std::abs(weights_of(a)[i] - weights_of(p)[i]));
  CHECK(apart <= 1);

  // The samples so far are part of the state: a restored learner goes on as if nothing had been.
  static constinit four b;
  repeat(a, 2, 0.4f);
  REQUIRE(b.restore(state_of(a)) == status::ok);
  repeat(a, 2, 0.4f);
  repeat(b, 2, 0.4f);
  CHECK(trained_of(a) == trained_of(b));
}

TEST_CASE("decay is the same however many samples make a step") {
  struct eight : trainer<test::tiny, everything, accumulate<8>, weight_decay<0.5f>> {};
  struct plain : trainer<test::tiny, everything, weight_decay<0.5f>> {};
  static constinit eight a;
  static constinit plain p;
  a.reset();
  const auto factory = weights_of(a);
  repeat(a, 8, 0.1f);
  repeat(p, 1, 0.1f);
  int sum = 0, decayed = 0, apart = 0;
  for (std::size_t i = 0; i < factory.size(); ++i) {
    sum += std::abs(factory[i]);
    decayed += std::abs(weights_of(p)[i]);
    apart = std::max(apart, std::abs(weights_of(a)[i] - weights_of(p)[i]));
  }
  CHECK(apart <= 1);
  CHECK(decayed < sum);
}

TEST_CASE("an optimizer's state costs what it says, and only for what trains") {
  struct plain : trainer<test::tiny, some> {};
  struct with_momentum : trainer<test::tiny, some, momentum<0.9f>> {};
  struct accumulated : trainer<test::tiny, some, accumulate<2>> {};
  struct half_residual : trainer<test::tiny, some, residual_bits<4>> {};
  struct stochastic : trainer<test::tiny, some, stochastic_rounding<>> {};
  constexpr int trained_weights = 8 * 2 + 3 * 8, biases = 8 + 3;  // half of 4 channels to 8; the head
  static_assert(plain::trained_bytes == 2 * trained_weights + 4 * biases);
  static_assert(with_momentum::trained_bytes == plain::trained_bytes + 2 * trained_weights + 4 * biases);
  static_assert(accumulated::trained_bytes == plain::trained_bytes + 4 * (trained_weights + biases) + 4);
  static_assert(half_residual::trained_bytes == plain::trained_bytes - trained_weights / 2);
  static_assert(stochastic::trained_bytes == plain::trained_bytes - trained_weights + 4);
}

TEST_CASE("stochastic rounding goes on after a restore with the same bits") {
  struct stochastic : trainer<test::tiny, some, stochastic_rounding<7>> {};
  struct other_seed : trainer<test::tiny, some, stochastic_rounding<8>> {};
  static constinit stochastic a, b;
  static constinit other_seed c;
  repeat(a, 5, 0.05f);
  REQUIRE(b.restore(state_of(a)) == status::ok);
  CHECK(c.restore(state_of(a)) == status::state_of_another_policy);
  repeat(a, 20, 0.05f);
  repeat(b, 20, 0.05f);
  CHECK(trained_of(a) == trained_of(b));
  repeat(c, 25, 0.05f);
  CHECK(weights_of(a) != weights_of(c));
}

TEST_CASE("states of other policies are refused") {
  struct plain : trainer<test::tiny, some> {};
  struct unscaled : trainer<test::tiny, some, no_scaling> {};
  struct clipped : trainer<test::tiny, some, clip_gradients<1.0f>> {};
  struct clipped_more : trainer<test::tiny, some, clip_gradients<0.5f>> {};
  struct decaying : trainer<test::tiny, some, weight_decay<0.01f>> {};
  struct stored : trainer<test::tiny, some, stored_logits> {};
  static constinit plain p;
  static constinit unscaled u;
  static constinit clipped c;
  static constinit clipped_more m;
  static constinit decaying d;
  static constinit stored s;
  const std::vector<std::vector<unsigned char>> all = {state_of(p), state_of(u), state_of(c),
                                                       state_of(m), state_of(d), state_of(s)};
  const auto check = [&](auto& l, std::size_t own) {
    for (std::size_t i = 0; i < all.size(); ++i)
      CHECK(l.restore(all[i]) == (i == own ? status::ok : status::state_of_another_policy));
  };
  check(p, 0);
  check(u, 1);
  check(c, 2);
  check(m, 3);
  check(d, 4);
  check(s, 5);
}

TEST_CASE("a loss beyond all bounds teaches nothing") {
  struct towards : trainer<test::tiny, some, mean_squared_error> {};
  static constinit towards l;
  l.reset();
  const auto before = trained_of(l);
  float target[towards::outputs] = {30000, -30000, 30000};  // squares of 9e8; the loss ends at 32767
  show(l, 1);
  CHECK(l.step(target).what == status::loss_out_of_range);
  CHECK(trained_of(l) == before);
  target[0] = target[1] = target[2] = 1;
  show(l, 1);
  CHECK(l.step(target).ok());
  CHECK(trained_of(l) != before);
}

TEST_CASE("a snapshot comes back, as often as it is asked for; without one nothing does") {
  struct learner : trainer<test::tiny, everything, with_snapshot> {};
  struct without : trainer<test::tiny, everything> {};
  static_assert(sizeof(learner) >= sizeof(without) + learner::trained_bytes);
  static_assert(sizeof(learner) <= sizeof(without) + learner::trained_bytes + 16);
  static constinit learner l;
  repeat(l, 1, 0.05f);
  const auto one = trained_of(l);
  CHECK(l.roll_back() == status::no_snapshot);
  CHECK(trained_of(l) == one);
  l.keep_snapshot();
  for (int round = 0; round < 2; ++round) {
    repeat(l, 10, 0.5f);
    CHECK(trained_of(l) != one);
    REQUIRE(l.roll_back() == status::ok);
    CHECK(trained_of(l) == one);
  }
}

TEST_CASE("saturation is counted") {
  struct learner : trainer<test::tiny, everything, count_saturation> {};
  static constinit learner l;
  repeat(l, 300, 1e-6f);  // the head's gradient has three values, and one of padding that holds anything
  const auto factory = weights_of(l);
  const auto at_end = static_cast<std::uint32_t>(
      std::count_if(factory.begin(), factory.end(), [](std::int8_t w) { return w == 127 || w == -127; }));
  CHECK(l.saturation().weights == at_end);
  CHECK(l.saturation().gradients == 0);
  repeat(l, 300, 100.0f);
  CHECK(l.saturation().weights > at_end);
  l.reset();
  CHECK(l.saturation().gradients == 0);
}

/// 100'000 steps with a rate ten times too high, labels at random, now and then extreme samples; in every form of a weight.
template <class Learner>
void live_long(Learner& l, const char* name) {
  CAPTURE(name);
  std::uint32_t refused = 0;
  for (std::uint32_t step = 0; step < 100'000; ++step) {
    show(l, step, step % 5 == 0);
    const int label = static_cast<int>(thimble::detail::mixed(step) % 3);
    const outcome o = l.step(label, {.learning_rate = 2.0f});
    refused += o.ok() ? 0u : 1u;
    if (!o.ok()) REQUIRE(o.what == status::loss_out_of_range);
    if (step % 1000 == 0)
      for (const std::int8_t w : weights_of(l)) REQUIRE(w != -128);
  }
  CHECK(refused < 100'000);
  for (const std::int8_t w : weights_of(l)) REQUIRE(w != -128);
  // The learner still infers, and says a number.
  show(l, 1);
  const auto guess = l.infer();
  CHECK((guess.label >= 0 && guess.label < 3));
  CHECK((guess.confidence >= 0 && guess.confidence <= 1));
}

TEST_CASE("100,000 steps at ten times the rate, with random labels and extreme samples, do no harm") {
  struct usual : trainer<test::tiny, everything, with_snapshot, count_saturation> {};
  static constinit usual l;
  repeat(l, 10, 0.01f);
  l.keep_snapshot();
  const auto good = trained_of(l);
  live_long(l, "8-bit residual");
  CHECK(trained_of(l) != good);
  REQUIRE(l.roll_back() == status::ok);
  CHECK(trained_of(l) == good);
}
TEST_CASE("100,000 steps in other forms") {
  struct four_bits : trainer<test::tiny, everything, residual_bits<4>, momentum<0.9f>> {};
  struct stochastic
      : trainer<test::tiny, everything, stochastic_rounding<>, weight_decay<0.01f>, clip_gradients<4.0f>> {};
  struct accumulated : trainer<test::tiny, everything, accumulate<3>, momentum<0.5f>> {};
  static constinit four_bits a;
  static constinit stochastic b;
  static constinit accumulated c;
  live_long(a, "4-bit residual, momentum");
  live_long(b, "stochastic rounding, decay, clipping");
  live_long(c, "accumulation, momentum");
}

namespace {

/// tiny, two channels of whose expansion are dead: a weight scale of 4e-9 and a bias at the end of int32.
struct dead_parameters : test::random_parameters<test::tiny_architecture, 3> {
  using alive = test::random_parameters<test::tiny_architecture, 3>;
  template <int Number>
  struct layer : alive::layer<Number> {
    static constexpr bool is_expansion = Number == 1;
    static constexpr int channels =
        graph_of<test::tiny_architecture>.at[graph_of<test::tiny_architecture>.node_numbered(Number)].biases;
    template <class T>
    struct table {
      T v[static_cast<std::size_t>(channels)];
    };
    static constexpr table<std::int32_t> biases = [] {
      table<std::int32_t> t{};
      for (int o = 0; o < channels; ++o)
        t.v[o] = is_expansion && (o == 2 || o == 5) ? INT32_MIN : alive::template layer<Number>::bias[o];
      return t;
    }();
    static constexpr table<float> scales = [] {
      table<float> t{};
      for (int o = 0; o < channels; ++o)
        t.v[o] = is_expansion && (o == 2 || o == 5) ? 4e-9f : alive::template layer<Number>::weight_scale[o];
      return t;
    }();
    static constexpr const auto& bias = biases.v;
    static constexpr const auto& weight_scale = scales.v;
  };
};
struct dead_net : quantized<test::tiny_architecture, dead_parameters> {};

}  // namespace

/// 5,000 steps; the dead channels' weights and biases stay, others move.
template <class Learner>
void keep_dead() {
  static constinit Learner l;
  l.reset();
  const auto before = trained_of(l);
  for (std::uint32_t step = 0; step < 5000; ++step) {
    show(l, step, step % 7 == 0);
    REQUIRE(l.step(static_cast<int>(step % 3), {.learning_rate = 0.5f}).ok());
  }
  const auto after = trained_of(l);
  constexpr const auto& plan = Learner::plan;
  constexpr int nodes = Learner::graph.size, expand = Learner::graph.node_numbered(1);
  const int w = plan.t[weight * nodes + expand].offset, b = plan.t[bias_of * nodes + expand].offset;
  int alive_moved = 0;
  for (int o = 0; o < 8; ++o) {
    const bool dead = o == 2 || o == 5;
    for (int i = 0; i < 4; ++i) {
      const auto at = static_cast<std::size_t>(w + 4 * o + i);
      if (dead) CHECK(after[at] == before[at]);
      alive_moved += !dead && after[at] != before[at] ? 1 : 0;
    }
    if (dead)
      for (int i = 0; i < 4; ++i)
        CHECK(after[static_cast<std::size_t>(b + 4 * o + i)] == before[static_cast<std::size_t>(b + 4 * o + i)]);
  }
  CHECK(alive_moved > 0);
}

TEST_CASE("dead channels stay dead without harm") {
  struct usual : trainer<dead_net, everything> {};
  struct all_at_once
      : trainer<dead_net, everything, accumulate<2>, weight_decay<0.1f>, momentum<0.9f>, clip_gradients<1.0f>> {};
  struct stochastic : trainer<dead_net, everything, stochastic_rounding<>, weight_decay<0.1f>> {};
  keep_dead<usual>();
  keep_dead<all_at_once>();
  keep_dead<stochastic>();
}
