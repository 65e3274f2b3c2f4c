// The input gradient of pointwise convolutions: tiles of four pixels by two channels, by SMLAD on pairs of output channels.
#pragma once
#include <cstring>

#include <thimble/kernels/arm_dsp/scaled.hpp>
#include <thimble/kernels/convolution_gradient.hpp>  // whose end includes this
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
  constexpr int most = 20 * 1024;
  const int limit = fits_scratch(g, most) ? most : g.most_scratch;
  const int pairs = (g.out.c + 1) / 2, all = (g.out.pixels() + 3) / 4, fit = limit / (16 * pairs) - (limit < most);
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
    pair_rows<8>(first, second, w + i, row, n, word_of_row(row, i, end), 0);
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
  return {.serves = pointwise && !g.listed && g.groups == 1 && g.out.pixels() > 2 && bytes <= 24 * 1024 &&
                    fits_scratch(g, bytes),
          .scratch = bytes};
}

/// The same values as portable, for a shift in [2, 31]. Scratch: gradient_scratch.
THIMBLE_INLINE void convolution_input_gradient(arm_dsp, const geometry& g, const input_gradient_args& a) {
  const dsp::gradient_scratch s = dsp::gradient_scratch_of(g);
  const std::int8_t* const flash = launder(a.w.flash);
  const int n = g.out.c, c = g.in.c, k = g.trained, all = g.out.pixels();
  auto* const t = reinterpret_cast<std::uint32_t*>(a.scaled);
  std::uint32_t* const w = t + 4 * s.pairs * s.tiles;
  dsp::gradient_tiles work{t,
                           w,
                           w + 2 * s.pairs,
                           a.dx,
                           2 * c,
                           static_cast<std::int32_t>(1u << (32 - a.shift)),
                           -s.pairs & 3,
                           0,
                           a.adds ? 1 : 0};
  for (int first = 0; first < all; first += 4 * s.tiles) {
    const int pixels = all - first < 4 * s.tiles ? all - first : 4 * s.tiles;
    dsp::scale_tiles(t, a.dy + first * n, n, pixels, a.scale, a.raise, a.limit);
    work.dx = a.dx + first * c;
    if (k != 0) dsp::gather_channels(work, a.w.sram, k, 0, k, n, pixels);
    if (k != c) dsp::gather_channels(work, flash, c, k, c, n, pixels);
  }
}

namespace dsp {

/// Scratch of a weight gradient: inputs of a band of four channels each, in pairs of positions; the same of two output channels; sums.
struct correlation_scratch {
  int pairs;                                                           ///< of positions that are summed at a time
  int tiles;                                                           ///< of a band
  [[nodiscard]] constexpr int w() const { return 4 * pairs * tiles; }  ///< in words
  [[nodiscard]] constexpr int sums() const { return w() + 2 * pairs; }
  [[nodiscard]] constexpr int bytes() const { return 4 * (sums() + 8 * tiles); }
};
/// All positions at a time; where that is more than the limit, half of them or less, and one tile.
THIMBLE_INLINE constexpr correlation_scratch correlation_scratch_of(const geometry& g) {
  constexpr int most = 8 * 1024;
  const int pairs = (g.out.pixels() + 1) / 2, all = (g.trained + 3) / 4;
  const int fit = fits_scratch(g, most) ? most / (16 * pairs) : (g.most_scratch - 8 * pairs) / (16 * pairs + 32);
  correlation_scratch s{pairs, fit < 1 ? 1 : fit < all ? fit : all};
  while (!fits_scratch(g, s.bytes()) && g.out.pixels() % 2 == 0 && s.pairs % 4 == 0) s.pairs /= 2;
  return s;
}

/// Two channels of n positions, or one, in pairs of positions.
THIMBLE_NOINLINE inline void pair_positions(std::uint32_t* to, const std::int16_t* dy, int channels, int n, bool both) {
  for (; n > 1; n -= 2, dy += 2 * channels, to += 2) {
    if (both) {
      const std::uint32_t a = load(dy), b = load(dy + channels);
      to[0] = low_halves(a, b);
      to[1] = high_halves(a, b);
    } else {
      to[0] = pair_of(dy[0], dy[channels]);
      to[1] = 0;
    }
  }
  if (n > 0) {
    to[0] = pair_of(dy[0], 0);
    to[1] = both ? pair_of(dy[1], 0) : 0;
  }
}

/// Channels [begin, end) of n positions from x on, `row` a position, less the zero point.
THIMBLE_NOINLINE inline void pair_inputs(std::uint32_t* to, int pairs, const std::int8_t* x, int row, int begin,
                                         int end, int n, std::uint32_t less_zero) {
  for (int i = begin; i < end; i += 4, to += 4 * pairs)
    pair_rows<16>(to, to + 2, x + i, row, n, word_of_row(row, i, end), less_zero);
}

/// sums[i][j]: of `tiles` fours of input channels with the two output channels in w.
THIMBLE_NOINLINE inline void correlate_tiles(const correlation_scratch& s, std::uint32_t* scratch, int tiles) {
  const gradient_tiles k{scratch,
                         scratch + s.w(),
                         scratch + s.sums(),
                         reinterpret_cast<std::int16_t*>(scratch + s.sums()),
                         8,
                         0,
                         -s.pairs & 3,
                         tiles,
                         raw_sums};
  gather_tiles(&k);
}

/// Whether weights are kept with eight more bits and steps applied as they come.
constexpr bool learns_plainly(learning_rule r) {
  return r.is_plain() && r.residual_bits == 8 && !r.stochastic && !r.shadow;
}

/// channel::learn for `count` neighbours from `at` on, their sums two apart, steps of [1, 31] bits to drop. 20 instructions a weight.
template <learning_rule Rule>
THIMBLE_NOINLINE void learn_row(const weights_at<Rule>& to, step_size size, int at, const std::int32_t* sums,
                                int count) {
  std::int8_t* value = to.value + at;
  unsigned char* rest = to.residual + at;
  const auto doubled = static_cast<std::int32_t>(size.mantissa << 1);
  const int less_one = -size.exponent - 32;
  for (; count > 0; --count, ++value, ++rest, sums += 2) {
    const std::int32_t step = ((high_product(*sums, doubled) >> less_one) + 1) >> 1;
    constexpr std::int32_t low = -(127 << 8) - 128, high = (127 << 8) + 127;
    std::int32_t q = saturating_subtract(*value * 256 + static_cast<std::int8_t>(*rest), step);
    q = q < low ? low : q > high ? high : q;
    *value = static_cast<std::int8_t>((q + 128) >> 8);
    *rest = static_cast<unsigned char>(q);
  }
}

/// The weights [at, at + count) of an output channel.
template <learning_rule Rule>
THIMBLE_INLINE void learn(const typename weight_sink<Rule>::channel& to, int at, const std::int32_t* sums, int count) {
  if constexpr (learns_plainly(Rule)) {
    const int shift = -to.size.exponent - 31;
    if (to.size.mantissa != 0 && shift >= 1 && shift <= 31) return learn_row(to.to.w, to.size, at, sums, count);
  }
  for (int i = 0; i < count; ++i) to.learn(at + i, sums[2 * i]);
}

/// As correlate_tiles, but added to the sums of one tile.
THIMBLE_NOINLINE inline void add_correlation(const correlation_scratch& s, std::uint32_t* scratch) {
  const gradient_tiles k{
      scratch, scratch + s.w(), scratch + s.sums(), reinterpret_cast<std::int16_t*>(scratch + s.sums()), 8, 0, 0, 1, 0};
  add_tiles(&k);
}

}  // namespace dsp

