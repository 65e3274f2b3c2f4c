// At stride 2 the input gradient of a depthwise convolution has a phase for each quarter of the input, of even or odd rows and
// columns: each is the output's gradient under a turned kernel of half the taps. At stride 1 there is one.
#pragma once
#include <thimble/config.hpp>
#include <thimble/kernels/geometry.hpp>

namespace thimble::kernels {

/// The inputs phase, phase + stride, ... along one axis: input number j sees outputs begin + j + n through tap first - n * stride,
/// n < taps.
struct gradient_phase {
  int inputs, taps, first, begin;
};
THIMBLE_INLINE constexpr gradient_phase phase_of(int in, int pad, int kernel, int stride, int phase) {
  const int least = stride == 1 ? 0 : (phase + pad) & 1;
  const int taps = stride == 1 ? kernel : (kernel - least + 1) / 2, last = least + (taps - 1) * stride;
  return {stride == 1 ? in : (in - phase + 1) / 2, taps, last, (phase + pad - last) / stride};
}

/// Taps of the square filter that serves all phases.
THIMBLE_INLINE constexpr int gradient_filter(int kernel, int stride) {
  return stride == 1 ? kernel : kernel == 7 ? 5 : 3;
}

/// One axis of the plane that phases are made from: `before` zeros, the outputs, zeros to `size` values.
struct gradient_axis {
  int before, size;
};

/// The windows whose gradients are made so.
constexpr bool has_phases(const geometry& g) {
  const window& w = g.win;
  return has_small_filters(g) && w.pad_top < w.kernel_h && w.pad_left < w.kernel_w;
}

}  // namespace thimble::kernels
