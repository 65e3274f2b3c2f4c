// Depthwise 2-D convolution.
#pragma once
#include <thimble/kernels/depthwise_convolution.hpp>
#include <thimble/kernels/float_convolution.hpp>
#include <thimble/layers/options.hpp>
#include <thimble/layers/weighted.hpp>

namespace thimble {

/// What every depthwise layer shares: m output channels for each input channel. Weights HWC, over output channels.
struct depthwise_rules : weighted::steps<kernels::depthwise_forward, kernels::depthwise_backward, false> {
  static constexpr void complete_weights(facts& f, int multiplier) {
    f.out.c = f.biases = f.weight_row = f.in.c * multiplier;
    f.weight_rows = f.fan_in = f.win.taps();
    if (f.win.taps() > 128) f.infers_only = "a window of more than 128 taps";  // which backward kernels list
  }

  /// The output channel that weight i belongs to.
  static constexpr int output_of_weight(const facts& f, int i) { return i % f.biases; }

  /// Var[dx[c]] += sum over its outputs o of Var[dy[o]] * eff[o]^2 * sum over taps of w[tap][o]^2, for weight rows (taps)
  /// [begin, end).
  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int, int begin, int end) {
    constexpr const facts& f = Values::node;
    constexpr int multiplier = f.biases / f.in.c;
    double a[static_cast<std::size_t>(f.weight_row)]{};  // by channel, or wide windows take more than clang evaluates
    for (int o = 0; o < f.weight_row; ++o) a[o] = vy[o] * Values::effective(o) * Values::effective(o);
    for (int r = begin; r < end; ++r)
      for (int o = 0; o < f.weight_row; ++o) {
        const int w = Values::weight(r * f.weight_row + o);
        vx[o / multiplier] += a[o] * (w * w);
      }
  }
};

/// y[c] = act(bias[c] + sum over ky, kx of x[ky, kx, c] * w[ky, kx, c]).
/// Takes any shape; keeps its channels. Learns weight (HWC) and bias. Options as conv2d; the kernel's default is 3.
template <auto... Options>
struct depthwise_conv2d : depthwise_rules {
  static constexpr void complete(facts& f) {
    static_assert(detail::takes<depthwise_conv2d, kernel, stride, padding, activation>::template check<Options...>);
    f.kind = "depthwise_conv2d";
    f.name = detail::name_of<Options...>();
    f.act = detail::option_or<activation, Options...>(activation::none);
    detail::set_window<Options...>(f, kernel{3}, stride{1}, padding::same);
    complete_weights(f, 1);
  }

  template <class View>
  static void float_forward(View v) {
    kernels::float_depthwise(v.geometry, v.x[0], v.w, v.b, v.y);
  }
  template <class View>
  static void float_backward(View v) {
    kernels::float_depthwise_gradient(v.geometry, v.x[0], v.w, v.dy, v.dx[0], v.dw, v.db);
  }
};

}  // namespace thimble