constexpr kernel_needs weight_gradient_needs(arm_dsp, const geometry& g) {
  const window& w = g.win;
  const bool pointwise = w.taps() == 1 && w.stride_h == 1 && w.stride_w == 1;
  const int pixels = g.out.pixels();
  const int bytes = dsp::correlation_scratch_of(g).bytes();
  return {.serves = pointwise && g.groups == 1 && pixels <= 256 && fits_scratch(g, bytes), .scratch = bytes};
}

/// The same steps as portable, the sums by SMLAD on pairs of positions. Scratch: correlation_scratch.
template <learning_rule Rule>
THIMBLE_INLINE void convolution_weight_gradient(arm_dsp, const geometry& g, const weight_gradient_args<Rule>& a) {
  const dsp::correlation_scratch s = dsp::correlation_scratch_of(g);
  auto* const scratch = reinterpret_cast<std::uint32_t*>(a.scratch);
  const auto* const sums = reinterpret_cast<const std::int32_t*>(scratch + s.sums());
  const int n = g.out.c, k = g.trained, positions = g.out.pixels(), row = a.from.x_row;
  const std::uint32_t less_zero = dsp::pair_of(-a.from.x_zero, -a.from.x_zero);
  const bool whole = 2 * s.pairs >= positions;
  for (int begin = 0; begin < k; begin += 4 * s.tiles) {
    const int end = k - begin < 4 * s.tiles ? k : begin + 4 * s.tiles, tiles = (end - begin + 3) / 4;
    if (whole) dsp::pair_inputs(scratch, s.pairs, a.from.x, row, begin, end, positions, less_zero);
    for (int o = 0; o < n; o += 2) {
      const bool both = o + 1 < n;
      if (whole) {
        dsp::pair_positions(scratch + s.w(), a.from.dy + o, n, positions, both);
        dsp::correlate_tiles(s, scratch, tiles);
      } else {
        std::memset(scratch + s.sums(), 0, 32);
        for (int first = 0; first < positions; first += 2 * s.pairs) {
          dsp::pair_inputs(scratch, s.pairs, a.from.x + first * row, row, begin, end, 2 * s.pairs, less_zero);
          dsp::pair_positions(scratch + s.w(), a.from.dy + first * n + o, n, 2 * s.pairs, both);
          dsp::add_correlation(s, scratch);
        }
      }
      for (int j = 0; j < (both ? 2 : 1); ++j) {
        const auto to = a.to.of(a.scale[o + j]);
        dsp::learn<Rule>(to, (o + j) * k + begin, sums + j, end - begin);
      }
    }
  }
}

}  // namespace thimble::kernels

#endif
