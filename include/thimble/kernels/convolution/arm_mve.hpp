// Convolution by dot products of sixteen int8 values, four channels at a time.
#pragma once
#include <cstring>

#include <thimble/kernels/arm_mve/columns.hpp>
#include <thimble/kernels/arm_mve/row.hpp>
#include <thimble/kernels/convolution/arguments.hpp>
#include <thimble/kernels/needs.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels {
namespace mve {

/// Scratch: the table of four_channels, the bytes of `windows` windows, all weights if they lie in two places.
struct convolution_scratch {
  int fan_in, groups, window, windows, weights, bytes;
};
constexpr bool is_split(const geometry& g) { return g.trained != 0 && g.trained != g.in.c; }
THIMBLE_INLINE constexpr convolution_scratch scratch_of(const geometry& g) {
  const int fan_in = g.win.taps() * g.in.c, groups = g.out.c / 4;
  const bool reads_in_place = g.win.taps() == 1 && g.win.stride_h == 1 && g.win.stride_w == 1;
  const int window = 48 * (reads_in_place && g.out.pixels() == 1 && groups > 16 ? 16 : groups);
  const int fit = 4096 / fan_in, some = fit < 3 ? 1 : fit < 15 ? fit / 3 * 3 : 15;
  const int windows = reads_in_place ? 0 : some < g.out.pixels() ? some : g.out.pixels();
  const int weights = window + (windows * fan_in + 3) / 4 * 4;
  return {fan_in,  groups,  window,
          windows, weights, weights + (is_split(g) ? (g.out.c * g.win.taps() * g.in.c + 3) / 4 * 4 : 0)};
}

/// Groups [first, end) of four channels; false if one has a left shift, or none.
THIMBLE_NOINLINE inline bool make_groups(four_channels* to, const convolution_args& a, const std::int8_t* w, int size,
                                         int first, int end) {
  constexpr int place[4] = {0, 2, 1, 3};
  std::int32_t sums[4];
  for (int o = 4 * first; o < 4 * end; o += 4, ++to) {
    sum_rows(w + o * size, size, sums);
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const multiplier m = a.scale[o + j];
      if (m.shift >= 0 && m.mantissa != 0) return false;
      const std::uint32_t less = static_cast<std::uint32_t>(a.x_zero) * static_cast<std::uint32_t>(sums[j]);
      const auto bias = static_cast<std::uint32_t>(a.bias != nullptr ? a.bias[o + j] : 0);
      to->bias[place[j]] = static_cast<std::int32_t>(bias - less);
      to->mantissa[j] = m.mantissa;
      to->shift[j] = m.mantissa != 0 ? m.shift : -1;
    }
  }
  return true;
}

/// Rows of weights that lie in two places, together.
THIMBLE_NOINLINE inline void join_weights(std::int8_t* to, const kernels::weights& w, int rows, int c, int trained) {
  const std::int8_t *sram = w.sram, *flash = w.flash + trained;
  for (; rows > 0; --rows, to += c, sram += trained, flash += c) {
    copy_vector(to, sram, trained);
    copy_vector(to + trained, flash, c - trained);
  }
}

/// What all calls of a layer share.
struct column_source {
  columns c;
  int groups;  ///< of the table, at least 1
  int x_step;  ///< bytes from pixel to pixel
};

/// Channels [4 * first, 4 * (first + s.groups)) of `pixels` pixels, the first at x and y.
THIMBLE_NOINLINE inline void multiply_pixels(column_source& s, const std::int8_t* x, std::int8_t* y, int pixels,
                                             const std::int8_t* w) {
  columns& c = s.c;
  const int padded = (c.size + 15) / 16 * 16, threes = pixels / 3;
  const auto run = [&]<int Pixels>(int tiles) THIMBLE_LAMBDA_INLINE {
    if (tiles == 0) return;
    for (int p = 0; p < 3; ++p) c.x[p] = x + (p < Pixels ? p * s.x_step : 0);
    c.y = y;
    c.w = w;
    c.next_row = c.size - padded;
    c.next_groups = Pixels * c.size + (Pixels == 1 ? 3 * c.size : 0) - padded;
    c.x_next = Pixels * s.x_step;
    c.y_next = Pixels * c.y_step - 4 * s.groups;
    c.tiles = tiles;
    c.mask != nullptr ? multiply_columns<Pixels, true>(&c) : multiply_columns<Pixels, false>(&c);
    x += tiles * Pixels * s.x_step;
    y += tiles * Pixels * c.y_step;
  };
  run.template operator()<3>(threes);
  run.template operator()<1>(pixels - 3 * threes);
}

