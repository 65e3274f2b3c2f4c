// Convolution in tiles of eight, four or one pixels, by SMLAD on widened activations.
#pragma once
#include <thimble/kernels/arm_dsp/pixel.hpp>
#include <thimble/kernels/arm_dsp/tile.hpp>
#include <thimble/kernels/arm_dsp/widen.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {
namespace dsp {

/// Where a convolution's scratch lies, in bytes.
struct convolution_scratch {
  int fan_in;    ///< K: products of a sum
  int pixels;    ///< of the widest tile: 8, 4 or 1
  int channels;  ///< of the table, at offset 0
  int x, row, bytes;
};
constexpr int filter_size(const geometry& g) { return g.win.taps() * g.in.c; }
THIMBLE_INLINE constexpr convolution_scratch scratch_of(const geometry& g) {
  constexpr int most_channels = 256, most_tile = 16384;
  convolution_scratch s{};
  s.fan_in = filter_size(g);
  const int k = padded4(s.fan_in), positions = g.out.pixels();
  s.pixels = positions >= 8 && 16 * k <= most_tile ? 8 : positions >= 4 && 8 * k <= most_tile ? 4 : 1;
  s.channels = g.out.c < most_channels ? g.out.c : most_channels;
  s.x = s.channels * static_cast<int>(sizeof(channel));
  s.row = s.x + 2 * k * s.pixels;
  s.bytes = s.row + k;
  return s;
}

/// One call of a convolution.
struct convolver {
  const geometry& g;
  const convolution_args& a;
  const convolution_scratch s;
  const std::int8_t* flash;
  channel_source source;
  channel* table;
  std::uint32_t* x;
  std::int8_t* row;
  int first = 0;   ///< channel of table[0]
  int pixels = 0;  ///< of the tile in work
  int from = 0;    ///< its first pixel

  THIMBLE_INLINE convolver(const geometry& layer, const convolution_args& args)
      : g(layer),
        a(args),
        s(scratch_of(layer)),
        flash(launder(args.w.flash)),
        source{args.bias, args.scale, args.y_zero, args.range, 255 * 128 * s.fan_in, args.mask != nullptr},
        table(reinterpret_cast<channel*>(args.scratch)),
        x(reinterpret_cast<std::uint32_t*>(args.scratch + s.x)),
        row(reinterpret_cast<std::int8_t*>(args.scratch + s.row)) {}

  /// Accumulators of one channel that is not regular, of all pixels of the tile.
  static void finish(const tile* t, const channel* c, std::int8_t* y, const std::int32_t* sums) {
    const auto& me = *static_cast<const convolver*>(t->context);
    const int channels = me.g.out.c, o = me.first + static_cast<int>(c - me.table);
    for (int p = 0; p < me.pixels; ++p)
      y[p * channels] = sums == nullptr
                            ? static_cast<std::int8_t>(c->addend)
                            : clamp(requantize(sums[p], me.a.scale[o]) + me.a.y_zero, me.a.range, me.a.mask,
                                    (me.from + p) * channels + o);
  }

  /// The weights of channel o in one row: where some are in SRAM and some in flash.
  THIMBLE_NOINLINE const std::int8_t* gathered_row(int o) const {
    const int c = g.in.c, k = g.trained, taps = g.win.taps();
    std::int8_t* to = row;
    for (int r = o * taps; r < (o + 1) * taps; ++r, to += c) {
      std::memcpy(to, a.w.sram + r * k, static_cast<std::size_t>(k));
      std::memcpy(to + k, flash + r * c + k, static_cast<std::size_t>(c - k));
    }
    return row;
  }

  /// Channels [table, table + count) of the tile, from weights at w on.
  void multiply(const std::int8_t* w, const channel* begin, int count) const {
    std::int8_t* y = a.y + from * g.out.c + first + (begin - table);
    const int words = padded4(s.fan_in) / 4;
    const tile t{x,
                 w,
                 begin,
                 y,
                 g.out.c,
                 x + words * pixels * 2,
                 -words & 3,
                 begin + count,
                 s.fan_in - 4 * words,
                 s.fan_in,
                 finish,
                 this,
                 from};
    if (pixels == 8)
      multiply_tile<8>(&t);
    else if (pixels == 4)
      multiply_tile<4>(&t);
    else
      multiply_pixel(&t);
  }

  /// All channels of the table. A row that is split, and the last one where reading whole words would pass its end, is copied.
  void multiply_table(int count) const {
    const bool split = g.trained != 0 && g.trained != g.in.c;
    const std::int8_t* w = (g.trained == 0 ? flash : a.w.sram) + first * s.fan_in;
    const int direct = split ? 0 : (s.fan_in & 3) != 0 && first + count == g.out.c ? count - 1 : count;
    if (direct > 0) multiply(w, table, direct);
    for (int i = direct; i < count; ++i) {
      if (split)
        gathered_row(first + i);
      else
        std::memcpy(row, w + i * s.fan_in, static_cast<std::size_t>(s.fan_in));
      multiply(row, table + i, 1);
    }
  }

  void make(int begin) {
    first = begin;
    const int left = g.out.c - begin;
    make_channels(table, source, begin, left < s.channels ? left : s.channels);
  }

  /// The tile whose activations are in x.
  THIMBLE_NOINLINE void finish_tile() {
    for (int begin = 0; begin < g.out.c; begin += s.channels) {
      if (s.channels < g.out.c) make(begin);
      const int left = g.out.c - begin;
      multiply_table(left < s.channels ? left : s.channels);
    }
    if (a.range.low > -128 || a.range.high < 127) clamp_all(a.y + from * g.out.c, pixels * g.out.c, a.range);
  }
};

}  // namespace dsp

constexpr kernel_needs convolution_needs(arm_dsp, const geometry& g) {
  const int bytes = dsp::scratch_of(g).bytes;
  return {.serves = g.groups == 1 && bytes <= 24 * 1024, .scratch = bytes, .by_channel = false};
}

/// The same bytes as portable. Scratch: convolution_scratch. No zero point of weights.
THIMBLE_INLINE void convolution(arm_dsp, const geometry& g, const convolution_args& a) {
  dsp::convolver c(g, a);
  if (c.s.channels == g.out.c) c.make(0);
  const std::uint32_t less_zero = dsp::pair_of(-a.x_zero, -a.x_zero);
  const int end = a.part.end * g.out.w;
  for (c.from = a.part.begin * g.out.w; c.from < end; c.from += c.pixels) {
    const int left = end - c.from;
    c.pixels = left >= 8 && c.s.pixels == 8 ? 8 : left >= 4 && c.s.pixels >= 4 ? 4 : 1;
    if (g.win.taps() == 1 && g.win.stride_h == 1 && g.win.stride_w == 1)
      dsp::widen_pixels(c.x, a.x + c.from * g.in.c, c.pixels, g.in.c, less_zero, a.x_zero);
    else
      dsp::widen_windows(g, c.x, c.row, a.x, c.from, c.pixels, less_zero, a.x_zero);
    c.finish_tile();
  }
}

/// The same values as portable: y[o] = round(acc[o] * scale[o] * 2^16).
THIMBLE_INLINE void convolution_logits(arm_dsp, const geometry& g, const logits_args& a) {
  convolution_logits(portable{}, g, a);
}

}  // namespace thimble::kernels

#endif
