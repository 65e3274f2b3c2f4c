// The input gradient of depthwise convolutions, a channel at a time: the output's gradient as a plane of int32, filtered by the
// turned kernel.
#pragma once
#include <thimble/kernels/depthwise_convolution.hpp>  // whose end includes this
#include <thimble/kernels/depthwise_convolution/arm_thumb.hpp>
#include <thimble/kernels/depthwise_gradient/phases.hpp>
#include <thimble/kernels/gradient.hpp>
#include <thimble/kernels/needs.hpp>

#if defined(THIMBLE_THUMB)

namespace thimble::kernels {
namespace thumb {

THIMBLE_INLINE constexpr gradient_axis axis_of(int in, int out, int pad, int kernel, int stride) {
  gradient_axis a{0, 0};
  for (int p = 0; p < stride; ++p) {
    const gradient_phase f = phase_of(in, pad, kernel, stride, p);
    if (-f.begin > a.before) a.before = -f.begin;
  }
  a.size = a.before + out;
  for (int p = 0; p < stride; ++p) {
    const gradient_phase f = phase_of(in, pad, kernel, stride, p);
    const int end = a.before + f.begin + f.inputs + gradient_filter(kernel, stride) - 1;
    if (end > a.size) a.size = end;
  }
  return a;
}

/// The plane in scratch, what a group that is not whole reads behind it, and the sums of one phase.
struct gradient_plane {
  gradient_axis x, y;
  int sums;  ///< where they begin, in values
  int bytes;
};
THIMBLE_INLINE constexpr gradient_plane gradient_plane_of(const geometry& g) {
  const window& w = g.win;
  gradient_plane l{axis_of(g.in.w, g.out.w, w.pad_left, w.kernel_w, w.stride_w),
                   axis_of(g.in.h, g.out.h, w.pad_top, w.kernel_h, w.stride_h), 0, 0};
  l.sums = l.x.size * l.y.size + 8;
  const int inputs = ((g.in.h + w.stride_h - 1) / w.stride_h) * ((g.in.w + w.stride_w - 1) / w.stride_w);
  l.bytes = 4 * (l.sums + inputs);
  return l;
}

/// Rows of one channel, `step` values apart.
THIMBLE_INLINE void gather_gradients(std::int32_t* to, int width, const std::int16_t* from, int step, int count,
                                     int rows) {
  for (; rows > 0; --rows, to += width)
    for (int i = 0; i < count; ++i, from += step) to[i] = *from;
}

/// dx = saturate16(round(sum * m * 2^raise)), as scale16 has it, at dx + r * row + n * step; the sums side by side.
template <target Target>
THIMBLE_NOINLINE void put_gradients(std::int16_t* dx, int row, int step, const std::int32_t* sums, int rows, int count,
                                    multiplier m, int raise) {
  const int shift = -m.shift - raise;
  for (; rows > 0; --rows, dx += row) {
    std::int16_t* at = dx;
    for (int n = 0; n < count; ++n, at += step, ++sums) {
      const std::int32_t h = m.mantissa == 0 ? 0 : high_product(Target{}, *sums, m.mantissa);
      *at = shift > 0 && shift < 32 ? saturate16((h >> shift) + (h >> (shift - 1) & 1)) : narrow16(h, shift);
    }
  }
}

/// The inputs of one phase along each axis. w: the channel's weights, `row` bytes from tap to tap.
template <target Target, int Taps>
THIMBLE_NOINLINE void filter_phase(plane& p, const geometry& g, const std::int32_t* plane_at, const gradient_plane& l,
                                   const std::int8_t* w, int row, const gradient_phase& y, const gradient_phase& x) {
  constexpr int group = plane_group(Target{}, Taps);
  const int s = g.win.stride_w, line = g.win.kernel_w * row;
  for (int n = 0; n < Taps; ++n)
    for (int i = 0; i < Taps; ++i)
      p.w[n * Taps + i] = n < y.taps && i < x.taps ? w[(y.first - n * s) * line + (x.first - i * s) * row] : 0;
  p.x = plane_at + (l.y.before + y.begin) * l.x.size + l.x.before + x.begin;
  p.next_row = 4 * (l.x.size - x.inputs);
  p.many = x.inputs / group * group * 4;
  p.rest = static_cast<unsigned>(x.inputs % group);
  p.rows = y.inputs;
  filter_plane<Taps, 1, true>(Target{}, &p);
}

template <target Target, int Taps>
THIMBLE_NOINLINE void gradient_channels(const geometry& g, const input_gradient_args& a) {
  const gradient_plane l = gradient_plane_of(g);
  const window& win = g.win;
  const std::int8_t* const flash = launder(a.w.flash);
  auto* const rows = reinterpret_cast<std::int32_t*>(a.scaled);
  std::int32_t* const sums = rows + l.sums;
  fill_values(rows, l.sums, 0);
  plane p;
  p.row = 4 * l.x.size;
  p.y_step = 4;
  p.y_row = 0;
  p.c = {0, 1, 0, 0};
  p.floor = 0;
  for (int c = 0; c < g.in.c; ++c) {
    const bool trained = c < g.trained;
    const std::int8_t* const w = trained ? a.w.sram + c : flash + c;
    gather_gradients(rows + l.y.before * l.x.size + l.x.before, l.x.size, a.dy + c, g.out.c, g.out.w, g.out.h);
    for (int v = 0; v < win.stride_h; ++v)
      for (int h = 0; h < win.stride_w; ++h) {
        const gradient_phase y = phase_of(g.in.h, win.pad_top, win.kernel_h, win.stride_h, v);
        const gradient_phase x = phase_of(g.in.w, win.pad_left, win.kernel_w, win.stride_w, h);
        if (y.inputs == 0 || x.inputs == 0) continue;
        p.y = reinterpret_cast<std::int8_t*>(sums);
        filter_phase<Target, Taps>(p, g, rows, l, w, trained ? g.trained : g.out.c, y, x);
        put_gradients<Target>(a.dx + v * g.in.row() + h * g.in.c + c, win.stride_h * g.in.row(), win.stride_w * g.in.c,
                              sums, y.inputs, x.inputs, a.scale[c], a.raise);
      }
  }
}

}  // namespace thumb

template <thumb::target Target>
constexpr kernel_needs depthwise_gradient_needs(Target, const geometry& g) {
  if (!has_phases(g)) return {.serves = false};
  const int bytes = thumb::gradient_plane_of(g).bytes;
  return {.serves = bytes <= 12 * 1024, .scratch = bytes, .by_channel = true};
}

/// The same values as portable, where nothing is added to. Scratch: gradient_plane.
template <thumb::target Target>
THIMBLE_INLINE void depthwise_input_gradient(Target, const geometry& g, const input_gradient_args& a) {
  switch (gradient_filter(g.win.kernel_h, g.win.stride_h)) {
    case 3:
      return thumb::gradient_channels<Target, 3>(g, a);
    case 5:
      return thumb::gradient_channels<Target, 5>(g, a);
    default:
      return thumb::gradient_channels<Target, 7>(g, a);
  }
}

}  // namespace thimble::kernels

#endif