/// Channels from `first` on, one by one: those after the last whole group, or what the tiles do not take; `pixels` pixels.
THIMBLE_NOINLINE inline void multiply_rest(const geometry& g, const convolution_args& a, const std::int8_t* x, int size,
                                           const std::int8_t* w, int pixels, std::int8_t* y, int first) {
  for (int o = first; o < g.out.c; ++o) {
    const auto less = static_cast<std::uint32_t>(a.x_zero) * static_cast<std::uint32_t>(sum_of(w + o * size, size));
    const auto bias = static_cast<std::uint32_t>(a.bias != nullptr ? a.bias[o] : 0) - less;
    for (int p = 0, at = static_cast<int>(y - a.y) + o; p < pixels; ++p, at += g.out.c) {
      const auto sum = bias + static_cast<std::uint32_t>(dot_product(x + p * size, w + o * size, size));
      a.y[at] = clamp(requantize(static_cast<std::int32_t>(sum), a.scale[o]) + a.y_zero, a.range, a.mask, at);
    }
  }
}

/// The window of output pixel (oy, ox), laid out as its filter; the zero point outside the image.
THIMBLE_INLINE void copy_window(const geometry& g, std::int8_t* to, const std::int8_t* x, int oy, int ox, int zero) {
  const window& win = g.win;
  const int c = g.in.c, line = win.kernel_w * c;
  const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
  if (win.dilation_w == 1 && top >= 0 && left >= 0 && left + win.kernel_w <= g.in.w &&
      top + dilated(win.kernel_h, win.dilation_h) <= g.in.h) {
    const std::int8_t* from = x + (top * g.in.w + left) * c;
#pragma GCC unroll 3
    for (int ky = 0; ky < win.kernel_h; ++ky, to += line, from += win.dilation_h * g.in.w * c)
      copy_vector(to, from, line);
    return;
  }
  const tap_range ys = taps_inside(top, win.kernel_h, g.in.h, win.dilation_h);
  const tap_range xs = taps_inside(left, win.kernel_w, g.in.w, win.dilation_w);
  const std::int8_t* from = x + ((top + ys.begin * win.dilation_h) * g.in.w + left + xs.begin * win.dilation_w) * c;
  if (xs.end - xs.begin != win.kernel_w || ys.end - ys.begin != win.kernel_h)
    std::memset(to, zero, static_cast<std::size_t>(line * win.kernel_h));
  for (int ky = ys.begin; ky < ys.end; ++ky, from += win.dilation_h * g.in.w * c) {
    std::int8_t* at = to + ky * line + xs.begin * c;
    if (win.dilation_w == 1) {
      copy_vector(at, from, (xs.end - xs.begin) * c);
    } else {
      for (int kx = 0; kx < xs.end - xs.begin; ++kx) copy_vector(at + kx * c, from + kx * win.dilation_w * c, c);
    }
  }
}

/// A dense layer with folded biases: no tables to make.
THIMBLE_NOINLINE inline void multiply_folded(const geometry& g, const convolution_args& a) {
  const int size = g.in.c, channels = g.out.c;
  const row r{a.x,
              size,
              4 * size - (size + 15) / 16 * 16,
              a.y_zero,
              a.y + channels,
              launder(a.w.flash),
              launder(a.folded),
              a.scale.mantissa,
              a.scale.shift,
              a.y,
              a.range.low - a.y_zero,
              a.range.high - a.y_zero};
  if (a.part.begin < a.part.end) multiply_row(&r);
}

}  // namespace mve

constexpr kernel_needs convolution_needs(arm_mve, const geometry& g) {
  const mve::convolution_scratch s = mve::scratch_of(g);
  const bool dense = g.in.pixels() == 1 && g.win.taps() == 1 && g.out.c % 4 == 0;
  return {.serves = !g.listed && g.groups == 1 && s.bytes <= 24 * 1024,
          .scratch = s.bytes,
          .by_channel = false,
          .folds = dense && g.trained == 0};
}

