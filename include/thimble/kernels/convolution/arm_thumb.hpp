// Convolution on cores without pairs of multiplications: tiles of pixels on widened activations, and single pixels.
#pragma once
#include <cstring>

#include <thimble/kernels/arm_thumb/tile.hpp>
#include <thimble/kernels/arm_thumb/widen.hpp>
#include <thimble/kernels/arm_thumb1/tile.hpp>
#include <thimble/kernels/arm_thumb2/tile.hpp>
#include <thimble/kernels/convolution/arguments.hpp>
#include <thimble/kernels/needs.hpp>

#if defined(THIMBLE_THUMB)

namespace thimble::kernels {
namespace thumb {

/// Pixels of a tile: as many accumulators as there are registers for; then four.
constexpr int widest_tile(arm_thumb1) { return 6; }
constexpr int widest_tile(arm_thumb2) { return 8; }

/// Where a convolution's scratch lies, in bytes.
struct convolution_scratch {
  int fan_in;    ///< K: products of a sum
  int pixels;    ///< of the widest tile
  int channels;  ///< of the table, at offset 0; single pixels have none
  int x, row, bytes;
};
template <target Target>
THIMBLE_INLINE constexpr convolution_scratch scratch_of(Target t, const geometry& g) {
  constexpr int most_channels = 256, most_tile = 19 * 1024, word = 4;
  const int widest = widest_tile(t), positions = g.out.pixels();
  convolution_scratch s{};
  s.fan_in = g.win.taps() * g.in.c;
  const int k = s.fan_in;
  s.pixels = positions >= widest && word * widest * k <= most_tile ? widest
             : positions >= 4 && word * 4 * k <= most_tile         ? 4
                                                                   : 1;
  s.channels = s.pixels == 1 ? 0 : g.out.c < most_channels ? g.out.c : most_channels;
  s.x = s.channels * static_cast<int>(sizeof(channel));
  const int list = (k + 7) / 8 * 8 * static_cast<int>(sizeof(activation)), tile = word * k * s.pixels;
  s.row = s.x + (list > tile ? list : tile);
  s.bytes = s.row + (g.trained != 0 && g.trained != g.in.c ? (k + 3) / 4 * 4 : 0);
  return s;
}

/// Rows of weights, one an output channel, wherever they lie.
struct filter_rows {
  const geometry& g;
  const std::int8_t *flash, *sram;
  std::int8_t* room;  ///< for one row
  int size;           ///< K

  [[nodiscard]] THIMBLE_INLINE bool is_split() const { return g.trained != 0 && g.trained != g.in.c; }
  [[nodiscard]] THIMBLE_INLINE const std::int8_t* at(int o) const { return (g.trained == 0 ? flash : sram) + o * size; }
  /// The row of channel o, put together.
  THIMBLE_NOINLINE const std::int8_t* copy(int o) const {
    const int c = g.in.c, k = g.trained, taps = g.win.taps();
    std::int8_t* to = room;
    for (int r = o * taps; r < (o + 1) * taps; ++r, to += c) {
      std::memcpy(to, sram + r * k, static_cast<std::size_t>(k));
      std::memcpy(to + k, flash + r * c + k, static_cast<std::size_t>(c - k));
    }
    return room;
  }
};

/// The activations of one pixel that are not zero, listed, with as many that are as make eights. Values of x, widened, begin
/// where the list has room for n behind what they become. Returns the end.
THIMBLE_NOINLINE inline activation* list_activations(activation* to, const std::int32_t* x, int n) {
  activation* const begin = to;
  for (int k = 0; k < n; ++k)
    if (const std::int32_t v = x[k]; v != 0) *to++ = {k, v};
  while (to == begin || (to - begin) % 8 != 0) *to++ = {0, 0};
  return to;
}
/// Where these values begin.
THIMBLE_INLINE std::int32_t* plain_of(activation* list, int n) {
  return reinterpret_cast<std::int32_t*>(list) + 2 * ((n + 7) / 8 * 8) - n;
}

/// put(o, bias[o] + sum over k of x[k] * w[o][k]) for every output channel of one pixel.
template <target Target, class Put>
THIMBLE_INLINE void multiply_pixel(Target t, const filter_rows& w, activation* list, const std::int32_t* bias,
                                   Put put) {
  const activation* const end = list_activations(list, plain_of(list, w.size), w.size);
  const int channels = w.g.out.c, whole = w.is_split() ? 0 : channels;
  const std::int32_t zeros[4]{};
  quad q{list, end, w.at(0), w.size, bias != nullptr ? bias : zeros, {}};
  int o = 0;
  for (; o + 4 <= whole; o += 4, q.w += 4 * w.size) {
    multiply_quad(t, &q);
    if (bias != nullptr) q.bias += 4;
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) put(o + j, q.sums[j]);
  }
#pragma GCC unroll 1
  for (; o < channels; ++o) {
    std::int32_t sum = bias != nullptr ? bias[o] : 0;
    const std::int8_t* const row = w.is_split() ? w.copy(o) : w.at(o);
    for (const activation* x = list; x != end; ++x) sum += x->x * row[x->k];
    put(o, sum);
  }
}

/// One call of a convolution.
template <target Target>
struct convolver {
  const geometry& g;
  const convolution_args& a;
  const convolution_scratch s;
  const filter_rows w;
  channel_source source;
  channel* table;
  std::int32_t* x;
  int first = 0;   ///< channel of table[0]
  int pixels = 0;  ///< of the tile in work
  int from = 0;    ///< its first pixel

