// Convolution in tiles of eight, four or one pixels, by SMLAD on widened activations.
#pragma once
#include <thimble/kernels/arm_dsp/pixel.hpp>
#include <thimble/kernels/arm_dsp/tile.hpp>
#include <thimble/kernels/arm_dsp/widen.hpp>
#include <thimble/kernels/convolution/arguments.hpp>
#include <thimble/kernels/needs.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {
namespace dsp {

/// Where a convolution's scratch lies, in bytes.
struct convolution_scratch {
  int fan_in;    ///< K: products of a sum
  int pixels;    ///< of the widest tile: 8, 4 or 1
  int channels;  ///< of the table, at offset 0; single pixels have none
  int x, row;
  int copied;   ///< rows of weights that fit at `row`: several where they lie partly in SRAM
  int clipped;  ///< tile::clipped of the channels of the table
  int bytes;
};
constexpr int filter_size(const geometry& g) { return g.win.taps() * g.in.c; }
constexpr bool is_split(const geometry& g) { return g.trained != 0 && g.trained != g.in.c; }
/// For tiles of `pixels` and a table of at most `channels`.
THIMBLE_INLINE constexpr convolution_scratch scratch_for(const geometry& g, int pixels, int channels) {
  constexpr int most_copied = 512;
  convolution_scratch s{};
  s.fan_in = filter_size(g);
  const int k = padded4(s.fan_in);
  s.pixels = pixels;
  s.channels = pixels == 1 ? 0 : g.out.c < channels ? g.out.c : channels;
  s.x = s.channels * static_cast<int>(sizeof(channel));
  s.row = s.x + 2 * k * s.pixels;
  s.copied = pixels > 1 && is_split(g) && s.fan_in <= most_copied / 2 ? most_copied / s.fan_in : 1;
  if (s.copied > g.out.c) s.copied = g.out.c;
  s.clipped = s.row + padded4(s.copied * s.fan_in);
  s.bytes = s.clipped + padded4(s.channels);
  return s;
}
/// The widest tile, and for it the longest table, that keep to the layer's limit; if none does, single pixels.
THIMBLE_NOINLINE constexpr convolution_scratch scratch_of(const geometry& g) {
  constexpr int most_tile = 16384;
  const int positions = g.out.pixels(), k = padded4(filter_size(g));
  for (int pixels = 8; pixels >= 4; pixels /= 2)
    for (int channels = 256; positions >= pixels && 2 * pixels * k <= most_tile && channels >= 16; channels /= 4)
      if (const convolution_scratch s = scratch_for(g, pixels, channels); fits_scratch(g, s.bytes)) return s;
  return scratch_for(g, 1, 0);
}

/// Rows of weights, one an output channel, wherever they lie.
struct filter_rows {
  const geometry& g;
  const std::int8_t *flash, *sram;
  std::int8_t* room;  ///< for copies
  int size;           ///< K

  /// Rows [0, direct()) may be read by whole words where they lie; the last would be read past its end.
  [[nodiscard]] THIMBLE_INLINE int direct() const { return is_split(g) ? 0 : (size & 3) != 0 ? g.out.c - 1 : g.out.c; }
  [[nodiscard]] THIMBLE_INLINE const std::int8_t* at(int o) const { return (g.trained == 0 ? flash : sram) + o * size; }
  /// The rows of `count` channels from o on, copied.
  THIMBLE_NOINLINE const std::int8_t* copy(int o, int count) const {
    if (!is_split(g)) {
      copy_bytes(room, at(o), count * size);
      return room;
    }
    const int c = g.in.c, k = g.trained, taps = g.win.taps();
    const std::int8_t *from = sram + o * taps * k, *rest = flash + o * taps * c + k;
    std::int8_t* to = room;
    for (int r = count * taps; r > 0; --r, to += c, from += k, rest += c) {
      copy_bytes(to, from, k);
      copy_bytes(to + k, rest, c - k);
    }
    return room;
  }
};

/// put(o, bias[o] + sum over k of x[k] * w[o][k]) for every output channel of one pixel.
template <class Put>
THIMBLE_INLINE void multiply_pixel(const filter_rows& w, const std::uint32_t* x, const std::int32_t* bias, Put put) {
  const int words = padded4(w.size) / 4, channels = w.g.out.c, direct = w.direct(), row = w.size;
  int o = 0;
  const std::int32_t zeros[4]{};
  quad q{x, x + 2 * words, w.at(0), row, -words & 3, bias != nullptr ? bias : zeros, {}};
  for (; o + 4 <= direct; o += 4, q.w += 4 * row) {
    multiply_quad(&q);
    if (bias != nullptr) q.bias += 4;
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) put(o + j, q.sums[j]);
  }
#pragma GCC unroll 1
  for (; o < channels; ++o)
    put(o, multiply_row(bias != nullptr ? bias[o] : 0, x, o < direct ? w.at(o) : w.copy(o, 1), words));
}

