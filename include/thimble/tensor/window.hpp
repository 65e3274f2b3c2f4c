// The sliding window of convolutions and pools, its padding resolved to numbers.
#pragma once
#include <numeric>

#include <thimble/config.hpp>
#include <thimble/tensor/shape.hpp>

namespace thimble {

/// How a window treats the edge, with TensorFlow Lite's meaning: `same` makes ceil(n / stride) outputs, the extra
/// padding after; `valid` makes ceil((n - kernel + 1) / stride) and pads nothing.
enum class padding : unsigned char { same, valid };

/// Tap (ky, kx) of output (oy, ox) sees input oy * stride_h - pad_top + ky * dilation_h, likewise in x.
struct window {
  int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, pad_top = 0, pad_left = 0;
  int dilation_h = 1, dilation_w = 1;
  [[nodiscard]] constexpr int taps() const { return kernel_h * kernel_w; }
  /// The most outputs that one input can reach along both axes: taps of the input's gradient.
  [[nodiscard]] constexpr int gradient_taps() const {
    return gradient_taps(kernel_h, stride_h, dilation_h) * gradient_taps(kernel_w, stride_w, dilation_w);
  }
  /// Taps k < kernel whose k * dilation leaves one remainder by the stride: one of every stride / gcd(stride, dilation).
  [[nodiscard]] static constexpr int gradient_taps(int kernel, int stride, int dilation) {
    const int every =
        stride / std::gcd(stride, dilation);  // NOLINT(clang-analyzer-core.DivideZero): both are at least 1
    return (kernel + every - 1) / every;
  }
  friend constexpr bool operator==(window, window) = default;
};

/// A half-open range of taps, those that fall inside the input.
struct tap_range {
  int begin, end;
};
constexpr tap_range taps_inside(int origin, int kernel, int extent, int dilation = 1) {
  const int begin = origin < 0 ? (dilation - 1 - origin) / dilation : 0;
  const int end = origin + (kernel - 1) * dilation >= extent ? (extent - origin + dilation - 1) / dilation : kernel;
  return {begin, end < begin ? begin : end};
}

/// The output whose window covers an input row (or column) `i` with one tap, `tap` positions after its first: -1 if none.
THIMBLE_INLINE constexpr int output_at(int i, int pad, int tap, int stride, int extent) {
  const int n = i + pad - tap;
  if (n < 0 || n % stride != 0) return -1;
  return n / stride < extent ? n / stride : -1;
}

/// The outputs along one axis whose tap, `tap` positions after the first, falls inside the input.
struct output_range {
  int begin, end;
};
THIMBLE_INLINE constexpr output_range outputs_inside(int tap, int pad, int stride, int in, int out) {
  const int before = pad - tap;  // input = output * stride - before
  const int begin = before > 0 ? (before + stride - 1) / stride : 0;
  const int last = (in - 1 + before) / stride;
  return {begin, in - 1 + before < 0 ? 0 : last + 1 < out ? last + 1 : out};
}

/// The windows along one axis that cover an input; dilation 1.
THIMBLE_INLINE constexpr output_range windows_over(int i, int pad, int kernel, int stride, int out) {
  const int first = i + pad - kernel + 1, last = (i + pad) / stride;
  return {first <= 0 ? 0 : (first + stride - 1) / stride, last + 1 < out ? last + 1 : out};
}

/// The positions from the first tap to the last: what `kernel` stands for below where taps are dilated.
constexpr int dilated(int kernel, int dilation) { return (kernel - 1) * dilation + 1; }
constexpr int padded_out(int n, int kernel, int stride, padding p) {
  const int span = p == padding::same ? n : n - kernel + 1;
  return span <= 0 ? 0 : (span + stride - 1) / stride;
}
constexpr int pad_before(int n, int kernel, int stride, padding p) {
  if (p == padding::valid) return 0;
  const int all = (padded_out(n, kernel, stride, p) - 1) * stride + kernel - n;
  return all > 0 ? all / 2 : 0;
}

}  // namespace thimble
