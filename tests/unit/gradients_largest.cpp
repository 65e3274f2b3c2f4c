// Weights of the channels that are largest: which they are, and that forward and backward find them wherever they lie.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include "../support/forward_check.hpp"
#include "../support/gradient_check.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// The compiler's table of every layer that has one, against the ranking at run time; how many have one.
template <class Learner, int... Node>
int check_tables(std::integer_sequence<int, Node...>) {
  int tables = 0;
  const auto check = [&]<int N>() {
    constexpr const facts& f = Learner::graph.at[N];
    if constexpr (f.selected == selection::largest) {
      CAPTURE(f.number);
      const auto& order = largest_channels<typename Learner::network_type, N, f.trained>::order.v;
      std::vector<int> all(std::begin(order), std::end(order));
      CHECK(std::vector<int>(all.begin(), all.begin() + f.trained) ==
            trained_channels<Learner>()[static_cast<std::size_t>(f.number)]);
      CHECK(std::is_sorted(all.begin() + f.trained, all.end()));
      std::sort(all.begin(), all.end());
      for (int c = 0; c < f.weight_row; ++c) CHECK(all[static_cast<std::size_t>(c)] == c);
      ++tables;
    }
  };
  (check.template operator()<Node>(), ...);
  return tables;
}
template <class Learner>
int check_tables() {
  return check_tables<Learner>(std::make_integer_sequence<int, graph_of<typename Learner::network_type>.size>{});
}

template <class Architecture, std::uint32_t Seed, ratio Fraction, class... Policies>
using largest_of_all =
    learner_of<varied<Architecture, Seed>, fraction_everywhere<Architecture, Fraction, largest>, Policies...>;

/// Channels of equal weights, and of none.
struct tied : network<input<shape{4, 4, 3}>, conv2d<10>, conv2d<6, kernel{3}>, dense<2>> {};
struct tied_parameters : varied_parameters<tied> {
  template <int Number>
  struct layer : varied_parameters<tied>::layer<Number> {
    using of_all = varied_parameters<tied>::layer<Number>;
    alignas(16) static constexpr values<std::int8_t, of_all::f.weights()> weights = [] {
      values<std::int8_t, of_all::f.weights()> w;
      constexpr int size[10] = {0, 5, 0, -7, 5, 7, 0, -5, 5, 0};
      for (int i = 0; i < of_all::f.weights(); ++i)
        w.v[i] = static_cast<std::int8_t>(size[i % of_all::f.weight_row % 10]);
      return w;
    }();
    static constexpr const auto& weight = weights.v;
  };
};
struct tied_net : quantized<tied, tied_parameters> {};
template <int Count>
std::vector<int> first_of_tied() {
  const auto& order = largest_channels<tied_net, 2, Count>::order.v;
  return {std::begin(order), std::begin(order) + Count};
}

struct all_largest : fraction_everywhere<like_the_demo, ratio{1, 1}, largest> {};
struct half_first : fraction_everywhere<like_the_demo, ratio{1, 2}> {};
struct half_largest : fraction_everywhere<like_the_demo, ratio{1, 2}, largest> {};
struct first_and_largest
    : sparse_update<weights<1, ratio{1, 2}, largest>, weights<2, ratio{1, 4}>, weights<4, ratio{3, 4}, largest>,
                    weights<5, ratio{1, 2}, largest>, weights_of_head> {};

struct demo : varied<like_the_demo> {};
struct fresh_net : replace_head<demo, dense<6>> {};

template <class Update>
constexpr const facts& layer(int number) {
  constexpr const auto& g = marked<demo, Update>;
  return g.at[g.node_numbered(number)];
}
template <class A, class B>
struct both : sparse_update<A, B> {};
using quarter_first = weights<2, ratio{1, 4}>;
using quarter_largest = weights<2, ratio{1, 4}, largest>;
using half_of_2 = weights<2, ratio{1, 2}>;

}  // namespace

TEST_CASE("the compiler's tables are the ranking by the sum of scale * |weight|") {
  CHECK(check_tables<learner_of<demo, half_largest>>() == 12);  // all but the first, which has one channel
  CHECK(check_tables<largest_of_all<bottleneck, 3, ratio{1, 4}>>() > 1);
  CHECK(check_tables<largest_of_all<nested, 4, ratio{2, 3}>>() > 2);
}

