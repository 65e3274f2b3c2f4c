// Optimizers of float training.
#pragma once
#include <cmath>

#include <thimble/lab/float_network.hpp>

namespace thimble::lab {

/// v = momentum * v + g; w -= rate * (v + weight_decay * w): the decay does not gather momentum.
class sgd_momentum {
 public:
  explicit sgd_momentum(const float_parameters& like, float momentum = 0.9f, float weight_decay = 0)
      : velocity_(like), momentum_(momentum), weight_decay_(weight_decay) {
    velocity_.zip(like, [](float& v, float) { v = 0; });
  }
  void step(float_parameters& w, const float_parameters& gradient, float rate) {
    velocity_.zip(gradient, [&](float& v, float g) { v = momentum_ * v + g; });
    w.zip(velocity_, [&](float& p, float v) { p -= rate * (v + weight_decay_ * p); });
  }

 private:
  float_parameters velocity_;
  float momentum_, weight_decay_;
};

/// Adam (arXiv 1412.6980) with its published constants.
class adam {
 public:
  explicit adam(const float_parameters& like) : first_(like), second_(like), ratio_(like) {
    first_.zip(like, [](float& v, float) { v = 0; });
    second_ = first_;
  }
  void step(float_parameters& w, const float_parameters& gradient, float rate) {
    ++steps_;
    const auto t = static_cast<float>(steps_);
    const float first_bias = 1 - std::pow(0.9f, t), second_bias = 1 - std::pow(0.999f, t);
    first_.zip(gradient, [](float& m, float g) { m += 0.1f * (g - m); });
    second_.zip(gradient, [](float& v, float g) { v += 0.001f * (g * g - v); });
    ratio_ = first_;
    ratio_.zip(second_, [&](float& m, float v) { m = m / first_bias / (std::sqrt(v / second_bias) + 1e-8f); });
    w.zip(ratio_, [&](float& p, float r) { p -= rate * r; });
  }

 private:
  float_parameters first_, second_, ratio_;
  int steps_ = 0;
};

}  // namespace thimble::lab
