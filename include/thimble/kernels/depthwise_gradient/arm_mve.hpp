// The input gradient of depthwise convolutions, eight channels at a time: the output's gradient as a plane with zeros around it, under
// the turned kernel.
#pragma once
#include <thimble/kernels/arm_mve/block.hpp>
#include <thimble/kernels/depthwise_gradient/arm_dsp.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels {
namespace mve {

/// One axis of the plane: `before` zeros, the outputs, zeros to `size` positions. Inputs are made in twos.
THIMBLE_INLINE constexpr gradient_axis block_axis(int in, int out, int pad, int kernel, int stride) {
  gradient_axis a{0, 0};
  for (int p = 0; p < stride; ++p) {
    const gradient_phase f = phase_of(in, pad, kernel, stride, p);
    if (-f.begin > a.before) a.before = -f.begin;
  }
  a.size = a.before + out;
  for (int p = 0; p < stride; ++p) {
    const gradient_phase f = phase_of(in, pad, kernel, stride, p);
    const int end = a.before + f.begin + (f.inputs + 1) / 2 * 2 + f.taps - 1;
    if (end > a.size) a.size = end;
  }
  return a;
}

/// Columns have zeros around them; rows of taps outside are passed over.
struct gradient_block {
  gradient_axis x;
  int rows, taps;  ///< of the plane; of the kernel
  [[nodiscard]] constexpr int w() const { return 16 * x.size * rows; }
  [[nodiscard]] constexpr int bytes() const { return w() + 16 * taps; }
};
THIMBLE_INLINE constexpr gradient_block gradient_block_of(const geometry& g) {
  const window& w = g.win;
  return {block_axis(g.in.w, g.out.w, w.pad_left, w.kernel_w, w.stride_w), g.out.h, w.taps()};
}

THIMBLE_NOINLINE inline void set_multipliers(eight_multipliers& to, multipliers scale, int channels, int raise) {
  for (int j = 0; j < channels; ++j) {
    const multiplier m = scale[j];
    const int left = m.shift + raise;
    ((j & 1) != 0 ? to.odd_mantissa : to.even_mantissa)[j >> 1] = m.mantissa;
    ((j & 1) != 0 ? to.odd_shift : to.even_shift)[j >> 1] = left < -100 ? -100 : left > 100 ? 100 : left;
  }
}

THIMBLE_NOINLINE inline void filter_taps(block& b, int taps) {
  switch (taps) {
    case 1:
      return filter_block<1>(&b);
    case 2:
      return filter_block<2>(&b);
    case 3:
      return filter_block<3>(&b);
    case 4:
      return filter_block<4>(&b);
    case 5:
      return filter_block<5>(&b);
    default:
      return filter_block<7>(&b);
  }
}

/// Channels [first, first + channels), their weights at w in rows of `row`.
THIMBLE_NOINLINE inline void gradient_of_block(const geometry& g, const input_gradient_args& a, int first, int channels,
                                               const std::int8_t* w, int row) {
  const gradient_block l = gradient_block_of(g);
  const window& win = g.win;
  const int s = win.stride_w, width = 16 * l.x.size, line = win.kernel_w * row;
  auto* const taps = a.scaled + l.w() / 2;
  pack_block(a.scaled + 8 * l.x.before, width, a.dy + first, 2 * g.out.c, 2 * g.out.row(), g.out.w, g.out.h, channels);
  block b;
  set_multipliers(b.scale, {a.scale.mantissa + first, a.scale.shift + first}, channels, a.raise);
  b.x = a.scaled;
  b.inside = g.out.h;
  b.channels = channels;
  b.x_row = width;
  b.y_step = 2 * s * g.in.c;
  b.y_row = 2 * win.stride_h * g.in.row();
  b.w = taps;
  for (int v = 0; v < win.stride_h; ++v)
    for (int h = 0; h < s; ++h) {
      const gradient_phase y = phase_of(g.in.h, win.pad_top, win.kernel_h, win.stride_h, v);
      const gradient_phase x = phase_of(g.in.w, win.pad_left, win.kernel_w, s, h);
      if (y.inputs == 0 || x.inputs == 0) continue;
      pack_taps(taps, w + y.first * line + x.first * row, -s * row, -win.stride_h * line, x.taps, y.taps, channels);
      b.first = 16 * (y.begin * l.x.size + l.x.before + x.begin);
      b.rows_of_taps = y.taps;
      b.above = -y.begin;
      b.w_row = 16 * x.taps;
      b.y = a.dx + v * g.in.row() + h * g.in.c + first;
      b.outputs = x.inputs;
      b.rows = y.inputs;
      filter_taps(b, x.taps);
    }
}

}  // namespace mve

constexpr kernel_needs depthwise_gradient_needs(arm_mve, const geometry& g) {
  const int bytes = mve::gradient_block_of(g).bytes();
  return {.serves = depthwise_gradient_needs(arm_dsp{}, g).serves && bytes <= 12 * 1024,
          .scratch = bytes,
          .by_channel = true};
}

/// The same values as portable, where nothing is added to. Scratch: gradient_block.
THIMBLE_INLINE void depthwise_input_gradient(arm_mve, const geometry& layer, const input_gradient_args& a) {
  const geometry g = layer, seen = layer;
  const mve::gradient_block l = mve::gradient_block_of(g);
  const std::int8_t* const flash = launder(a.w.flash);
  const int c = g.in.c, k = g.trained;
  std::memset(a.scaled, 0, static_cast<std::size_t>(l.w()));
  const auto size = [](int left) { return left < 8 ? left : 8; };
  for (int i = 0; i < k; i += 8) mve::gradient_of_block(seen, a, i, size(k - i), a.w.sram + i, k);
  for (int i = k; i < c; i += 8) mve::gradient_of_block(seen, a, i, size(c - i), flash + i, c);
}

}  // namespace thimble::kernels

#endif
