// The input gradient of pointwise convolutions: the tiles of the forward pass, of scaled gradients and turned weights.
#pragma once
#include <cstring>

#include <thimble/kernels/convolution/arm_thumb.hpp>
#include <thimble/kernels/convolution_gradient.hpp>  // whose end includes this
#include <thimble/kernels/needs.hpp>

#if defined(THIMBLE_THUMB)

namespace thimble::kernels {
namespace thumb {

/// Scratch: a table of channels, which are all alike; the weights of some input channels, a row each; scaled gradients of a band of
/// tiles, int32 [tile][output channel][pixel].
struct gradient_scratch {
  int channels;  ///< input channels at a time
  int pixels;    ///< of a tile
  int tiles;     ///< of a band
  int w, t, bytes;
};
template <target Target>
THIMBLE_INLINE constexpr gradient_scratch gradient_scratch_of(Target target, const geometry& g) {
  constexpr int most_weights = 1024, most_band = 10 * 1024;
  gradient_scratch s{};
  const int n = g.out.c, fit = most_weights / n;
  s.channels = fit < 4 ? 4 : fit > 16 ? 16 : fit;
  const int widest = widest_tile(target);
  s.pixels = g.out.pixels() >= widest && 4 * n * widest <= most_band ? widest : 4;
  const int tile = 4 * n * s.pixels, all = (g.out.pixels() + s.pixels - 1) / s.pixels;
  s.tiles = tile > most_band ? 1 : all * tile > most_band ? most_band / tile : all;
  s.w = s.channels * static_cast<int>(sizeof(channel));
  s.t = s.w + (s.channels * n + 3) / 4 * 4;
  s.bytes = s.t + s.tiles * tile;
  return s;
}

/// w[o * row + j], j < count, of n rows, to to[j * n + o].
THIMBLE_NOINLINE inline void turn_weights(std::int8_t* to, const std::int8_t* w, int row, int n, int count) {
  int j = 0;
  for (; j + 4 <= count; j += 4, to += 4 * n)
    for (int o = 0; o < n; ++o) {
      const std::int8_t* const from = w + o * row + j;
      to[o] = from[0];
      to[o + n] = from[1];
      to[o + 2 * n] = from[2];
      to[o + 3 * n] = from[3];
    }
  for (; j < count; ++j, to += n)
    for (int o = 0; o < n; ++o) to[o] = w[o * row + j];
}

/// Gradients of `count` pixels, scaled as scale16 does; zero in the pixels of the last tile that there are not.
THIMBLE_NOINLINE inline void scale_gradients(std::int32_t* to, const std::int16_t* dy, int n, int pixels, int count,
                                             multipliers scale, int raise, int limit) {
  for (int o = 0; o < n; ++o, ++dy, to += pixels) {
    const gradient_factor f = factor_of(scale[o], raise);
    const bool usual = f.shift > 0 && f.shift < 32;
    const std::int16_t* from = dy;
    std::int32_t* tile = to;
    for (int left = count; left > 0; left -= pixels, tile += n * pixels) {
      std::int32_t* at = tile;
      std::int32_t* const end = at + (left < pixels ? left : pixels);
      if (usual) {
        for (; at != end; ++at, from += n) {
          const std::int32_t v = *from * f.mantissa, q = (v >> f.shift) + (v >> (f.shift - 1) & 1);
          *at = q < -limit ? -limit : q > limit ? limit : q;
        }
      } else {
        for (; at != end; ++at, from += n) *at = scale16(*from, f, limit);
      }
      for (; at != tile + pixels; ++at) *at = 0;
    }
  }
}

/// One call of an input gradient.
struct gradient_work {
  std::int16_t* dx;  ///< of the table's first channel in the tile's first pixel
  const channel* table;
  int step, shift, pixels;
  bool adds;

  static void put_channel(const tile* t, const channel* c, std::int8_t*, const std::int32_t* sums) {
    const auto& me = *static_cast<const gradient_work*>(t->context);
    const int step = me.step, shift = me.shift;
    std::int16_t* dx = me.dx + (c - me.table);
    if (shift > 0 && shift < 32 && !me.adds) {
      for (int p = me.pixels; p > 0; --p, dx += step, ++sums)
        *dx = saturate16((*sums >> shift) + (*sums >> (shift - 1) & 1));
    } else {
      for (int p = me.pixels; p > 0; --p, dx += step, ++sums) put(*dx, narrow16(*sums, shift), me.adds);
    }
  }
};

template <target Target>
THIMBLE_NOINLINE void gather_layer(const geometry& g, const input_gradient_args& a) {
  constexpr int widest = widest_tile(Target{});
  const gradient_scratch s = gradient_scratch_of(Target{}, g);
  const std::int8_t* const flash = launder(a.w.flash);
  const int n = g.out.c, c = g.in.c, k = g.trained, all = g.out.pixels(), band = s.tiles * s.pixels;
  auto* const scratch = reinterpret_cast<unsigned char*>(a.scaled);
  auto* const table = reinterpret_cast<channel*>(scratch);
  auto* const w = reinterpret_cast<std::int8_t*>(scratch + s.w);
  auto* const t = reinterpret_cast<std::int32_t*>(scratch + s.t);
  for (int i = 0; i < s.channels; ++i) table[i] = {0, any_kind, 0, 0};
  gradient_work work{nullptr, table, c, a.shift, 0, a.adds};
  for (int first = 0; first < all; first += band) {
    const int count = all - first < band ? all - first : band;
    scale_gradients(t, a.dy + first * n, n, s.pixels, count, a.scale, a.raise, a.limit);
    for (int i = 0, end = 0; i < c; i = end) {
      const int border = i < k ? k : c;
      end = border - i < s.channels ? border : i + s.channels;
      if (i < k)
        turn_weights(w, a.w.sram + i, k, n, end - i);
      else
        turn_weights(w, flash + i, c, n, end - i);
      const std::int32_t* x = t;
      for (int p = 0; p < count; p += s.pixels, x += n * s.pixels) {
        work.dx = a.dx + (first + p) * c + i;
        work.pixels = count - p < s.pixels ? count - p : s.pixels;
        const tile job{
            x,     w, table, nullptr, 0, x + n * s.pixels, -n & 7, table + (end - i), n, gradient_work::put_channel,
            &work, 0};
        if (s.pixels == widest)
          multiply_tile<widest>(Target{}, &job);
        else
          multiply_tile<4>(Target{}, &job);
      }
    }
  }
}

}  // namespace thumb

template <thumb::target Target>
constexpr kernel_needs input_gradient_needs(Target t, const geometry& g) {
  const window& w = g.win;
  const bool pointwise = w.taps() == 1 && w.stride_h == 1 && w.stride_w == 1;
  const int bytes = thumb::gradient_scratch_of(t, g).bytes;
  return {.serves = pointwise && !g.listed && g.groups == 1 && g.out.pixels() > 2 && bytes <= 24 * 1024,
          .scratch = bytes};
}

/// The same values as portable. Scratch: gradient_scratch.
template <thumb::target Target>
THIMBLE_INLINE void convolution_input_gradient(Target, const geometry& g, const input_gradient_args& a) {
  thumb::gather_layer<Target>(g, a);
}

}  // namespace thimble::kernels

#endif
