// The input gradient of pointwise convolutions: tiles of four pixels by two channels, by SMLAD on pairs of output channels.
#pragma once
#include <thimble/kernels/arm_dsp/scaled.hpp>
#include <thimble/kernels/needs.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {
namespace dsp {

/// Scratch: scaled gradients of a band of tiles, then the weights of four input channels, in pairs.
struct gradient_scratch {
  int pairs;  ///< of output channels
  int tiles;  ///< of a band
  [[nodiscard]] constexpr int bytes() const { return 16 * pairs * (tiles + 1); }
};
THIMBLE_INLINE constexpr gradient_scratch gradient_scratch_of(const geometry& g) {
  constexpr int most = 8 * 1024;
  const int pairs = (g.out.c + 1) / 2, all = (g.out.pixels() + 3) / 4, fit = most / (16 * pairs);
  return {pairs, fit < 1 ? 1 : fit < all ? fit : all};
}

/// What gather_tiles cannot write where it belongs: fewer than four pixels or two channels.
THIMBLE_NOINLINE inline void gather_edge(gradient_tiles k, int pixels, int channels) {
  std::int16_t values[8];
  std::int16_t* const dx = k.dx;
  const int step = k.dx_step / 2;
  const bool adds = k.adds != 0;
  k.dx = values;
  k.dx_step = 4;
  k.tiles = 1;
  k.adds = 0;
  gather_tiles(&k);
  for (int p = 0; p < pixels; ++p)
    for (int j = 0; j < channels; ++j) put(dx[p * step + j], values[2 * p + j], adds);
}

/// One channel or two of `pixels` pixels.
THIMBLE_NOINLINE inline void gather_pixels(gradient_tiles k, int pixels, int channels) {
  const std::uint32_t* const t = k.t;
  const int tile = 2 * static_cast<int>(k.w_end - k.w);  // words of t
  const int whole = channels == 2 ? pixels / 4 : 0;
  k.tiles = whole;
  if (whole > 0) gather_tiles(&k);
  for (int p = 4 * whole; p < pixels; p += 4) {
    gradient_tiles edge = k;
    edge.t = t + p / 4 * tile;
    edge.dx = k.dx + p * (k.dx_step / 2);
    gather_edge(edge, pixels - p < 4 ? pixels - p : 4, channels);
  }
}

/// Input channels [begin, end) of a band, their weights in rows of `row`, the channel's at w[channel].
THIMBLE_NOINLINE inline void gather_channels(gradient_tiles k, const std::int8_t* w, int row, int begin, int end, int n,
                                             int pixels) {
  std::int16_t* const dx = k.dx;
  const auto first = const_cast<std::uint32_t*>(k.w), second = const_cast<std::uint32_t*>(k.w_end);
  for (int i = begin; i < end; i += 4) {
    const int count = end - i < 4 ? end - i : 4;
    const int early = count == 4 || row < 4 ? 0 : 4 - count;  // end >= 4, as the row holds the channels before
    pair_rows(first, second, w + i - early, row, n, {count, row < 4 ? -1 : 8 * early});
    for (int j = 0; j < count; j += 2) {
      k.dx = dx + i + j;
      k.w = j == 0 ? first : second;
      k.w_end = k.w + (second - first);
      gather_pixels(k, pixels, count - j < 2 ? 1 : 2);
    }
  }
}

}  // namespace dsp

constexpr kernel_needs input_gradient_needs(arm_dsp, const geometry& g) {
  const window& w = g.win;
  const bool pointwise = w.taps() == 1 && w.stride_h == 1 && w.stride_w == 1;
  const int bytes = dsp::gradient_scratch_of(g).bytes();
  return {.serves = pointwise && !g.listed && g.groups == 1 && g.out.pixels() > 2 && bytes <= 16 * 1024,
          .scratch = bytes};
}

/// The same values as portable, for a shift in [2, 31]. Scratch: gradient_scratch.
THIMBLE_INLINE void convolution_input_gradient(arm_dsp, const geometry& g, const input_gradient_args& a) {
  const dsp::gradient_scratch s = dsp::gradient_scratch_of(g);
  const std::int8_t* const flash = launder(a.w.flash);
  const int n = g.out.c, c = g.in.c, k = g.trained, all = g.out.pixels();
  auto* const t = reinterpret_cast<std::uint32_t*>(a.scaled);
  std::uint32_t* const w = t + 4 * s.pairs * s.tiles;
  dsp::gradient_tiles work{t,        w,
                           w + 2 * s.pairs, a.dx,
                           2 * c,    static_cast<std::int32_t>(1u << (32 - a.shift)),
                           -s.pairs & 3, 0,
                           a.adds ? 1 : 0};
  for (int first = 0; first < all; first += 4 * s.tiles) {
    const int pixels = all - first < 4 * s.tiles ? all - first : 4 * s.tiles;
    dsp::scale_tiles(t, a.dy + first * n, n, pixels, a.scale, a.raise, a.limit);
    work.dx = a.dx + first * c;
    if (k != 0) dsp::gather_channels(work, a.w.sram, k, 0, k, n, pixels);
    if (k != c) dsp::gather_channels(work, flash, c, k, c, n, pixels);
  }
}

}  // namespace thimble::kernels

#endif
