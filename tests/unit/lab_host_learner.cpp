// A learner whose update is a value learns the bytes of the learner whose update is a type, and the planner on values says its size.
#include <thimble/lab/host_learner.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <random>

#include "../../examples/handwriting/learners.hpp"
#include "../support/architectures.hpp"
#include "../support/subject.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// `steps` steps of random samples, from latents, with both; then bytes, predictions and saturation are equal.
template <class Net, class Update, class... Policies>
void compare(const lab::update_choice& choice, int steps, float rate) {
  struct learner : trainer<Net, Update, Policies..., count_saturation> {};
  const auto a = std::make_unique<learner>();
  const auto b = std::make_unique<lab::host_learner<Net, Policies...>>();
  b->choose(choice);
  b->count_saturation(true);
  std::mt19937 random(7);
  const auto fill = [](auto to, unsigned seed) {
    std::mt19937 r(seed);
    for (auto& v : to) v = static_cast<std::int8_t>(static_cast<int>(r() % 256) - 128);
  };
  for (int i = 0; i < steps; ++i) {
    const int label = static_cast<int>(random() % static_cast<unsigned>(learner::classes));
    const auto seed = static_cast<unsigned>(random());
    const rates r{.learning_rate = rate};
    fill(a->input(), seed);
    fill(b->input(), seed);
    const auto latent = b->keep();
    if (i % 4 == 3) {
      REQUIRE(b->infer_from(latent, label).label == a->infer().label);
      continue;
    }
    const outcome x = a->step(label, r), y = b->step_from(latent, label, r);
    REQUIRE(x.what == y.what);
    REQUIRE(x.loss.bits == y.loss.bits);
    REQUIRE(x.predicted == y.predicted);
  }
  const auto bytes = b->trained();
  REQUIRE(std::vector<unsigned char>(a->trained().begin(), a->trained().end()) == bytes);
  CHECK(a->saturation().gradients == b->saturation().gradients);
  CHECK(a->saturation().weights == b->saturation().weights);

  struct plain : trainer<Net, Update, Policies...> {};
  const auto f = lab::planner<Net, Policies...>::figures_of(choice);
  CHECK(f.arena == plain::plan.peak);
  CHECK(f.lower_bound == plain::plan.lower_bound);
  CHECK(f.trained == plain::plan.trained);
  CHECK(f.learner == static_cast<int>(sizeof(plain)));
  CHECK(lab::planner<Net, Policies...>::bound_of(choice).learner <= f.learner);
  CHECK(f.macs > f.macs_frozen);
}

lab::update_choice choice_of(int biases, std::initializer_list<std::pair<std::size_t, ratio>> weights) {
  lab::update_choice c;
  c.biases = biases;
  for (const auto& [layer, fraction] : weights) c.set(layer, fraction);
  return c;
}

struct of_nested : sparse_update<biases_of_last<4>, weights<2, ratio{1, 3}>, weights<4>, weights_of_head> {};
struct of_demo : sparse_update<biases_of_last<5>, weights<4, ratio{1, 4}>, weights<7, ratio{3, 4}>, weights_of_head> {};
struct only_the_head : sparse_update<weights_of_head> {};

}  // namespace

TEST_CASE("the demo's learner") {
  compare<digits_network, sparse>(choice_of(7, {{9, {1, 2}}, {10, {1, 1}}, {12, {1, 2}}, {13, {1, 1}}}), 60, 0.01f);
}
TEST_CASE("the classifier only") { compare<digits_network, only_the_head>({}, 20, 0.02f); }
TEST_CASE("momentum, and weights of four bits more") {
  compare<digits_network, of_demo, momentum<0.9f>>(choice_of(5, {{4, {1, 4}}, {7, {3, 4}}}), 20, 0.002f);
  compare<digits_network, of_demo, residual_bits<4>>(choice_of(5, {{4, {1, 4}}, {7, {3, 4}}}), 20, 0.01f);
}
TEST_CASE("gradients of several samples, and steps rounded at random") {
  const auto choice = choice_of(5, {{4, {1, 4}}, {7, {3, 4}}});
  compare<digits_network, of_demo, accumulate<4>>(choice, 22, 0.01f);
  compare<digits_network, of_demo, stochastic_rounding<7>>(choice, 22, 0.01f);
  compare<varied<nested>, of_nested, accumulate<3>, stochastic_rounding<>, momentum<0.5f>, weight_decay<0.01f>>(
      choice_of(4, {{2, {1, 3}}, {4, {1, 1}}}), 25, 0.001f);
  compare<varied<nested>, of_nested, stochastic_rounding<>, momentum<0.5f>, weight_decay<0.01f>, clip_gradients<0.5f>>(
      choice_of(4, {{2, {1, 3}}, {4, {1, 1}}}), 20, 0.001f);
  compare<varied<nested>, of_nested, accumulate<3>, residual_bits<4>>(choice_of(4, {{2, {1, 3}}, {4, {1, 1}}}), 25,
                                                                      0.001f);
}
TEST_CASE("residuals within residuals") {
  compare<varied<nested>, of_nested>(choice_of(4, {{2, {1, 3}}, {4, {1, 1}}}), 20, 0.001f);
  compare<varied<nested>, of_nested, float_shadow, stored_logits>(choice_of(4, {{2, {1, 3}}, {4, {1, 1}}}), 20, 0.001f);
}
TEST_CASE("pools, strides and paddings") {
  compare<varied<like_the_demo>, of_demo>(choice_of(5, {{4, {1, 4}}, {7, {3, 4}}}), 20, 0.001f);
}

TEST_CASE("a latent goes on from an earlier one") {
  lab::host_learner<digits_network> early(choice_of(12, {})), late(choice_of(4, {{12, {1, 1}}}));
  for (auto* one : {&early, &late})
    for (std::size_t i = 0; i < one->input().size(); ++i) one->input()[i] = static_cast<std::int8_t>(i * 37 % 251);
  CHECK(late.advance(early.keep(), early.first_learning_node()) == late.keep());
  CHECK_THROWS_WITH(late.infer_from(early.keep(), 0), "host_learner: a latent of another update");
}

TEST_CASE("updates that the network has not") {
  using planner = lab::planner<digits_network>;
  const auto wrong = [](const lab::update_choice& c) { return planner::bound_of(c); };
  CHECK_THROWS_WITH(wrong(choice_of(15, {})),
                    "update_choice: 15 biases, but there are 14 layers with weights before the head");
  CHECK_THROWS_WITH(wrong(choice_of(0, {{14, {1, 2}}})),
                    "update_choice: weights of layer 14, but layers before the head end at 13");
  CHECK_THROWS_WITH(wrong(choice_of(0, {{3, {3, 2}}})), "update_choice: a fraction of 3/2");
}

TEST_CASE("an update as it is written") {
  CHECK(lab::text_of(choice_of(7, {{9, {1, 2}}, {10, {1, 1}}})) ==
        "sparse_update<biases_of_last<7>, weights<9, ratio{1, 2}>, weights<10>, weights_of_head>");
  CHECK(lab::text_of({}, "thimble::") == "thimble::sparse_update<thimble::weights_of_head>");
}
