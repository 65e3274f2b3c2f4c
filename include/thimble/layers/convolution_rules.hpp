// What conv2d and dense share: a dense layer is a convolution of one pixel.
#pragma once
#include <thimble/kernels/float_convolution.hpp>
#include <thimble/layers/weighted.hpp>

namespace thimble {

/// Weights OHWI; every output channel sees every input channel of its group.
struct convolution_rules : weighted::steps<kernels::convolution_forward, kernels::convolution_backward, true> {
  static constexpr void complete_weights(facts& f, int channels) {
    f.out.c = f.biases = channels;
    f.weight_rows = channels * f.win.taps();
    f.weight_row = f.in.c / f.groups;
    f.fan_in = f.win.taps() * f.weight_row;
    f.reject(channels < 1, "a layer needs at least one output channel");
    f.reject(channels % f.groups != 0, "output channels do not divide into the groups of the input's");
    f.reject(f.fan_in > 65793, "more than 65793 products a sum would overflow the int32 accumulator");
    if (f.win.taps() > 128) f.infers_only = "a window of more than 128 taps";  // which backward kernels list
  }
  /// The output channel that weight i belongs to.
  static constexpr int output_of_weight(const facts& f, int i) { return i / f.fan_in; }
  static constexpr int output_of_row(const facts& f, int row) { return row / f.win.taps(); }

  /// Var[dx[i]] += sum over o and taps of Var[dy[o]] * eff[o]^2 * w[o][tap][i]^2, for weight rows [begin, end).
  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int, int begin, int end) {
    constexpr const facts& f = Values::node;
    for (int r = begin; r < end; ++r) {
      const int o = output_of_row(f, r);
      const double a = vy[o] * Values::effective(o) * Values::effective(o);
      double* group = vx + o / (f.biases / f.groups) * f.weight_row;
      for (int i = 0; i < f.weight_row; ++i) {
        const int w = Values::weight(r * f.weight_row + i);
        group[i] += a * (w * w);
      }
    }
  }

  template <class View>
  static void float_forward(View v) {
    kernels::float_convolution(v.geometry, v.x[0], v.w, v.b, v.y);
  }
  template <class View>
  static void float_backward(View v) {
    kernels::float_convolution_gradient(v.geometry, v.x[0], v.w, v.dy, v.dx[0], v.dw, v.db);
  }
};

}  // namespace thimble
