// The gradients of pointwise convolutions by dot products of eight int16 values: tiles of three rows by two.
#pragma once
#include <thimble/kernels/arm_mve/plane.hpp>
#include <thimble/kernels/arm_mve/products.hpp>
#include <thimble/kernels/arm_mve/scaled.hpp>
#include <thimble/kernels/convolution_gradient/arm_dsp.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels {
namespace mve {

constexpr int in_eights(int n) { return (n + 7) / 8 * 8; }

/// Scratch: the factors of all channels, the scaled gradients of a band of pixels, the weights of two input channels.
struct gradient_scratch {
  int pixels;  ///< of a band, a multiple of three unless all
  int scaled, w, bytes;
};
THIMBLE_INLINE constexpr gradient_scratch gradient_scratch_of(const geometry& g) {
  constexpr int most = 12 * 1024;
  const int row = in_eights(g.out.c), all = g.out.pixels(), fit = most / (2 * row) / 3 * 3;
  const int pixels = all <= fit ? all : fit < 3 ? 3 : fit;
  const int scaled = row / 8 * static_cast<int>(sizeof(eight_factors)), w = scaled + 2 * row * pixels;
  return {pixels, scaled, w, w + (2 * g.out.c + 3) / 4 * 4};
}

/// Two input channels, or the one that is left, of a band.
struct gradient_columns {
  const std::int16_t* t;
  std::int8_t* w;
  int n, row, pixels;  ///< channels of dy, in eights; pixels of the band
  int shift, c;        ///< channels of dx
  bool adds;
};
/// The weights of input channel i are at from, from + step, ...
THIMBLE_NOINLINE inline void gather_columns(const gradient_columns& k, std::int16_t* dx, const std::int8_t* from,
                                            int step, bool both) {
  gather_bytes(k.w, k.n, from, step, 1, k.n, both ? 2 : 1);
  row_products p;
  p.w[0] = k.w;
  p.w[1] = both ? k.w + k.n : k.w;
  p.n = k.n;
  p.next = 2 * k.row;
  p.to_next = 6 * k.c;
  p.shift = -k.shift;
  p.zeros[0] = p.zeros[1] = 0;
  const auto run = [&](int first, int tiles, int last) THIMBLE_LAMBDA_INLINE {
    if (tiles == 0) return;
    constexpr int order[4] = {0, 2, 1, 2};
    for (int r = 0; r < 3; ++r) p.t[r] = k.t + (first + (r < last ? r : last)) * k.row;
    for (int j = 0; j < 4; ++j) {
      const int r = order[j] < last ? order[j] : last;
      p.offsets[j] = static_cast<std::uint16_t>(2 * r * k.c);
      p.offsets[4 + j] = static_cast<std::uint16_t>(2 * r * k.c + (both ? 2 : 0));
    }
    p.to = reinterpret_cast<unsigned char*>(dx + first * k.c);
    p.tiles = tiles;
    k.adds ? multiply_rows<sums_are::added>(&p) : multiply_rows<sums_are::written>(&p);
  };
  const int threes = k.pixels / 3, rest = k.pixels - 3 * threes;
  run(0, threes, 2);
  run(3 * threes, rest > 0 ? 1 : 0, rest - 1);  // rows that are not there repeat the last
}

}  // namespace mve

constexpr kernel_needs input_gradient_needs(arm_mve, const geometry& g) {
  const window& w = g.win;
  const bool pointwise = w.taps() == 1 && w.stride_h == 1 && w.stride_w == 1;
  const int bytes = mve::gradient_scratch_of(g).bytes;
  return {.serves = pointwise && !g.listed && g.groups == 1 && g.in.c < 8192 && bytes <= 16 * 1024, .scratch = bytes};
}

/// The same values as portable, for a shift in [2, 31]. Scratch: gradient_scratch.
THIMBLE_INLINE void convolution_input_gradient(arm_mve, const geometry& g, const input_gradient_args& a) {
  const mve::gradient_scratch s = mve::gradient_scratch_of(g);
  const std::int8_t* const flash = launder(a.w.flash);
  const int n = g.out.c, c = g.in.c, k = g.trained, all = g.out.pixels(), row = mve::in_eights(n);
  auto* const scratch = reinterpret_cast<unsigned char*>(a.scaled);
  auto* const factors = reinterpret_cast<mve::eight_factors*>(scratch);
  auto* const t = reinterpret_cast<std::int16_t*>(scratch + s.scaled);
  mve::set_factors(factors, a.scale, n, a.raise);
  for (int first = 0; first < all; first += s.pixels) {
    const int pixels = all - first < s.pixels ? all - first : s.pixels;
    const mve::row_scaling scaling{factors, a.dy + first * n, t, n / 8, pixels, n % 8, a.limit};
    mve::scale_rows(&scaling);
    const mve::gradient_columns columns{
        t, reinterpret_cast<std::int8_t*>(scratch + s.w), n, row, pixels, a.shift, c, a.adds};
    std::int16_t* const dx = a.dx + first * c;
    for (int i = 0; i < k; i += 2) mve::gather_columns(columns, dx + i, a.w.sram + i, k, i + 1 < k);
    for (int i = k; i < c; i += 2) mve::gather_columns(columns, dx + i, flash + i, c, i + 1 < c);
  }
}

}  // namespace thimble::kernels

#endif
