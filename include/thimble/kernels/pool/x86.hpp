// Average pooling, a vector of channels at a time, for both targets of x86.
#pragma once
#include <thimble/kernels/pool.hpp>  // whose middle includes this
#include <thimble/kernels/x86/avx512_vnni.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels {
namespace x86 {

/// The mean of the taps [ys] x [xs], halves away from zero, of the first n channels at x.
template <class V>
THIMBLE_INLINE typename V::vector mean(const geometry& g, const std::int8_t* x, tap_range ys, tap_range xs, int n) {
  auto sum = V::splat(0);
  for (int ky = ys.begin; ky < ys.end; ++ky)
    for (int kx = xs.begin; kx < xs.end; ++kx) sum = V::add(sum, V::first(x + (ky * g.in.w + kx) * g.in.c, n));
  const int inside = (ys.end - ys.begin) * (xs.end - xs.begin), count = inside > 0 ? inside : 1;
  const auto less =
      V::bits_of_both(V::template right<31>(sum), V::splat(count / 2 * 2));  // half of it for sums under 0
  return V::quotient(V::subtract(V::add(sum, V::splat(count / 2)), less), count);
}

/// The same bytes as portable, for windows of at most 4'096 taps (`quotient`).
template <class V>
THIMBLE_INLINE void average(const geometry& g, const pool_args& a) {
  const window& win = g.win;
  if (win.taps() > 4096) return average_pool(portable{}, g, a);
  for (int oy = a.part.begin; oy < a.part.end; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox) {
      const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
      const tap_range ys = taps_inside(top, win.kernel_h, g.in.h), xs = taps_inside(left, win.kernel_w, g.in.w);
      const std::int8_t* const x = a.x + (top * g.in.w + left) * g.in.c;
      std::int8_t* const y = a.y + (oy * g.out.w + ox) * g.out.c;
      for (int c = 0; c < g.out.c; c += V::lanes) {
        const int n = g.out.c - c < V::lanes ? g.out.c - c : V::lanes;
        V::store_first(y + c, mean<V>(g, x + c, ys, xs, n), n, a.range.low, a.range.high);
      }
    }
}

}  // namespace x86

THIMBLE_INLINE void average_pool(x86_avx2, const geometry& g, const pool_args& a) { x86::average<x86::avx2>(g, a); }
#if defined(__AVX512VNNI__)
THIMBLE_INLINE void average_pool(x86_avx512_vnni, const geometry& g, const pool_args& a) {
  x86::average<x86::avx512_vnni>(g, a);
}
#endif

}  // namespace thimble::kernels

#endif
