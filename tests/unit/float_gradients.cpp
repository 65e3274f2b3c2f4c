// With float gradients, what a step changes is the gradient: every architecture, everything and half of it; losses are those of
// integer gradients; what diverges stays within bounds.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include <array>
#include <limits>

#include "../support/gradient_check.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

template <class Architecture>
void check(const char* name) {
  check_gradients<learner_of<varied<Architecture>, everything, float_gradients>>(name);
  check_gradients<learner_of<varied<Architecture, 2>, fraction_everywhere<Architecture, ratio{1, 2}>, float_gradients>>(
      "  half of the input channels");
}

struct of_nested : sparse_update<biases_of_last<4>, weights<2, ratio{1, 3}>, weights<4>, weights_of_head> {};
struct largest_of_nested : fraction_everywhere<nested, ratio{1, 2}, largest> {};
struct largest_of_depthwise : fraction_everywhere<depthwise5, ratio{1, 2}, largest> {};
struct fresh_net : replace_head<varied<bottleneck>, global_average_pool, dense<6>> {};

}  // namespace

TEST_CASE("convolutions") {
  check<pointwise_tails>("pointwise_tails");
  check<pointwise_wide>("pointwise_wide");
  check<square3>("square3");
  check<square3_even>("square3_even");
  check<square5>("square5");
  check<square5_even>("square5_even");
  check<rectangular>("rectangular");
  check<rectangular_valid>("rectangular_valid");
  check<larger_stride>("larger_stride");
}
TEST_CASE("depthwise convolutions") {
  check<depthwise3>("depthwise3");
  check<depthwise3_even>("depthwise3_even");
  check<depthwise5>("depthwise5");
  check<depthwise7>("depthwise7");
  check<depthwise_rectangular>("depthwise_rectangular");
}
TEST_CASE("tensors with two readers") {
  check<bottleneck>("bottleneck");
  check<nested>("nested");
  check<chained>("chained");
  check<doubled>("doubled");
}
TEST_CASE("pools") {
  check<pools>("pools");
  check<pools_overlapping>("pools_overlapping");
  check<pools_odd>("pools_odd");
  check<pools_global>("pools_global");
}
TEST_CASE("dense layers and whole networks") {
  check<dense_chain>("dense_chain");
  check<dense_after_map>("dense_after_map");
  check<head_only>("head_only");
  check<like_the_demo>("like_the_demo");
}
TEST_CASE("sparse updates") {
  check_gradients<learner_of<varied<nested>, of_nested, float_gradients>>("nested, sparse");
  check_gradients<learner_of<varied<nested, 2>, largest_of_nested, float_gradients>>("nested, largest channels");
  check_gradients<learner_of<varied<depthwise5, 2>, largest_of_depthwise, float_gradients>>("depthwise5, largest");
}

TEST_CASE("the loss is that of integer gradients") {
  static trainer<varied<nested>, everything> integers;
  static trainer<varied<nested>, everything, float_gradients> floats;
  static trainer<varied<nested>, everything, mean_squared_error> integer_errors;
  static trainer<varied<nested>, everything, mean_squared_error, float_gradients> float_errors;
  const std::array<float, 4> target{0.5F, -1, 0, 2};
  for (std::uint32_t seed = 0; seed < 8; ++seed) {
    const std::vector<int> sample = make_sample(integers.inputs, sample_kind::random, seed);
    show(integers, sample), show(floats, sample), show(integer_errors, sample), show(float_errors, sample);
    const int label = static_cast<int>(seed % 4);
    constexpr rates none{.learning_rate = 0};
    const outcome a = integers.step(label, none), b = floats.step(label, none);
    CHECK(a.ok());
    CHECK(a.what == b.what);
    CHECK(a.loss == b.loss);
    CHECK(a.predicted == b.predicted);
    const outcome c = integer_errors.step(target, none), d = float_errors.step(target, none);
    CHECK(c.ok());
    CHECK(c.what == d.what);
    CHECK(c.loss == d.loss);
  }
}

