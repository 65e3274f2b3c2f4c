// Average pooling, eight channels at a time.
#pragma once
#include <thimble/kernels/pool.hpp>  // whose middle includes this

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels {
namespace mve {

/// sums[c] of `channels` channels, at most eight, over rows of `count` positions, at most 255 in all. Half an instruction a value.
THIMBLE_NOINLINE inline void sum_window(std::int16_t* sums, const std::int8_t* x, int step, int next, int count,
                                        int rows, int channels) {
  asm volatile(
      "vctp.16 %[channels]\n\tvmov.i32 q0, #0\n1:\n\tmov r4, %[x]\n\tdls lr, %[count]\n2:\n\t"
      "vpst\n\tvldrbt.s16 q1, [r4]\n\tvadd.i16 q0, q0, q1\n\tadd r4, r4, %[step]\n\tle lr, 2b\n\t"
      "add %[x], %[x], %[next]\n\tsubs %[rows], #1\n\tbne 1b\n\tvstrh.16 q0, [%[sums]]\n\t"
      : [x] "+r"(x), [rows] "+r"(rows)
      : [sums] "r"(sums), [step] "r"(step), [next] "r"(next), [count] "r"(count), [channels] "r"(channels)
      : "r4", "lr", "cc", "memory", "d0", "d1", "d2", "d3");
}

}  // namespace mve

/// The same bytes as portable, which takes windows of more taps than sums of 16 bits hold.
THIMBLE_INLINE void average_pool(arm_mve, const geometry& g, const pool_args& a) {
  const window& win = g.win;
  if (win.taps() > 255) return average_pool(portable{}, g, a);
  std::int16_t sums[8];
  for (int oy = a.part.begin; oy < a.part.end; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox) {
      const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
      const tap_range ys = taps_inside(top, win.kernel_h, g.in.h), xs = taps_inside(left, win.kernel_w, g.in.w);
      const int lines = ys.end - ys.begin, columns = xs.end - xs.begin, count = lines * columns, half = count / 2;
      const std::int8_t* const x = a.x + (count > 0 ? ((top + ys.begin) * g.in.w + left + xs.begin) * g.in.c : 0);
      std::int8_t* const y = a.y + (oy * g.out.w + ox) * g.out.c;
      for (int c = 0; c < g.out.c; c += 8) {
        const int channels = g.out.c - c < 8 ? g.out.c - c : 8;
        if (count > 0) mve::sum_window(sums, x + c, g.in.c, g.in.row(), columns, lines, channels);
        for (int i = 0; i < channels; ++i) {
          const int sum = count > 0 ? sums[i] : 0;
          y[c + i] = clamp((sum > 0 ? sum + half : sum - half) / (count > 0 ? count : 1), a.range, nullptr, 0);
        }
      }
    }
}

}  // namespace thimble::kernels

#endif
