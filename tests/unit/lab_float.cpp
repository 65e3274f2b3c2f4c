// Float training of network types: gradients against central differences, and that it learns.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include <thimble/lab/fit.hpp>
#include <thimble/layers/conv2d.hpp>
#include <thimble/layers/dense.hpp>
#include <thimble/layers/depthwise_conv2d.hpp>
#include <thimble/layers/flatten.hpp>
#include <thimble/layers/input.hpp>
#include <thimble/layers/pool.hpp>

using namespace thimble;

// clang-format off
struct every_kind : network<
    input<shape{9, 8, 2}>,
    conv2d<6, kernel{3}, stride{2}, relu6>,
    residual<conv2d<5, relu>, depthwise_conv2d<>, conv2d<6>>,
    depthwise_conv2d<kernel{5, 3}, stride{2, 1}, relu6>,
    max_pool<kernel{2}, stride{1}, same>,
    average_pool<kernel{2}, stride{1}>,
    conv2d<7, kernel{2}, valid>,
    flatten,
    dense<3>> {};
// clang-format on

/// Mean loss over a few fixed samples, in double.
static double loss_of(const lab::float_network<every_kind>& net, const lab::dataset& data) {
  lab::float_network<every_kind>::workspace w;
  std::vector<float> d(3);
  double sum = 0;
  for (std::size_t i = 0; i < data.size(); ++i)
    sum += lab::cross_entropy_of(net.forward(w, data.samples[i]), data.labels[i], d);
  return sum;
}

TEST_CASE("gradients of every layer kind agree with central differences") {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  lab::dataset data;
  for (int i = 0; i < 4; ++i) {
    std::vector<float> s(144);
    for (float& v : s) v = normal(random);
    data.samples.push_back(s);
    data.labels.push_back(i % 3);
  }
  lab::float_network<every_kind> net;
  net.initialize(3);
  for (auto& biases : net.parameters.bias)  // at zero, whole patches of zeros lie on the kink of relu
    for (float& b : biases) b = 0.1f * normal(random);
  auto gradient = net.zeros();
  lab::float_network<every_kind>::workspace w;
  std::vector<float> d(3);
  for (std::size_t i = 0; i < data.size(); ++i) {
    lab::cross_entropy_of(net.forward(w, data.samples[i]), data.labels[i], d);
    net.backward(w, d, gradient);
  }
  const auto check = [&](std::vector<float>& values, const std::vector<float>& gradients) {
    double dot = 0, own = 0, expected = 0;
    for (std::size_t i = 0; i < values.size(); i += 1 + values.size() / 40) {
      const float old = values[i], step = 4e-4f;
      values[i] = old + step;
      const double up = loss_of(net, data);
      values[i] = old - step;
      const double difference = (up - loss_of(net, data)) / (2 * static_cast<double>(step));
      values[i] = old;
      const auto g = static_cast<double>(gradients[i]);
      dot += g * difference;
      own += g * g;
      expected += difference * difference;
    }
    CHECK(dot / std::sqrt(own * expected) > 0.999);
    CHECK(std::sqrt(own / expected) == doctest::Approx(1).epsilon(0.01));
  };
  for (std::size_t n = 0; n < net.parameters.weight.size(); ++n) {
    CAPTURE(n);
    check(net.parameters.weight[n], gradient.weight[n]);
    check(net.parameters.bias[n], gradient.bias[n]);
  }
}

/// Three kinds of stripes.
static lab::dataset stripes(int count) {
  std::mt19937 random(9);
  lab::dataset data;
  for (int n = 0; n < count; ++n) {
    const int label = n % 3;
    std::vector<float> s(144);
    for (int i = 0; i < 144; ++i) {
      const int y = i / 16, x = i / 2 % 8, along = label == 0 ? y : label == 1 ? x : x + y;
      s[static_cast<std::size_t>(i)] = static_cast<float>(along / 2 % 2) + static_cast<float>(random() % 100) / 200;
    }
    data.samples.push_back(s);
    data.labels.push_back(label);
  }
  return data;
}

TEST_CASE_TEMPLATE("training learns, the same with the same seed and workers", Optimizer, lab::adam,
                   lab::sgd_momentum) {
  const lab::dataset data = stripes(300);
  const auto train = [&] {
    lab::float_network<every_kind> net;
    net.initialize(1);
    Optimizer optimizer(net.parameters);
    std::FILE* nowhere = std::fopen("/dev/null", "w");
    lab::fit(net, optimizer, data, {.epochs = 8, .batch = 15, .learning_rate = 5e-3f, .progress_to = nowhere});
    std::fclose(nowhere);
    return net;
  };
  const auto net = train();
  CHECK(lab::accuracy(net, data) > 0.95);
  CHECK(train().parameters.weight == net.parameters.weight);
}

TEST_CASE("data that cannot be trained on is refused, in words") {
  lab::float_network<every_kind> net;
  lab::adam optimizer(net.parameters);
  lab::dataset data = stripes(30);
  CHECK_THROWS_WITH(lab::fit(net, optimizer, data, {.batch = 31}),
                    "fit: needs a worker and at least one whole batch; there are 30 samples for batches of 31");
  data.labels[7] = 3;
  CHECK_THROWS_WITH(lab::fit(net, optimizer, data, {.batch = 10}), "fit: label 3 of 3 classes");
  data.labels.pop_back();
  CHECK_THROWS_WITH(lab::fit(net, optimizer, data, {.batch = 10}), "fit: 30 samples, 29 labels");
}
