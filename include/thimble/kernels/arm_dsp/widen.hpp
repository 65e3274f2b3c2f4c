// Activations of a tile's pixels, widened to int16 with the zero point subtracted.
#pragma once
#include <thimble/kernels/arm_dsp/words.hpp>
#include <thimble/kernels/geometry.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels::dsp {

/// Whole words of one pixel of a tile of Pixels. less_zero: -zero point twice. 4.5 instructions a word.
template <int Pixels>
THIMBLE_INLINE std::uint32_t* widen_words(std::uint32_t* to, const std::int8_t* from, int words,
                                          std::uint32_t less_zero) {
  std::uint32_t v, even_pair, odd_pair;
#define THIMBLE_WORD                                                                                       \
  "ldr %[v], [%[from]], #4\n\tsxtab16 %[even], %[zero], %[v]\n\tsxtab16 %[odd], %[zero], %[v], ror #8\n\t" \
  "strd %[even], %[odd], [%[to]], %[step]\n\t"
  asm volatile("subs %[words], #4\n\tblt 2f\n1:\n\t" THIMBLE_WORD THIMBLE_WORD THIMBLE_WORD THIMBLE_WORD
               "subs %[words], #4\n\tbge 1b\n2:\n\tadds %[words], #4\n\tbeq 4f\n3:\n\t" THIMBLE_WORD
               "subs %[words], #1\n\tbne 3b\n4:\n\t"
               : [to] "+r"(to), [from] "+r"(from), [words] "+r"(words), [v] "=&r"(v), [even] "=&r"(even_pair),
                 [odd] "=&r"(odd_pair)
               : [zero] "r"(less_zero), [step] "i"(8 * Pixels)
               : "cc", "memory");
#undef THIMBLE_WORD
  return to;
}
/// The last one to three values of a pixel; zero, once widened, after them.
THIMBLE_INLINE void widen_rest(std::uint32_t* to, const std::int8_t* from, int count, std::uint32_t less_zero,
                               int zero) {
  std::uint32_t v = static_cast<std::uint8_t>(zero) * 0x01010101u;
  std::memcpy(&v, from, static_cast<std::size_t>(count));
  to[0] = widen_even(less_zero, v);
  to[1] = widen_odd(less_zero, v);
}

/// Pixels pixels of n contiguous values each, one after another.
template <int Pixels>
THIMBLE_NOINLINE void widen_pixels(std::uint32_t* to, const std::int8_t* from, int n, std::uint32_t less_zero,
                                   int zero) {
  for (int p = 0; p < Pixels; ++p, to += 2, from += n) {
    std::uint32_t* end = widen_words<Pixels>(to, from, n >> 2, less_zero);
    if ((n & 3) != 0) widen_rest(end, from + (n & ~3), n & 3, less_zero, zero);
  }
}

THIMBLE_INLINE std::uint32_t* zero_words(std::uint32_t* to, int step, int words) {
  for (; words > 0; --words, to += step) to[0] = to[1] = 0;
  return to;
}

/// Bytes, by words where there are four; the two do not overlap.
THIMBLE_INLINE void copy_bytes(std::int8_t* to, const std::int8_t* from, int count) {
  if (count < 4) {
    for (int i = 0; i < count; ++i) to[i] = from[i];
    return;
  }
  int i = 0;
  for (; i + 4 <= count; i += 4) store(to + i, load(from + i));
  store(to + count - 4, load(from + count - 4));
}

/// Three lines of nine bytes, `next` apart: a window of 3 x 3 over three channels.
template <int Pixels>
THIMBLE_INLINE void widen_nines(std::uint32_t* to, const std::int8_t* a, int next, std::uint32_t less_zero, int zero) {
  const std::int8_t *b = a + next, *c = b + next;
  const std::uint32_t words[7] = {load(a),
                                  load(a + 4),
                                  static_cast<std::uint8_t>(a[8]) | load(b) << 8,
                                  load(b + 3),
                                  load(b + 5) >> 16 | load(c) << 16,
                                  load(c + 2),
                                  load(c + 5) >> 8 | static_cast<std::uint32_t>(zero) << 24};
#pragma GCC unroll 7
  for (int i = 0; i < 7; ++i) {
    to[2 * i * Pixels] = widen_even(less_zero, words[i]);
    to[2 * i * Pixels + 1] = widen_odd(less_zero, words[i]);
  }
}