/// One call of a convolution.
struct convolver {
  const geometry& g;
  const convolution_args& a;
  const convolution_scratch s;
  const filter_rows w;
  channel_source source;
  channel* table;
  std::uint32_t* x;
  int first = 0;   ///< channel of table[0]
  int pixels = 0;  ///< of the tile in work
  int from = 0;    ///< its first pixel

  bool masks_fast;  ///< by tile::clipped
  void (*multiply_eight)(const tile*) = multiply_tile<8, false>;
  void (*multiply_four)(const tile*) = multiply_tile<4, false>;

  THIMBLE_INLINE convolver(const geometry& layer, const convolution_args& args)
      : g(layer),
        a(args),
        s(scratch_of(layer)),
        w{layer, launder(args.w.flash), args.w.sram, reinterpret_cast<std::int8_t*>(args.scratch + s.row), s.fan_in},
        source{args.bias, args.scale, args.y_zero, args.range, 255 * 128 * s.fan_in, false},
        table(reinterpret_cast<channel*>(args.scratch)),
        x(reinterpret_cast<std::uint32_t*>(args.scratch + s.x)),
        masks_fast(args.mask != nullptr && (g.out.c & 7) == 0 && args.range.low == -128 && args.range.high == 127) {
    source.masks_slowly = args.mask != nullptr && !masks_fast;
  }

  [[nodiscard]] THIMBLE_INLINE std::uint8_t* clipped() const { return a.scratch + s.clipped; }

  /// One channel that is not regular, in all pixels of the tile.
  static void finish(const tile* t, const channel* c, std::int8_t* y, const std::int32_t* sums) {
    const auto& me = *static_cast<const convolver*>(t->context);
    const int channels = me.g.out.c, at = static_cast<int>(c - me.table), o = me.first + at, pixels = me.pixels;
    std::uint8_t* const mask = me.a.mask;
    const int first = me.from * channels + o;  // output
    std::uint8_t passes = 0;
    if (sums == nullptr) {
      for (int p = 0; p < pixels; ++p) y[p * channels] = static_cast<std::int8_t>(c->addend);
      if (c->bias != 0) passes = 0xff;
      if (mask != nullptr && !me.masks_fast)
        for (int p = 0; p < pixels; ++p) set_bit(mask, first + p * channels, passes != 0);
    } else {
      const multiplier m = me.a.scale[o];
      for (int p = 0; p < pixels; ++p, y += channels) {
        const int v = requantize(sums[p], m) + me.a.y_zero;
        *y = me.masks_fast ? clamp(v, me.a.range, &passes, p) : clamp(v, me.a.range, mask, first + p * channels);
      }
    }
    if (me.masks_fast) me.clipped()[at] = static_cast<std::uint8_t>(~passes);
  }

  /// Channels [first + i, first + end) of the tile, their weights at `weights`.
  void multiply(const std::int8_t* weights, int i, int end) const {
    const int words = padded4(s.fan_in) / 4;
    const tile t{x,
                 -words & 3,
                 table + i,
                 a.y + from * g.out.c + first + i,
                 g.out.c,
                 x + words * pixels * 2,
                 weights,
                 table + end,
                 s.fan_in - 4 * words,
                 s.fan_in,
                 finish,
                 this,
                 static_cast<int>(clipped() - reinterpret_cast<std::uint8_t*>(a.y)) - from * g.out.c - first};
    (pixels == 8 ? multiply_eight : multiply_four)(&t);
  }

  void make(int begin) {
    first = begin;
    const int left = g.out.c - begin;
    make_channels(table, source, begin, left < s.channels ? left : s.channels);
  }

  /// The tile whose activations are in x.
  THIMBLE_NOINLINE void finish_tile() {
    const int direct = w.direct();
    for (int begin = 0; begin < g.out.c; begin += s.channels) {
      if (s.channels < g.out.c) make(begin);
      const int end = begin + s.channels < g.out.c ? begin + s.channels : g.out.c;
      const int border = direct < begin ? begin : direct < end ? direct : end;
      if (border > begin) multiply(w.at(begin), 0, border - begin);
      for (int o = border; o < end; o += s.copied) {
        const int count = end - o < s.copied ? end - o : s.copied;
        multiply(w.copy(o, count), o - begin, o - begin + count);
      }
      if (masks_fast)
        for (int o = begin; o < end; o += 8)
          store_masks(a.mask + (from * g.out.c + o) / 8, g.out.c / 8, clipped() + o - begin, pixels);
    }
    clamp_all(a.y + from * g.out.c, pixels * g.out.c, a.range);
  }

