// How far the parameters of one node move for a gradient: what a step of learning and the node's scales come to.
#pragma once
#include <thimble/tensor/fixed_point.hpp>
#include <thimble/training/backward.hpp>
#include <thimble/training/rates.hpp>

namespace thimble {

/// What a step of learning carries from rule to rule. An integer gradient's value is q * 2^(e + k): k is the loss's for the
/// output, the body's for all before the head. Float gradients are what they are.
struct lesson {
  int label = 0;
  const float* target = nullptr;
  kernels::step_size rate, bias_rate;
  int loss_exponent = 0, body_exponent = 0;
  fixed16 loss{};
  std::uint32_t sample = 0;  ///< their number so far, if the learner counts them
};

/// raise: what the gradient's exponent and its kernel leave to be made good.
template <class Net, class Update, int Node>
class step_sizes {
  static constexpr const recipe& how = detail::how_of<Update>;
  static constexpr kernels::learning_rule rule = how.rule;
  using values = node_values<Net, Node>;

 public:
  explicit step_sizes(const lesson* now) : now_(now) {}

  kernels::step_of_layer of_weights(int raise) const {
    return {weight_step(raise), weight_clip(), decay(), momentum(), largest_shift()};
  }
  kernels::step_of_layer of_biases(int raise) const {
    return {bias_step(raise), bias_clip(), {}, momentum(), largest_shift()};
  }
  /// Of the random bits of this node's weights in this step, where rounding is stochastic.
  std::uint32_t salt() const {
    if constexpr (rule.stochastic)
      return detail::mixed(detail::mixed(how.seed + static_cast<std::uint32_t>(Node)) + now_->sample);
    else
      return 0;
  }
  static constexpr int largest_shift() { return channel_multipliers<Net, Node>::largest_shift; }

 private:
  static constexpr double s_x() { return values::real_scale(role::x0); }
  static constexpr double s_y() { return values::real_scale(role::y); }
  static constexpr double one_weight = static_cast<double>(1 << rule.step_bits());  // in units of a step

  /// To be divided by the channel's multiplier: eff / s_w^2 = s_x^2 / (s_y^2 eff). Without scaling to be multiplied by it.
  kernels::step_size weight_step(int raise) const {
    constexpr double r = s_x() / s_y();
    constexpr multiplier factor = scale_factor(rule.scales ? one_weight * r * r : one_weight);
    return scaled(now_->rate, factor, raise);
  }
  /// The same for the biases: eff / (s_w s_x)^2 = 1 / (s_y^2 eff).
  kernels::step_size bias_step(int raise) const {
    constexpr multiplier factor = scale_factor(rule.scales ? 1 / (s_y() * s_y()) : 1.0);
    return scaled(now_->bias_rate, factor, raise);
  }
  /// rate * clip / s_w = rate * clip * s_x / (s_y eff), likewise; without scaling rate * clip * s_w.
  kernels::step_size weight_clip() const {
    if constexpr (rule.clips) {
      constexpr double ratio = rule.scales ? s_x() / s_y() : s_y() / s_x();
      constexpr multiplier factor = scale_factor(one_weight * static_cast<double>(how.clip) * ratio);
      return scaled(now_->rate, factor, 0);
    } else {
      return {};
    }
  }
  kernels::step_size bias_clip() const {
    if constexpr (rule.clips) {
      constexpr multiplier factor = scale_factor(static_cast<double>(how.clip) * (rule.scales ? 1 / s_y() : s_y()));
      return scaled(now_->bias_rate, factor, 0);
    } else {
      return {};
    }
  }
  kernels::step_size decay() const {
    if constexpr (rule.decays) {
      // Applied once for all accumulated samples, whose rate is a share each.
      constexpr multiplier factor = scale_factor(static_cast<double>(how.decay) * how.accumulated);
      return scaled(now_->rate, factor, 0);
    } else {
      return {};
    }
  }
  static constexpr int momentum() { return static_cast<int>(static_cast<double>(how.momentum) * 32768 + 0.5); }

  const lesson* now_;
};

}  // namespace thimble