/// The windows of eight output pixels from number `first` on, each laid out as its filter: ky, kx, channel. Taps outside the image are
/// zero. `row`: room for one window's bytes, a multiple of four, that nobody else writes.
THIMBLE_INLINE void widen_windows(const geometry& g, std::uint32_t* to, std::int8_t* row, const std::int8_t* x,
                                  int first, std::uint32_t less_zero, int zero) {
  const window& win = g.win;
  constexpr int pixels = 8, step = 2 * pixels;
  const int c = g.in.c, line = win.kernel_w * c, n = win.kernel_h * line, next = win.dilation_h * g.in.w * c;
  const bool by_words = win.dilation_w == 1 && (line & 3) == 0, by_channel = by_words && (c & 3) == 0;
  for (int i = n; i < (n + 3) / 4 * 4; ++i) row[i] = static_cast<std::int8_t>(zero);
  int oy = first / g.out.w, ox = first - oy * g.out.w;
  for (int p = 0; p < pixels; ++p, to += 2) {
    const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
    if (++ox == g.out.w) ox = 0, ++oy;
    const bool inside = top >= 0 && left >= 0 && top + dilated(win.kernel_h, win.dilation_h) <= g.in.h &&
                        left + dilated(win.kernel_w, win.dilation_w) <= g.in.w;
    if (inside && win.dilation_w == 1) {
      const std::int8_t* from = x + (top * g.in.w + left) * c;
      if (by_words) {
        std::uint32_t* at = to;
        for (int ky = 0; ky < win.kernel_h; ++ky, from += next)
          at = widen_words<pixels>(at, from, line >> 2, less_zero);
      } else if (win.kernel_h == 3 && win.kernel_w == 3 && c == 3) {
        widen_nines<pixels>(to, from, next, less_zero, zero);
      } else {
        for (int ky = 0; ky < win.kernel_h; ++ky, from += next) copy_bytes(row + ky * line, from, line);
        widen_words<pixels>(to, row, (n + 3) >> 2, less_zero);
      }
      continue;
    }
    const tap_range ys = taps_inside(top, win.kernel_h, g.in.h, win.dilation_h);
    const tap_range xs = taps_inside(left, win.kernel_w, g.in.w, win.dilation_w);
    const std::int8_t* from = x + ((top + ys.begin * win.dilation_h) * g.in.w + left + xs.begin * win.dilation_w) * c;
    const int run = (xs.end - xs.begin) * c, before = xs.begin * c;
    if (by_channel) {
      std::uint32_t* at = zero_words(to, step, ys.begin * line >> 2);
      for (int ky = ys.begin; ky < ys.end; ++ky, from += next) {
        at = zero_words(at, step, before >> 2);
        at = widen_words<pixels>(at, from, run >> 2, less_zero);
        at = zero_words(at, step, (line - run - before) >> 2);
      }
      zero_words(at, step, (win.kernel_h - ys.end) * line >> 2);
      continue;
    }
    for (int i = 0; i < n; ++i) row[i] = static_cast<std::int8_t>(zero);
    for (int ky = ys.begin; ky < ys.end; ++ky, from += next) {
      std::int8_t* at = row + ky * line + before;
      if (win.dilation_w == 1)
        copy_bytes(at, from, run);
      else
        for (int kx = xs.begin; kx < xs.end; ++kx, at += c)
          copy_bytes(at, from + (kx - xs.begin) * win.dilation_w * c, c);
    }
    widen_words<pixels>(to, row, (n + 3) >> 2, less_zero);
  }
}

/// The same for any number of pixels: one copy, which need not be fast.
THIMBLE_NOINLINE inline void widen_few_windows(const geometry& g, std::uint32_t* to, std::int8_t* row,
                                               const std::int8_t* x, int first, int pixels, std::uint32_t less_zero,
                                               int zero) {
  const window& win = g.win;
  const int c = g.in.c, words = (win.taps() * c + 3) / 4;
  for (int p = 0; p < pixels; ++p, to += 2) {
    const int oy = (first + p) / g.out.w, ox = first + p - oy * g.out.w;
    for (int i = 0; i < 4 * words; ++i) row[i] = static_cast<std::int8_t>(zero);
    std::int8_t* at = row;
    for (int ky = 0; ky < win.kernel_h; ++ky)
      for (int kx = 0; kx < win.kernel_w; ++kx, at += c) {
        const int iy = oy * win.stride_h - win.pad_top + ky * win.dilation_h;
        const int ix = ox * win.stride_w - win.pad_left + kx * win.dilation_w;
        if (iy >= 0 && iy < g.in.h && ix >= 0 && ix < g.in.w) copy_bytes(at, x + (iy * g.in.w + ix) * c, c);
      }
    for (int i = 0; i < words; ++i) {
      const std::uint32_t v = load(row + 4 * i);
      to[2 * i * pixels] = widen_even(less_zero, v);
      to[2 * i * pixels + 1] = widen_odd(less_zero, v);
    }
  }
}

}  // namespace thimble::kernels::dsp

#endif
