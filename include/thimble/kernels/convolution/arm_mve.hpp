// Convolution by dot products of sixteen int8 values, four channels at a time.
#pragma once
#include <thimble/kernels/arm_mve/columns.hpp>
#include <thimble/kernels/convolution/arm_dsp.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels {
namespace mve {

/// Scratch: the table of four_channels, then the bytes of `windows` windows; and no less than arm_dsp's, which takes what is masked.
struct convolution_scratch {
  int fan_in, groups, window, windows, bytes;
};
THIMBLE_INLINE constexpr convolution_scratch scratch_of(const geometry& g) {
  const int fan_in = dsp::filter_size(g), groups = g.out.c / 4;
  const bool reads_in_place = g.win.taps() == 1 && g.win.stride_h == 1 && g.win.stride_w == 1;
  const int window = 48 * (reads_in_place && g.out.pixels() == 1 && groups > 16 ? 16 : groups);
  const int fit = 4096 / fan_in, some = fit < 1 ? 1 : fit < 16 ? fit : 16;
  const int windows = reads_in_place ? 0 : some < g.out.w ? some : g.out.w;
  const int bytes = window + (windows * fan_in + 3) / 4 * 4, others = dsp::scratch_of(g).bytes;
  return {fan_in, groups, window, windows, bytes > others ? bytes : others};
}

/// What is masked, or shifts left: one copy, whatever the key.
THIMBLE_NOINLINE inline void convolve_by_pairs(const geometry& g, const convolution_args& a) {
  convolution(arm_dsp{}, g, a);
}

/// Groups [first, end) of four channels; false if one has a left shift, or none.
THIMBLE_NOINLINE inline bool make_groups(four_channels* to, const convolution_args& a, const std::int8_t* w, int size,
                                         int first, int end) {
  for (int o = 4 * first; o < 4 * end; ++o) {
    const int j = o & 3;
    const multiplier m = a.scale[o];
    if (m.shift >= 0 && m.mantissa != 0) return false;
    const std::uint32_t less =
        static_cast<std::uint32_t>(a.x_zero) * static_cast<std::uint32_t>(sum_of(w + o * size, size));
    to->bias[j] = static_cast<std::int32_t>(static_cast<std::uint32_t>(a.bias != nullptr ? a.bias[o] : 0) - less);
    to->mantissa[j] = m.mantissa;
    to->shift[j] = m.mantissa != 0 ? m.shift : -1;
    if (j == 3) ++to;
  }
  return true;
}

/// The channels after the last whole group, one by one; `pixels` pixels.
THIMBLE_NOINLINE inline void multiply_rest(const geometry& g, const convolution_args& a, const std::int8_t* x, int size,
                                           const std::int8_t* w, int pixels, std::int8_t* y) {
  for (int o = g.out.c & ~3; o < g.out.c; ++o) {
    const auto less = static_cast<std::uint32_t>(a.x_zero) * static_cast<std::uint32_t>(sum_of(w + o * size, size));
    const auto bias = static_cast<std::uint32_t>(a.bias != nullptr ? a.bias[o] : 0) - less;
    for (int p = 0; p < pixels; ++p) {
      const auto sum = bias + static_cast<std::uint32_t>(dot_product(x + p * size, w + o * size, size));
      y[p * g.out.c + o] =
          clamp(requantize(static_cast<std::int32_t>(sum), a.scale[o]) + a.y_zero, a.range, nullptr, 0);
    }
  }
}

/// The window of output pixel (oy, ox), laid out as its filter; the zero point outside the image.
THIMBLE_INLINE void copy_window(const geometry& g, std::int8_t* to, const std::int8_t* x, int oy, int ox, int zero) {
  const window& win = g.win;
  const int c = g.in.c, line = win.kernel_w * c;
  const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
  if (win.dilation_w == 1 && top >= 0 && left >= 0 && left + win.kernel_w <= g.in.w &&
      top + dilated(win.kernel_h, win.dilation_h) <= g.in.h) {
    const std::int8_t* from = x + (top * g.in.w + left) * c;
#pragma GCC unroll 3
    for (int ky = 0; ky < win.kernel_h; ++ky, to += line, from += win.dilation_h * g.in.w * c)
      copy_vector(to, from, line);
    return;
  }
  const tap_range ys = taps_inside(top, win.kernel_h, g.in.h, win.dilation_h);
  const tap_range xs = taps_inside(left, win.kernel_w, g.in.w, win.dilation_w);
  const std::int8_t* from = x + ((top + ys.begin * win.dilation_h) * g.in.w + left + xs.begin * win.dilation_w) * c;
  if (xs.end - xs.begin != win.kernel_w || ys.end - ys.begin != win.kernel_h)
    std::memset(to, zero, static_cast<std::size_t>(line * win.kernel_h));
  for (int ky = ys.begin; ky < ys.end; ++ky, from += win.dilation_h * g.in.w * c) {
    std::int8_t* at = to + ky * line + xs.begin * c;
    if (win.dilation_w == 1) {
      copy_vector(at, from, (xs.end - xs.begin) * c);
    } else {
      for (int kx = 0; kx < xs.end - xs.begin; ++kx) copy_vector(at + kx * c, from + kx * win.dilation_w * c, c);
    }
  }
}

}  // namespace mve

