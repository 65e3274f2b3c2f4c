// What a step changes is the gradient: sparse updates, fresh heads, awkward multipliers.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include "../support/gradient_check.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

// A multiplier whose mantissa rounds up to a power of two when it is cut to 16 bits.
struct rounding_up : network<input<shape{5, 5, 8}>, conv2d<8>, conv2d<8, kernel{3}>, depthwise_conv2d<>, dense<4>> {};
struct rounding_up_parameters : varied_parameters<rounding_up> {
  static constexpr quantization activation[] = {{0x1p-5F, 3}, {0x1p-5F, -7}, {0x1p-5F, 0}, {0x1p-5F, 5}, {}};
  template <int Number>
  struct layer : varied_parameters<rounding_up>::layer<Number> {
    static constexpr values<float, 8> scales = [] {
      values<float, 8> s;
      for (float& v : s.v) v = (1 - 0x1p-20F) * (Number == 1 ? 0x1p-10F : 0x1p-8F);
      return s;
    }();
    static constexpr const auto& weight_scale = scales.v;
  };
};
struct rounding_up_net : quantized<rounding_up, rounding_up_parameters> {};

struct fresh_net : replace_head<varied<bottleneck>, global_average_pool, dense<6>> {};

struct of_nested : sparse_update<biases_of_last<4>, weights<2, ratio{1, 3}>, weights<4>, weights_of_head> {};
struct of_demo : sparse_update<biases_of_last<5>, weights<4, ratio{1, 4}>, weights<7, ratio{3, 4}>, weights_of_head> {};
struct only_the_head : sparse_update<weights_of_head> {};

}  // namespace

TEST_CASE("sparse updates") {
  check_gradients<learner_of<varied<nested>, of_nested>>("nested, sparse");
  check_gradients<learner_of<varied<like_the_demo>, of_demo>>("like the demo, sparse");
  check_gradients<learner_of<varied<chained>, only_the_head>>("chained, only the head");
}

TEST_CASE("multipliers just under a power of two") {
  CHECK(kernels::factor_of({2147483647, 0}, 0).mantissa == 32768);
  check_gradients<learner_of<rounding_up_net, everything>>("multipliers just under a power of two");
}

TEST_CASE("a fresh head sends no gradient; after some steps it does") {
  using learner_type = learner_of<fresh_net, everything>;
  static learner_type learner;
  reference r(describe<learner_type>());
  const int head = learner.graph.numbered - 1;
  worst_case before, after;
  for (std::uint32_t i = 0; i < 8; ++i) {
    const auto sample = make_sample(learner.inputs, sample_kind::random, i);
    const int label = static_cast<int>(i % 6);
    learner.reset();
    r.net.layers = describe<learner_type>().layers;
    if (i >= 4) {  // with small rates, so that the body's parameters stay inside their range
      for (std::uint32_t k = 0; k < 5; ++k) {
        show(learner, make_sample(learner.inputs, sample_kind::random, 50 + k));
        REQUIRE(learner.step(static_cast<int>(k), {.learning_rate = 0.05F}).ok());
      }
      take_trained(learner, r.net.layers);
    }
    r.forward(sample);
    r.backward(label);
    for (int number = 0; number <= head; ++number)
      check_layer(learner, r, sample, label, number, i >= 4 ? after : before);
  }
  CHECK(before.silent == 4 * 2 * head);
  CHECK(after.silent == 0);
}