  /// The pixel whose activations are in x. Channels by rare_output if they are not regular, or are masked.
  THIMBLE_NOINLINE void finish_pixel() const {
    const multipliers scale = a.scale;  // copies: a store to y might change what is not
    const int twice = 1 + 2 * a.y_zero, at = from * g.out.c;
    const std::uint32_t regular = a.mask == nullptr ? last_regular : 0;
    std::int8_t* const y = a.y + at;
    multiply_pixel(w, x, a.bias, [&](int o, std::int32_t sum) THIMBLE_LAMBDA_INLINE {
      const auto less_one = static_cast<std::uint32_t>(-scale.shift[o] - 1);
      if (less_one < regular)
        y[o] = requantized(sum, scale.mantissa[o], less_one, twice);
      else
        y[o] = rare_output(o, sum);
    });
    clamp_all(y, g.out.c, a.range);
  }
  THIMBLE_NOINLINE std::int8_t rare_output(int o, std::int32_t sum) const {
    return clamp(requantize(sum, a.scale[o]) + a.y_zero, a.range, a.mask, from * g.out.c + o);
  }
};

template <int Pixels>
THIMBLE_INLINE void widen_tile(const geometry& g, const convolution_args& a, const convolver& c,
                               std::uint32_t less_zero) {
  if (g.win.taps() == 1 && g.win.stride_h == 1 && g.win.stride_w == 1)
    widen_pixels<Pixels>(c.x, a.x + c.from * g.in.c, g.in.c, less_zero, a.x_zero);
  else if constexpr (Pixels == 8)
    widen_windows(g, c.x, c.w.room, a.x, c.from, less_zero, a.x_zero);
  else
    widen_few_windows(c.g, c.x, c.w.room, a.x, c.from, Pixels, less_zero, a.x_zero);
}

}  // namespace dsp

constexpr kernel_needs convolution_needs(arm_dsp, const geometry& g) {
  const int bytes = dsp::scratch_of(g).bytes;
  return {.serves = !g.listed && g.groups == 1 && bytes <= 24 * 1024 && fits_scratch(g, bytes),
          .scratch = bytes,
          .by_channel = false};
}

namespace dsp {

template <bool May_mask>
THIMBLE_INLINE void convolve(const geometry& layer, const convolution_args& a) {
  const geometry g = layer, seen = layer;  // the address of `seen` escapes: nothing about it is constant after a call
  convolver c(seen, a);
  if constexpr (May_mask)
    if (c.masks_fast) {
      c.multiply_eight = multiply_tile<8, true>;
      c.multiply_four = multiply_tile<4, true>;
    }
  if (c.s.channels >= g.out.c) c.make(0);
  const std::uint32_t less_zero = pair_of(-a.x_zero, -a.x_zero);
  const int end = a.part.end * g.out.w;
  for (c.from = a.part.begin * g.out.w; c.from < end; c.from += c.pixels) {
    const int left = end - c.from;
    c.pixels = left >= 8 && c.s.pixels == 8 ? 8 : left >= 4 && c.s.pixels >= 4 ? 4 : 1;
    if (c.pixels == 8)
      widen_tile<8>(g, a, c, less_zero);
    else if (c.pixels == 4)
      widen_tile<4>(g, a, c, less_zero);
    else
      widen_tile<1>(g, a, c, less_zero);
    if (c.pixels == 1)
      c.finish_pixel();
    else
      c.finish_tile();
  }
}

}  // namespace dsp

/// The same bytes as portable. Scratch: convolution_scratch. No zero point of weights.
THIMBLE_INLINE void convolution(arm_dsp, const geometry& layer, const convolution_args& a) {
  dsp::convolve<true>(layer, a);
}
THIMBLE_INLINE void convolution(arm_dsp, const geometry& layer, const unmasked_convolution_args& a) {
  dsp::convolve<false>(layer, a);
}

namespace dsp {
THIMBLE_NOINLINE inline std::int32_t logit_of(std::int32_t sum, multiplier m) {
  return saturate<std::int32_t>(shift_round(std::int64_t{sum} * m.mantissa, 31 - m.shift - 16));
}
}  // namespace dsp

/// The same values as portable: y[o] = round(acc[o] * scale[o] * 2^16). Scratch as convolution's.
THIMBLE_INLINE void convolution_logits(arm_dsp, const geometry& g, const logits_args& a) {
  const dsp::convolution_scratch s = dsp::scratch_of(g);
  auto* x = reinterpret_cast<std::uint32_t*>(a.scratch + s.x);
  dsp::widen_pixels<1>(x, a.x, g.in.c, dsp::pair_of(-a.x_zero, -a.x_zero), a.x_zero);
  const dsp::filter_rows w{g, launder(a.w.flash), a.w.sram, reinterpret_cast<std::int8_t*>(a.scratch + s.row), g.in.c};
  dsp::multiply_pixel(w, x, a.bias,
                      [&](int o, std::int32_t sum) THIMBLE_LAMBDA_INLINE { a.y[o] = dsp::logit_of(sum, a.scale[o]); });
}

}  // namespace thimble::kernels

#endif
