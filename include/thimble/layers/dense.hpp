// Fully connected layer.
#pragma once
#include <thimble/layers/convolution_rules.hpp>
#include <thimble/layers/options.hpp>

namespace thimble {

/// y[o] = act(bias[o] + sum of x[i] * w[o, i]), x flattened in memory order.
/// Takes any shape; makes 1x1xUnits. As the last layer before a loss its output is kept as accumulators, in Q15.16.
/// Options: relu or relu6, name, weight_scale (of a fresh layer; default 1/128: weights reach +-0.99).
template <int Units, auto... Options>
struct dense : convolution_rules {
  static constexpr void complete(facts& f) {
    static_assert(detail::takes<dense, activation, weight_scale>::template check<Options...>);
    f.kind = "dense";
    f.name = detail::name_of<Options...>();
    f.act = detail::option_or<activation, Options...>(activation::none);
    f.in = {1, 1, f.in.size()};
    f.out = {1, 1, Units};
    f.can_be_logits = f.act == activation::none;
    f.fresh_scale = detail::option_or<weight_scale, Options...>({1.0f / 128}).value;
    convolution_rules::complete_weights(f, Units);
  }
};

}  // namespace thimble
