// The trained parameters of one node: where they lie, and where their gradients go.
#pragma once
#include <thimble/memory/plan.hpp>
#include <thimble/tensor/fixed_point.hpp>
#include <thimble/training/largest_channels.hpp>
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

template <class Net, class Update, int Node>
class trained_parameters {
  static constexpr const auto& g = marked<Net, Update>;
  static constexpr const auto& plan = plan_of<Net, Update>;
  static constexpr const facts& node = g.at[Node];
  static constexpr const recipe& how = detail::how_of<Update>;
  static constexpr kernels::learning_rule rule = how.rule;
  using values = node_values<Net, Node>;

 public:
  trained_parameters(unsigned char* trained, const lesson* now) : trained_(trained), now_(now) {}

  /// Parameters of a kind; null if the plan holds none.
  template <class T, int Kind>
  THIMBLE_INLINE T* at() const {
    if constexpr (constant<plan.t[Kind * g.size + Node].needed>)
      return reinterpret_cast<T*>(trained_ + constant<plan.t[Kind * g.size + Node].offset>);
    else
      return nullptr;
  }

  /// raise: what the gradient's exponent and its kernel leave to be made good.
  kernels::weight_sink<rule> weight_sink(int raise) const {
    return {{weight_step(raise), weight_clip(), decay(), momentum(), largest_shift()},
            {at<std::int8_t, weight>(), at<unsigned char, residual_of_weight>(), salt()},
            at<std::int16_t, velocity_of_weight>(),
            at<std::int32_t, sum_of_weight>()};
  }
  kernels::bias_sink<rule> bias_sink(int raise) const {
    return {{bias_step(raise), bias_clip(), {}, momentum(), largest_shift()},
            at<std::int32_t, bias_of>(),
            constant<node.bias_limit()>,
            at<std::int32_t, velocity_of_bias>(),
            at<std::int32_t, sum_of_bias>()};
  }

  /// Applies the sums of the samples so far, and begins new ones.
  void flush() const {
    if constexpr (node.trained > 0) {
      const auto to = weight_sink(0);
      int i = 0;
      for (int row = 0; row < constant<node.weight_rows>; ++row)
        for (int place = 0; place < constant<node.trained>; ++place, ++i) {
          const std::int32_t move = to.sum[i];
          to.sum[i] = 0;
          to.apply(i, move, is_alive(row, place));
        }
    }
    if constexpr (node.bias_trained) {
      const auto to = bias_sink(0);
      for (int o = 0; o < node.biases; ++o) {
        const std::int32_t move = to.sum[o];
        to.sum[o] = 0;
        to.apply(o, move);
      }
    }
  }

 private:
  /// Forces the compiler's answer: at -O0 an expression over the plan would put the plan into the image.
  template <auto V>
  static constexpr auto constant = V;

  /// Whether the output channel of a weight learns at all. Only decay asks.
  static bool is_alive(int row, int place) {
    if constexpr (rule.decays) {
      int channel = place;
      if constexpr (node.selected == selection::largest)
        channel = largest_channels<Net, Node, node.trained>::order.v[place];
      const int o = values::layer_type::output_of_weight(node, row * node.weight_row + channel);
      const multipliers scale{channel_multipliers<Net, Node>::mantissa.v, channel_multipliers<Net, Node>::shift.v};
      return kernels::size_for<rule>({1u << 30, 0}, scale[o], largest_shift()).mantissa != 0;
    } else {
      return true;
    }
  }

  static constexpr double s_x() { return values::real_scale(role::x0); }
  static constexpr double s_y() { return values::real_scale(role::y); }
  static constexpr double one_weight = static_cast<double>(1 << rule.step_bits());  // in units of a step

  static constexpr int largest_shift() { return channel_multipliers<Net, Node>::largest_shift; }

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

  std::uint32_t salt() const {
    if constexpr (rule.stochastic)
      return detail::mixed(detail::mixed(how.seed + static_cast<std::uint32_t>(Node)) + now_->sample);
    else
      return 0;
  }

  unsigned char* trained_;
  const lesson* now_;
};

}  // namespace thimble
