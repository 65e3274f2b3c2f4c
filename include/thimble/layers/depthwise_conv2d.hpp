// Depthwise 2-D convolution.
#pragma once
#include <thimble/kernels/depthwise_convolution.hpp>
#include <thimble/kernels/float_convolution.hpp>
#include <thimble/layers/options.hpp>
#include <thimble/layers/weighted.hpp>

namespace thimble {

/// y[c] = act(bias[c] + sum over ky, kx of x[ky, kx, c] * w[ky, kx, c]).
/// Takes any shape; keeps its channels. Learns weight (HWC) and bias. Options as conv2d; the kernel's default is 3.
template <auto... Options>
struct depthwise_conv2d : weighted::steps<kernels::depthwise_forward, kernels::depthwise_backward, false> {
  static constexpr void complete(facts& f) {
    static_assert(detail::takes<depthwise_conv2d, kernel, stride, padding, activation>::template check<Options...>);
    f.kind = "depthwise_conv2d";
    f.name = detail::name_of<Options...>();
    f.act = detail::option_or<activation, Options...>(activation::none);
    detail::set_window<Options...>(f, kernel{3}, stride{1}, padding::same);
    f.out.c = f.biases = f.weight_row = f.in.c;
    f.weight_rows = f.fan_in = f.win.taps();
    f.reject(f.win.taps() > 128, "windows of more than 128 taps are not supported");
  }

  /// The output channel that weight i belongs to.
  static constexpr int output_of_weight(const facts& f, int i) { return i % f.biases; }

  /// Var[dx[c]] += Var[dy[c]] * eff[c]^2 * sum over taps of w[tap][c]^2, for weight rows (taps) [begin, end).
  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int, int begin, int end) {
    constexpr const facts& f = Values::node;
    for (int r = begin; r < end; ++r)
      for (int c = 0; c < f.weight_row; ++c) {
        const int w = Values::weight(r * f.weight_row + c);
        vx[c] += vy[c] * Values::effective(c) * Values::effective(c) * (w * w);
      }
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