TEST_CASE("gradients take twice the bytes, and no scratch to be scaled in") {
  using integers = trainer<varied<square5>, everything>;
  using floats = trainer<varied<square5>, everything, float_gradients>;
  int longer = 0, scratch = 0;
  for (int n = 0; n < integers::nodes; ++n) {
    const int at = thimble::gradient * integers::nodes + n;
    CHECK(floats::plan.t[at].bytes <= 2 * integers::plan.t[at].bytes);
    longer += floats::plan.t[at].bytes > integers::plan.t[at].bytes ? 1 : 0;
  }
  for (int i = 0; i < floats::plan.steps; ++i)
    if (const step& s = floats::plan.s[i]; s.backward && !floats::graph.at[s.node].is_loss) scratch += s.scratch;
  CHECK(longer > 0);
  CHECK(scratch == 0);
  CHECK(floats::trained_bytes == integers::trained_bytes);
}

namespace {

/// Steps at the largest rates there are. Weights stay where forward passes cannot overflow.
template <class Learner>
void diverge() {
  static Learner learner;
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    show(learner, make_sample(learner.inputs, sample_kind::random, seed));
    const float rate = seed % 2 == 0 ? std::numeric_limits<float>::max() : 1e20F;
    const outcome o = learner.step(static_cast<int>(seed) % learner.classes, {rate, rate});
    CHECK((o.ok() || o.what == status::loss_out_of_range));
  }
  const saturation s = learner.saturation();
  CHECK(s.weights > 0);
  std::vector<layer_parameters> after = describe<Learner>().layers;
  for (int number = 0; number < Learner::graph.numbered; ++number) {
    const facts& f = Learner::graph.at[Learner::graph.node_numbered(number)];
    const auto* w = reinterpret_cast<const std::int8_t*>(trained_of(learner) + trained_at<Learner>(weight, number));
    bool within = true;
    for (int i = 0; i < f.weight_rows * f.trained; ++i) within = within && w[i] >= -127;
    CHECK(within);
    const auto* b = reinterpret_cast<const std::int32_t*>(trained_of(learner) + trained_at<Learner>(bias_of, number));
    for (int o = 0; o < f.biases; ++o) within = within && b[o] >= -f.bias_limit() && b[o] <= f.bias_limit();
    CHECK(within);
  }
}

}  // namespace

TEST_CASE("what diverges stays within bounds") {
  diverge<learner_of<varied<nested>, everything, float_gradients>>();
  diverge<learner_of<varied<pools_odd>, everything, float_gradients, float_shadow>>();
  diverge<learner_of<varied<depthwise5>, everything, float_gradients, stochastic_rounding<>, momentum<0.9F>>>();
  diverge<learner_of<varied<bottleneck>, everything, float_gradients, accumulate<4>, weight_decay<0.1F>,
                     clip_gradients<1.0F>>>();
  diverge<learner_of<fresh_net, everything, float_gradients, no_scaling>>();
}

TEST_CASE("steps of gradients that are no numbers") {
  constexpr float infinity = std::numeric_limits<float>::infinity(), none = std::numeric_limits<float>::quiet_NaN();
  constexpr kernels::step_size one{1U << 30, -30};
  for (const float v : {infinity, none, 1e38F, 3e9F}) CHECK(kernels::step_of(v, one) == 2147483647);
  for (const float v : {-infinity, -1e38F, -3e9F}) CHECK(kernels::step_of(v, one) == -2147483647);
  for (const float v : {infinity, -infinity, none, 1.0F}) CHECK(kernels::step_of(v, kernels::step_size{}) == 0);
  CHECK(kernels::step_of(2.5F, one) == 3);
  CHECK(kernels::step_of(-2.5F, one) == -3);
  CHECK(kernels::step_of(-2.25F, one) == -2);
}
