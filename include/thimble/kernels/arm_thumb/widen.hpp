// Activations of a tile's pixels, widened to int32 with the zero point subtracted: element k of pixel p lies at k * Pixels + p.
#pragma once
#include <cstdint>

#include <thimble/config.hpp>
#include <thimble/kernels/geometry.hpp>

#if defined(THIMBLE_THUMB)

namespace thimble::kernels::thumb {

/// `count` values of one pixel. Three to five instructions a value.
template <int Pixels>
THIMBLE_INLINE std::int32_t* widen_values(std::int32_t* to, const std::int8_t* from, int count, int zero) {
  for (; count >= 4; count -= 4, from += 4, to += 4 * Pixels) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) to[i * Pixels] = from[i] - zero;
  }
  for (; count > 0; --count, to += Pixels) *to = *from++ - zero;
  return to;
}
template <int Pixels>
THIMBLE_INLINE std::int32_t* clear_values(std::int32_t* to, int count) {
  for (; count > 0; --count, to += Pixels) *to = 0;
  return to;
}

/// Pixels pixels of n contiguous values each, one after another.
template <int Pixels>
THIMBLE_NOINLINE void widen_pixels(std::int32_t* to, const std::int8_t* from, int n, int zero) {
  for (int p = 0; p < Pixels; ++p, from += n) widen_values<Pixels>(to + p, from, n, zero);
}

/// The windows of Pixels output pixels from number `first` on, each laid out as its filter: ky, kx, channel. Taps outside the
/// image are zero.
template <int Pixels>
THIMBLE_NOINLINE void widen_windows(const geometry& g, std::int32_t* to, const std::int8_t* x, int first, int zero) {
  const window& win = g.win;
  const int c = g.in.c, line = win.kernel_w * c, next = win.dilation_h * g.in.w * c;
  int oy = first / g.out.w, ox = first - oy * g.out.w;
  for (int p = 0; p < Pixels; ++p, ++to) {
    const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
    if (++ox == g.out.w) ox = 0, ++oy;
    const tap_range ys = taps_inside(top, win.kernel_h, g.in.h, win.dilation_h);
    const tap_range xs = taps_inside(left, win.kernel_w, g.in.w, win.dilation_w);
    const std::int8_t* from = x + ((top + ys.begin * win.dilation_h) * g.in.w + left + xs.begin * win.dilation_w) * c;
    const int inside = xs.end - xs.begin;
    std::int32_t* at = clear_values<Pixels>(to, ys.begin * line);
    for (int ky = ys.begin; ky < ys.end; ++ky, from += next) {
      at = clear_values<Pixels>(at, xs.begin * c);
      if (win.dilation_w == 1)
        at = widen_values<Pixels>(at, from, inside * c, zero);
      else
        for (int kx = 0; kx < inside; ++kx) at = widen_values<Pixels>(at, from + kx * win.dilation_w * c, c, zero);
      at = clear_values<Pixels>(at, (win.kernel_w - xs.end) * c);
    }
    clear_values<Pixels>(at, (win.kernel_h - ys.end) * line);
  }
}

}  // namespace thimble::kernels::thumb

#endif