constexpr kernel_needs convolution_needs(arm_mve, const geometry& g) {
  const mve::convolution_scratch s = mve::scratch_of(g);
  const bool split = g.trained != 0 && g.trained != g.in.c;
  return {
      .serves = !g.listed && g.groups == 1 && !split && s.bytes <= 24 * 1024, .scratch = s.bytes, .by_channel = false};
}

/// The same bytes as portable.
THIMBLE_INLINE void convolution(arm_mve, const geometry& layer, const convolution_args& a) {
  const geometry g = layer, seen = layer;  // the address of `seen` escapes: nothing about it is constant after a call
  const mve::convolution_scratch s = mve::scratch_of(g);
  auto* const table = reinterpret_cast<mve::four_channels*>(a.scratch);
  auto* const copied = reinterpret_cast<std::int8_t*>(a.scratch + s.window);
  const std::int8_t* const w = g.trained == 0 ? launder(a.w.flash) : a.w.sram;
  const int chunk = s.window / 48, size = s.fan_in, padded = (size + 15) / 16 * 16;
  if (a.mask != nullptr || !mve::make_groups(table, a, w, size, 0, chunk)) return mve::convolve_by_pairs(seen, a);

  mve::columns c{w,       table,    a.x,         table + chunk, a.y, size, 4 * size - padded, size, g.out.c - 4 * chunk,
                 g.out.w, a.y_zero, a.range.low, a.range.high};
  const bool in_place = g.win.taps() == 1 && g.win.stride_h == 1 && g.win.stride_w == 1;
  for (int oy = a.part.begin; oy < a.part.end; ++oy) {
    if (in_place) {
      c.x = a.x + oy * g.in.row();
      c.y = a.y + oy * g.out.row();
      if (chunk > 0) mve::multiply_columns(&c);
      for (int done = chunk; done < s.groups; done += chunk) {  // a single pixel
        const int end = done + chunk < s.groups ? done + chunk : s.groups;
        c.w = w + 4 * done * size;
        c.y = a.y + 4 * done;
        c.end = table + (end - done);
        if (!mve::make_groups(table, a, w, size, done, end)) return mve::convolve_by_pairs(seen, a);
        mve::multiply_columns(&c);
      }
    }
    for (int ox = 0; !in_place && ox < g.out.w; ox += c.pixels) {
      c.pixels = s.windows < g.out.w - ox ? s.windows : g.out.w - ox;
      for (int i = 0; i < c.pixels; ++i) mve::copy_window(g, copied + i * size, a.x, oy, ox + i, a.x_zero);
      c.x = copied;
      c.y = a.y + (oy * g.out.w + ox) * g.out.c;
      if (chunk > 0) mve::multiply_columns(&c);
      mve::multiply_rest(seen, a, copied, size, w, c.pixels, c.y);
    }
    if (in_place) mve::multiply_rest(seen, a, a.x + oy * g.in.row(), g.in.c, w, g.out.w, a.y + oy * g.out.row());
  }
}

}  // namespace thimble::kernels

#endif
