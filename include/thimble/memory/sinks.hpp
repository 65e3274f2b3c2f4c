// The trained parameters of one node: where they lie, and where their gradients go.
#pragma once
#include <thimble/memory/plan.hpp>
#include <thimble/memory/step_sizes.hpp>
#include <thimble/training/largest_channels.hpp>

namespace thimble {

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
    return {sizes().of_weights(raise),
            {at<std::int8_t, weight>(), at<unsigned char, residual_of_weight>(), sizes().salt()},
            at<std::int16_t, velocity_of_weight>(),
            at<std::int32_t, sum_of_weight>()};
  }
  kernels::bias_sink<rule> bias_sink(int raise) const {
    return {sizes().of_biases(raise), at<std::int32_t, bias_of>(), constant<node.bias_limit()>,
            at<std::int32_t, velocity_of_bias>(), at<std::int32_t, sum_of_bias>()};
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
      return kernels::size_for<rule>({1u << 30, 0}, scale[o], step_sizes<Net, Update, Node>::largest_shift())
                 .mantissa != 0;
    } else {
      return true;
    }
  }

  [[nodiscard]] step_sizes<Net, Update, Node> sizes() const { return step_sizes<Net, Update, Node>(now_); }

  unsigned char* trained_;
  const lesson* now_;
};

}  // namespace thimble
