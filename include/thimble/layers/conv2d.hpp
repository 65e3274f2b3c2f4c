// 2-D convolution.
#pragma once
#include <thimble/layers/convolution_rules.hpp>
#include <thimble/layers/options.hpp>

namespace thimble {

/// y[o] = act(bias[o] + sum over ky, kx, i of x[ky, kx, i] * w[o, ky, kx, i]).
/// Takes any shape; makes Channels channels. Learns weight (OHWI) and bias. Keeps one bit an output, and the trained
/// channels of its input. Options: kernel (1), stride (1), same or valid (same), relu or relu6, name.
template <int Channels, auto... Options>
struct conv2d : convolution_rules {
  static constexpr void complete(facts& f) {
    static_assert(detail::takes<conv2d, kernel, stride, padding, activation>::template check<Options...>);
    f.kind = "conv2d";
    f.name = detail::name_of<Options...>();
    f.act = detail::option_or<activation, Options...>(activation::none);
    detail::set_window<Options...>(f, kernel{1}, stride{1}, padding::same);
    convolution_rules::complete_weights(f, Channels);
  }
};

}  // namespace thimble