  static constexpr int widest = widest_tile(Target{});

  THIMBLE_INLINE convolver(const geometry& layer, const convolution_args& args)
      : g(layer),
        a(args),
        s(scratch_of(Target{}, layer)),
        w{layer, launder(args.w.flash), args.w.sram, reinterpret_cast<std::int8_t*>(args.scratch + s.row), s.fan_in},
        source{args.bias,           args.scale, args.y_zero, args.range, std::int64_t{255 * 128} * s.fan_in,
               args.mask != nullptr},
        table(reinterpret_cast<channel*>(args.scratch)),
        x(reinterpret_cast<std::int32_t*>(args.scratch + s.x)) {}

  /// One channel that is not regular, in all pixels of the tile.
  static void finish(const tile* t, const channel* c, std::int8_t* y, const std::int32_t* sums) {
    const auto& me = *static_cast<const convolver*>(t->context);
    const int channels = me.g.out.c, o = me.first + static_cast<int>(c - me.table), pixels = me.pixels;
    if (sums == nullptr) {
      for (int p = 0; p < pixels; ++p) y[p * channels] = static_cast<std::int8_t>(c->addend);
      return;
    }
    const multiplier m = me.a.scale[o];
    const bool regular = is_regular(m) && me.source.bounds(c->bias);
    std::uint8_t* const mask = me.a.mask;
    const limits range = me.a.range;
    const int zero = me.a.y_zero, twice = 1 + 2 * zero;
    int at = me.from * channels + o;
    for (const std::int32_t* const end = sums + pixels; sums != end; ++sums, at += channels, y += channels) {
      const int v = regular ? scaled_sum(Target{}, *sums, m, twice) : requantize(*sums, m) + zero;
      *y = clamp(v, range, mask, at);
    }
  }

  /// Channels [first + i, first + end) of the tile, their weights at `weights`.
  void multiply(const std::int8_t* weights, int i, int end) const {
    const tile t{x,
                 weights,
                 table + i,
                 a.y + from * g.out.c + first + i,
                 g.out.c,
                 x + s.fan_in * pixels,
                 -s.fan_in & 7,
                 table + end,
                 s.fan_in,
                 finish,
                 this,
                 a.y_zero == -128 ? -128 : 0};
    if (pixels == widest)
      multiply_tile<widest>(Target{}, &t);
    else
      multiply_tile<4>(Target{}, &t);
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
      const int count = g.out.c - begin < s.channels ? g.out.c - begin : s.channels;
      if (!w.is_split()) {
        multiply(w.at(begin), 0, count);
      } else {
        for (int i = 0; i < count; ++i) multiply(w.copy(begin + i), i, i + 1);
      }
    }
    clamp_all(a.y + from * g.out.c, pixels * g.out.c, a.range);
  }