TEST_CASE("of equal channels the lower ones train") {
  using list = std::vector<int>;
  CHECK(first_of_tied<1>() == list{3});
  CHECK(first_of_tied<2>() == list{3, 5});
  CHECK(first_of_tied<3>() == list{1, 3, 5});
  CHECK(first_of_tied<5>() == list{1, 3, 4, 5, 7});
  CHECK(first_of_tied<6>() == list{1, 3, 4, 5, 7, 8});
  CHECK(first_of_tied<8>() == list{0, 1, 2, 3, 4, 5, 7, 8});
  CHECK(first_of_tied<10>() == list{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("of several marks of a layer the most channels win; of as many, the largest") {
  CHECK(layer<both<half_of_2, quarter_largest>>(2).selected == selection::first);
  CHECK(layer<both<quarter_largest, half_of_2>>(2).selected == selection::first);
  CHECK(layer<both<quarter_first, quarter_largest>>(2).selected == largest);
  CHECK(layer<both<quarter_largest, quarter_first>>(2).selected == largest);
  CHECK(layer<both<quarter_largest, all_weights>>(2).selected == selection::first);
  CHECK(layer<both<all_weights, quarter_largest>>(2).selected == selection::first);
  CHECK(layer<both<quarter_largest, quarter_first>>(2).trained == 2);
}

TEST_CASE("where all channels train, or none has weights yet, the first are meant") {
  using all_type = learner_of<demo, all_largest>;
  for (const facts& f : all_type::graph.at) CHECK(f.selected == selection::first);
  CHECK(detail::identity_of_update<demo, all_largest> ==
        detail::identity_of_update<demo, fraction_everywhere<like_the_demo, ratio{1, 1}>>);
  static all_type of_all;
  static learner_of<demo, everything> of_first;
  const auto sample = make_sample(of_all.inputs, sample_kind::random, 3);
  show(of_all, sample);
  show(of_first, sample);
  REQUIRE(of_all.step(1, {.learning_rate = 1.0F}).ok());
  REQUIRE(of_first.step(1, {.learning_rate = 1.0F}).ok());
  CHECK(std::equal(of_all.trained().begin(), of_all.trained().end(), of_first.trained().begin(),
                   of_first.trained().end()));

  constexpr const auto& g = marked<fresh_net, sparse_update<weights<12, ratio{1, 2}, largest>>>;
  CHECK(g.at[g.node_numbered(12)].trained == 8);
  CHECK(g.at[g.node_numbered(12)].selected == selection::first);
}

TEST_CASE("the factory's weights of the channels are copied") {
  static learner_of<demo, half_largest> learner;
  learner.reset();
  const auto flash = describe<learner_of<demo, half_largest>>();
  auto copied = flash.layers;
  for (layer_parameters& p : copied) p.weight.assign(p.weight.size(), 99);
  take_trained(learner, copied);
  for (int number = 0; number < learner.graph.numbered; ++number) {
    const auto n = static_cast<std::size_t>(number);
    std::vector<int> expected(copied[n].weight.size(), 99);
    each_trained<learner_of<demo, half_largest>>(
        number, [&](std::size_t i, std::size_t) { expected[i] = flash.layers[n].weight[i]; });
    CHECK(copied[n].weight == expected);
  }
}

TEST_CASE("a state of the first channels is not one of the largest") {
  static learner_of<demo, half_first> a;
  static learner_of<demo, half_largest> b;
  REQUIRE(a.state_bytes == b.state_bytes);
  std::vector<unsigned char> state(a.state_bytes);
  const std::span<unsigned char, decltype(a)::state_bytes> bytes(state.data(), state.size());
  a.state(bytes);
  CHECK(a.restore(state) == status::ok);
  CHECK(b.restore(state) == status::state_of_another_update);
  b.state(bytes);
  CHECK(a.restore(state) == status::state_of_another_update);
  CHECK(b.restore(state) == status::ok);
}

TEST_CASE("forward: weights in both places, changed at run time") {
  check_kept<learner_of<demo, half_largest>>();
  check_kept<largest_of_all<bottleneck, 3, ratio{1, 4}>>();
  check_kept<largest_of_all<nested, 4, ratio{2, 3}>>();
}

template <class Architecture>
void check_half_and_quarter(const char* name) {
  check_gradients<largest_of_all<Architecture, 2, ratio{1, 2}>>(name);
  check_gradients<largest_of_all<Architecture, 3, ratio{1, 4}>>("  a quarter");
}

TEST_CASE("gradients of convolutions") {
  check_half_and_quarter<pointwise_wide>("pointwise_wide, half");
  check_half_and_quarter<square3_even>("square3_even, half");
}
TEST_CASE("gradients of depthwise convolutions") {
  check_half_and_quarter<depthwise7>("depthwise7, half");
  check_gradients<largest_of_all<depthwise3, 2, ratio{1, 2}>>("depthwise3, half");
}
TEST_CASE("gradients of residuals") {
  check_half_and_quarter<bottleneck>("bottleneck, half");
  check_half_and_quarter<nested>("nested, half");
}
TEST_CASE("gradients of first and largest channels in one network") {
  check_gradients<learner_of<demo, first_and_largest>>("like the demo, first and largest");
}
TEST_CASE("float gradients") {
  check_gradients<largest_of_all<depthwise3, 3, ratio{1, 4}, float_gradients>>("depthwise3, a quarter, float");
  check_gradients<largest_of_all<bottleneck, 2, ratio{1, 2}, float_gradients>>("bottleneck, half, float");
}