/// The same bytes as portable. Tiles of three pixels may reach over rows, as a row of three pixels or more lies behind all the
/// outputs that they make (row_lag).
THIMBLE_INLINE void convolution(arm_mve, const geometry& layer, const convolution_args& a) {
  const geometry g = layer, seen = layer;  // the address of `seen` escapes: nothing about it is constant after a call
  if (a.folded != nullptr) return mve::multiply_folded(seen, a);
  const mve::convolution_scratch s = mve::scratch_of(g);
  auto* const table = reinterpret_cast<mve::four_channels*>(a.scratch);
  auto* const copied = reinterpret_cast<std::int8_t*>(a.scratch + s.window);
  const std::int8_t* w = g.trained == 0 ? launder(a.w.flash) : a.w.sram;
  if (mve::is_split(g)) {
    auto* const joined = reinterpret_cast<std::int8_t*>(a.scratch + s.weights);
    mve::join_weights(joined, launder(a.w, false), g.out.c * g.win.taps(), g.in.c, g.trained);
    w = joined;
  }
  const int size = s.fan_in;
  // What shifts left, or has bits of two pixels in a byte of its mask, goes channel by channel
  const bool tiled = (a.mask == nullptr || g.out.c % 8 == 0) && mve::make_groups(table, a, w, size, 0, s.window / 48);
  const int chunk = tiled ? s.window / 48 : 0, groups = tiled ? s.groups : 0;
  if (tiled && a.mask != nullptr)
    std::memset(a.mask + a.part.begin * g.out.row() / 8, 0,
                static_cast<std::size_t>((a.part.end - a.part.begin) * g.out.row() / 8));

  mve::column_source c{{{},
                        w,
                        table,
                        table + chunk,
                        a.y,
                        g.out.c,
                        0,
                        0,
                        0,
                        0,
                        0,
                        size,
                        a.y_zero,
                        a.range.low - a.y_zero,
                        a.range.high - a.y_zero,
                        a.y,
                        a.mask,
                        g.out.c / 8,
                        {1, 2, 4, 8}},
                       chunk,
                       size};
  if (g.win.taps() == 1 && g.win.stride_h == 1 && g.win.stride_w == 1) {
    const int lines = g.out.w >= 3 && g.out.c == 4 * groups ? a.part.end - a.part.begin : 1, pixels = lines * g.out.w;
    for (int oy = a.part.begin; oy < a.part.end; oy += lines) {
      const std::int8_t* const x = a.x + oy * g.in.row();
      std::int8_t* const y = a.y + oy * g.out.row();
      if (chunk > 0) mve::multiply_pixels(c, x, y, pixels, w);
      int done = chunk;
      for (; done < groups; done += c.groups) {  // a single pixel
        c.groups = done + chunk < groups ? chunk : groups - done;
        c.c.end = table + c.groups;
        if (!mve::make_groups(table, a, w, size, done, done + c.groups)) break;
        mve::multiply_pixels(c, x, y + 4 * done, 1, w + 4 * done * size);
      }
      mve::multiply_rest(seen, a, x, size, w, pixels, y, 4 * done);
    }
    return;
  }
  int oy = a.part.begin, ox = 0;
  for (int left = (a.part.end - oy) * g.out.w, pixels; left > 0; left -= pixels) {  // over rows: all is copied before
    pixels = s.windows < left ? s.windows : left;
    std::int8_t* const y = a.y + (oy * g.out.w + ox) * g.out.c;
    for (int i = 0; i < pixels; ++i) {
      mve::copy_window(g, copied + i * size, a.x, oy, ox, a.x_zero);
      if (++ox == g.out.w) ox = 0, ++oy;
    }
    if (chunk > 0) mve::multiply_pixels(c, copied, y, pixels, w);
    mve::multiply_rest(seen, a, copied, size, w, pixels, y, 4 * chunk);
  }
}

/// The same values as portable; weights where they lie, and no scratch. One tap, no zero point of weights.
THIMBLE_INLINE void convolution_logits(arm_mve, const geometry g, const logits_args& a) {
  const kernels::weights w = launder(a.w, false);
  const int c = g.in.c, k = g.trained;
  for (int o = 0; o < g.out.c; ++o) {
    std::int32_t sum = a.bias != nullptr ? a.bias[o] : 0;
    if (k > 0) sum += mve::dot_product(a.x, w.sram + o * k, k) - a.x_zero * mve::sum_of(w.sram + o * k, k);
    if (k < c) {
      const std::int8_t* const row = w.flash + o * c + k;
      sum += mve::dot_product(a.x + k, row, c - k) - a.x_zero * mve::sum_of(row, c - k);
    }
    const multiplier m = a.scale[o];
    a.y[o] = saturate<std::int32_t>(shift_round(std::int64_t{sum} * m.mantissa, 31 - m.shift - 16));
  }
}

}  // namespace thimble::kernels

#endif