  /// The pixel whose activations are in x.
  THIMBLE_NOINLINE void finish_pixel() const {
    const convolution_args c = a;  // a copy: a store to y might change what is not
    const int begin = from * g.out.c, twice = 1 + 2 * c.y_zero;
    multiply_pixel(Target{}, w, reinterpret_cast<activation*>(x), c.bias,
                   [&](int o, std::int32_t sum) THIMBLE_LAMBDA_INLINE {
                     const multiplier m = c.scale[o];
                     const bool regular = is_regular(m) && sum <= most_sum && sum >= -most_sum;
                     const int v = regular ? scaled_sum(Target{}, sum, m, twice) : requantize(sum, m) + c.y_zero;
                     c.y[begin + o] = clamp(v, c.range, c.mask, begin + o);
                   });
  }

  template <int Pixels>
  THIMBLE_INLINE void widen(std::int32_t* to) const {
    if (g.win.taps() == 1 && g.win.stride_h == 1 && g.win.stride_w == 1)
      widen_pixels<Pixels>(to, a.x + from * g.in.c, g.in.c, a.x_zero);
    else
      widen_windows<Pixels>(g, to, a.x, from, a.x_zero);
  }

  THIMBLE_INLINE void run() {
    if (s.channels >= g.out.c) make(0);
    const int end = a.part.end * g.out.w;
    for (from = a.part.begin * g.out.w; from < end; from += pixels) {
      const int left = end - from;
      pixels = left >= widest && s.pixels == widest ? widest : left >= 4 && s.pixels >= 4 ? 4 : 1;
      if (pixels == widest)
        widen<widest>(x);
      else if (pixels == 4)
        widen<4>(x);
      else
        widen<1>(plain_of(reinterpret_cast<activation*>(x), s.fan_in));
      if (pixels == 1)
        finish_pixel();
      else
        finish_tile();
    }
  }
};

template <target Target>
THIMBLE_NOINLINE void convolve_layer(const geometry& g, const convolution_args& a) {
  convolver<Target>(g, a).run();
}

template <target Target>
THIMBLE_NOINLINE void convolve_logits(const geometry& g, const logits_args& a) {
  const convolution_scratch s = scratch_of(Target{}, g);
  auto* const list = reinterpret_cast<activation*>(a.scratch + s.x);
  widen_pixels<1>(plain_of(list, g.in.c), a.x, g.in.c, a.x_zero);
  const filter_rows w{g, launder(a.w.flash), a.w.sram, reinterpret_cast<std::int8_t*>(a.scratch + s.row), g.in.c};
  multiply_pixel(Target{}, w, list, a.bias, [&](int o, std::int32_t sum) THIMBLE_LAMBDA_INLINE {
    const multiplier m = a.scale[o];
    a.y[o] = saturate<std::int32_t>(shift_round(std::int64_t{sum} * m.mantissa, 31 - m.shift - 16));
  });
}

}  // namespace thumb

template <thumb::target Target>
constexpr kernel_needs convolution_needs(Target t, const geometry& g) {
  const int bytes = thumb::scratch_of(t, g).bytes;
  return {.serves = !g.listed && g.groups == 1 && bytes <= 24 * 1024, .scratch = bytes, .by_channel = false};
}

/// The same bytes as portable. Scratch: convolution_scratch. No zero point of weights.
template <thumb::target Target>
THIMBLE_INLINE void convolution(Target, const geometry& g, const convolution_args& a) {
  thumb::convolve_layer<Target>(g, a);
}

/// The same values as portable: y[o] = round(acc[o] * scale[o] * 2^16). Scratch as convolution's.
template <thumb::target Target>
THIMBLE_INLINE void convolution_logits(Target, const geometry& g, const logits_args& a) {
  thumb::convolve_logits<Target>(g, a);
}

}  // namespace thimble::kernels

#endif
