// The gradients of pointwise convolutions by dot products of eight int16 values: tiles of three rows by two.
#pragma once
#include <thimble/kernels/arm_mve/learning.hpp>
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

namespace mve {

/// Scratch of a weight gradient: a band of input channels, a row of positions each, and one more; three output channels; sums.
struct correlation_scratch {
  int row;       ///< positions, in eights
  int channels;  ///< of a band, even unless all
  [[nodiscard]] constexpr int held() const { return (channels + 1) / 2 * 2; }
  [[nodiscard]] constexpr int dy() const { return row * held(); }
  [[nodiscard]] constexpr int sums() const { return dy() + 6 * row; }
  [[nodiscard]] constexpr int bytes() const { return sums() + 12 * held(); }
};
THIMBLE_INLINE constexpr correlation_scratch correlation_scratch_of(const geometry& g) {
  constexpr int most = 8 * 1024;
  const int row = in_eights(g.out.pixels()), fit = most / row / 2 * 2;
  return {row, g.trained < fit ? g.trained : fit};
}

}  // namespace mve

constexpr kernel_needs weight_gradient_needs(arm_mve, const geometry& g) {
  const window& w = g.win;
  const bool pointwise = w.taps() == 1 && w.stride_h == 1 && w.stride_w == 1;
  return {.serves = pointwise && g.groups == 1 && g.out.pixels() <= 256 && g.in.c < 4096 && g.out.c < 4096,
          .scratch = g.out.pixels() <= 256 ? mve::correlation_scratch_of(g).bytes() : 0};
}

/// The same steps as portable: sums of dy * x, then less the zero point times the sum of dy. Scratch: correlation_scratch.
template <learning_rule Rule>
THIMBLE_INLINE void convolution_weight_gradient(arm_mve, const geometry& g, const weight_gradient_args<Rule>& a) {
  const mve::correlation_scratch s = mve::correlation_scratch_of(g);
  auto* const x = reinterpret_cast<std::int8_t*>(a.scratch);
  auto* const dy = reinterpret_cast<std::int16_t*>(a.scratch + s.dy());
  auto* const sums = reinterpret_cast<std::int32_t*>(a.scratch + s.sums());
  const int n = g.out.c, k = g.trained, positions = g.out.pixels(), held = s.held();
  mve::row_products p{};
  p.n = positions;
  p.next = s.row;
  p.to = a.scratch + s.sums();
  p.to_next = 4 * held;
  for (int begin = 0; begin < k; begin += s.channels) {
    const int channels = k - begin < s.channels ? k - begin : s.channels;
    mve::gather_bytes(x, s.row, a.from.x + begin, a.from.x_row, 1, positions, channels);
    for (int o = 0; o < n; o += 3) {
      const int rows = n - o < 3 ? n - o : 3;
      const mve::three_sums total = mve::gather_three(dy, 2 * s.row, a.from.dy + o, 2 * n, positions, rows);
      for (int j = 0; j < 3; ++j) p.t[j] = dy + (j < rows ? j : 0) * s.row;
      p.w[0] = x;
      p.w[1] = x + s.row;
      p.tiles = (channels + 1) / 2;
      mve::multiply_rows<mve::sums_are::kept>(&p);
      for (int j = 0; j < rows; ++j)
        mve::learn<Rule>(a.to.of(a.scale[o + j]), (o + j) * k + begin, sums + j * held, -a.from.x_zero * total.v[j],
                         channels);
    }
  }
}

}  // namespace thimble::kernels

#endif
