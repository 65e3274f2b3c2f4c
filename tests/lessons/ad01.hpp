// The autoencoder for machine sounds (MLPerf Tiny): all biases and the layers around its bottleneck learn to give back what they
// are shown; the loss is the mean squared error.
#pragma once
#include "ad01_int8.hpp"
#include "lesson.hpp"

namespace thimble::test {

struct ad01_net : tflite::network<ad01_int8> {};
struct ad01_update : sparse_update<biases_of_last<9>, bias<9>, weights<4>, weights<5>, weights<8>> {};
struct ad01_learner : trainer<ad01_net, ad01_update, reconstruction_error> {};

struct ad01 {
  using learner = ad01_learner;
  static constexpr int steps = 160;
  static constexpr float rate = 1e-2f;
  /// A machine hums: one slow wave over the 640 values, and noise.
  static auto teach(learner& l, int step) {
    constexpr int wave = 80;
    const auto x = l.input();
    for (int i = 0; i < static_cast<int>(x.size()); ++i) {
      const int phase = i % (2 * wave), height = phase < wave ? phase : 2 * wave - phase;
      x[static_cast<std::size_t>(i)] = as_stored(40 + 40 * (2 * height - wave) / wave + noise(step, i, 12));
    }
    return l.step({.learning_rate = rate, .bias_learning_rate = 2.0f});
  }
};

}  // namespace thimble::test
