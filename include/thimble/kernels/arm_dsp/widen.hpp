// Activations of a tile's pixels, widened to int16 with the zero point subtracted.
#pragma once
#include <thimble/kernels/arm_dsp/words.hpp>
#include <thimble/kernels/geometry.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels::dsp {

/// Whole words of one pixel, `step` words apart. less_zero: -zero point twice.
THIMBLE_INLINE std::uint32_t* widen_words(std::uint32_t* to, int step, const std::int8_t* from, int words,
                                          std::uint32_t less_zero) {
#pragma GCC unroll 4
  for (; words > 0; --words, from += 4, to += step) {
    const std::uint32_t v = load(from);
    to[0] = widen_even(less_zero, v);
    to[1] = widen_odd(less_zero, v);
  }
  return to;
}
/// The last one to three values of a pixel; zero, once widened, after them.
THIMBLE_INLINE void widen_rest(std::uint32_t* to, const std::int8_t* from, int count, std::uint32_t less_zero, int zero) {
  std::uint32_t v = static_cast<std::uint8_t>(zero) * 0x01010101u;
  std::memcpy(&v, from, static_cast<std::size_t>(count));
  to[0] = widen_even(less_zero, v);
  to[1] = widen_odd(less_zero, v);
}

/// `pixels` pixels of n contiguous values each, one after another.
THIMBLE_NOINLINE inline void widen_pixels(std::uint32_t* to, const std::int8_t* from, int pixels, int n,
                                          std::uint32_t less_zero, int zero) {
  for (int p = 0; p < pixels; ++p, to += 2, from += n) {
    std::uint32_t* end = widen_words(to, 2 * pixels, from, n >> 2, less_zero);
    if ((n & 3) != 0) widen_rest(end, from + (n & ~3), n & 3, less_zero, zero);
  }
}

THIMBLE_INLINE std::uint32_t* zero_words(std::uint32_t* to, int step, int words) {
  for (; words > 0; --words, to += step) to[0] = to[1] = 0;
  return to;
}

/// Bytes, by words as far as they go; the two do not overlap.
THIMBLE_INLINE void copy_bytes(std::int8_t* to, const std::int8_t* from, int count) {
  for (; count >= 4; count -= 4, to += 4, from += 4) store(to, load(from));
  for (; count > 0; --count) *to++ = *from++;
}

/// The windows of `pixels` output pixels from number `first` on, each laid out as its filter: ky, kx, channel. Taps outside the
/// image are zero. `row`: room for one window's bytes.
THIMBLE_NOINLINE inline void widen_windows(const geometry& g, std::uint32_t* to, std::int8_t* row, const std::int8_t* x,
                                           int first, int pixels, std::uint32_t less_zero, int zero) {
  const window& win = g.win;
  const int c = g.in.c, step = 2 * pixels, line = win.kernel_w * c, n = win.kernel_h * line;
  int oy = first / g.out.w, ox = first - oy * g.out.w;
  for (int p = 0; p < pixels; ++p, to += 2) {
    const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
    const tap_range ys = taps_inside(top, win.kernel_h, g.in.h, win.dilation_h);
    const tap_range xs = taps_inside(left, win.kernel_w, g.in.w, win.dilation_w);
    const std::int8_t* from = x + ((top + ys.begin * win.dilation_h) * g.in.w + left + xs.begin * win.dilation_w) * c;
    const int next = win.dilation_h * g.in.w * c, run = (xs.end - xs.begin) * c;
    if (win.dilation_w == 1 && (((c & 3) == 0) || ((line & 3) == 0 && run == line))) {
      std::uint32_t* at = zero_words(to, step, ys.begin * line >> 2);
      for (int ky = ys.begin; ky < ys.end; ++ky, from += next) {
        at = zero_words(at, step, xs.begin * c >> 2);
        at = widen_words(at, step, from, run >> 2, less_zero);
        at = zero_words(at, step, (line - run - xs.begin * c) >> 2);
      }
      zero_words(at, step, (win.kernel_h - ys.end) * line >> 2);
    } else {
      const bool inside = run == line && ys.end - ys.begin == win.kernel_h;
      if (!inside)
        for (int i = 0; i < n; ++i) row[i] = static_cast<std::int8_t>(zero);
      for (int ky = ys.begin; ky < ys.end; ++ky, from += next) {
        std::int8_t* at = row + ky * line + xs.begin * c;
        if (win.dilation_w == 1)
          copy_bytes(at, from, run);
        else
          for (int kx = xs.begin; kx < xs.end; ++kx, at += c)
            copy_bytes(at, from + (kx - xs.begin) * win.dilation_w * c, c);
      }
      std::uint32_t* end = widen_words(to, step, row, n >> 2, less_zero);
      if ((n & 3) != 0) widen_rest(end, row + (n & ~3), n & 3, less_zero, zero);
    }
    if (++ox == g.out.w) ox = 0, ++oy;
  }
}

}  // namespace thimble::kernels::dsp

#endif
