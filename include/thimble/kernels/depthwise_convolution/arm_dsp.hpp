// Depthwise convolution a channel at a time: its image as a plane of int16, filtered by SMLAD.
#pragma once
#include <thimble/kernels/arm_dsp/plane.hpp>
#include <thimble/kernels/convolution.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {
namespace dsp {

/// The plane in scratch: rows of `width` int16 values, beginning pad_left columns before the image; as many rows as `outputs`
/// rows of output see. Where that is less than the image, the image passes in bands.
struct plane_layout {
  int width, rows, outputs;
  [[nodiscard]] constexpr int bytes() const { return 2 * width * rows + 4; }
};
constexpr int plane_width(const geometry& g) {
  const int seen = (g.out.w - 1) * g.win.stride_w + g.win.kernel_w, held = g.win.pad_left + g.in.w;
  return ((seen > held ? seen : held) + 1) / 2 * 2;
}
THIMBLE_INLINE constexpr plane_layout layout_of(const geometry& g) {
  constexpr int most = 12 * 1024;
  const int width = plane_width(g), k = g.win.kernel_h, s = g.win.stride_h;
  const int fit = (most / (2 * width) - k) / s + 1;  // rows of output
  const int outputs = fit < 1 ? 1 : fit < g.out.h ? fit : g.out.h;
  return {width, (outputs - 1) * s + k, outputs};
}
constexpr bool is_plane(const geometry& g) {
  const window& w = g.win;
  const bool taps = w.kernel_h == w.kernel_w && (w.kernel_h == 3 || w.kernel_h == 5 || w.kernel_h == 7);
  const bool strides = w.stride_h == w.stride_w && (w.stride_h == 1 || w.stride_h == 2);
  return taps && strides && w.dilation_h == 1 && w.dilation_w == 1 && g.in.c == g.out.c &&
         w.pad_top <= w.kernel_h - w.stride_h && g.out.w <= g.in.w && layout_of(g).bytes() <= 20 * 1024;
}

/// A row of one channel, `step` bytes apart.
THIMBLE_NOINLINE inline void gather_row(std::int16_t* to, const std::int8_t* from, int step, int count) {
  const std::int8_t* third = from + 3 * step;
  for (; count >= 4; count -= 4, to += 4) {
    const std::uint32_t v0 = pair_of(from[0], from[step]), v1 = pair_of(from[2 * step], *third);
    from += 4 * step;
    third += 4 * step;
    store(to, v0);
    store(to + 2, v1);
  }
  for (; count > 0; --count, from += step) *to++ = *from;
}
THIMBLE_INLINE void fill_words(std::int16_t* to, int count, std::uint32_t pair) {
  for (; count > 1; count -= 2, to += 2) store(to, pair);
  if (count > 0) *to = static_cast<std::int16_t>(pair);
}

/// Pairs of weights of one channel as plane says; the sum of all.
THIMBLE_INLINE int pair_weights(std::uint32_t* to, const std::int8_t* w, int step, int taps) {
  int sum = 0;
  for (int ky = 0; ky < taps; ++ky) {
    int last = *w;
    w += step;
    sum += last;
    for (int kx = 1; kx < taps; ++kx, w += step) {
      const int next = *w;
      sum += next;
      *to++ = pair_of(last, next);
      last = next;
    }
  }
  return sum;
}

/// The accumulator of the output whose window begins at x.
THIMBLE_INLINE std::int32_t filtered(const plane& p, const std::int16_t* x, int taps) {
  std::int32_t sum = p.c.bias;
  const std::uint32_t* w = p.w;
  for (int ky = 0; ky < taps; ++ky, x += p.row / 2, w += taps - 1) {
    for (int kx = 0; kx < taps - 1; ++kx) sum += x[kx] * static_cast<std::int16_t>(w[kx]);
    sum += x[taps - 1] * (static_cast<std::int32_t>(w[taps - 2]) >> 16);
  }
  return sum;
}

/// filter_plane for a channel that is not regular. `at`: number of the first output in the tensor.
THIMBLE_NOINLINE inline void filter_rare(const plane& p, const geometry& g, const convolution_args& a, int o, int at) {
  const int taps = g.win.kernel_h, s = g.win.stride_h;
  std::int8_t* y = p.y;
  for (int r = 0; r < p.rows; ++r)
    for (int n = 0; n < g.out.w; ++n, y += p.y_step, at += p.y_step)
      *y = p.c.kind == constant_kind
               ? static_cast<std::int8_t>(p.c.addend)
               : clamp(requantize(filtered(p, p.x + r * s * p.row / 2 + n * s, taps), a.scale[o]) + a.y_zero, a.range,
                       a.mask, at);
}

/// One band: output rows [begin, end); of the plane, rows from `held` on are still to be gathered.
template <int Taps, int Stride>
THIMBLE_INLINE void filter_band(const geometry& g, const convolution_args& a, const plane_layout& l, plane& p, int o,
                                int begin, int end, int held) {
  auto* const rows = reinterpret_cast<std::int16_t*>(a.scratch);
  const int first = begin * Stride - g.win.pad_top, count = (end - begin - 1) * Stride + Taps;
  const std::uint32_t zero = pair_of(a.x_zero, a.x_zero);
  for (int r = held; r < count; ++r) {
    std::int16_t* to = rows + r * l.width;
    if (first + r >= 0 && first + r < g.in.h)
      gather_row(to + g.win.pad_left, a.x + (first + r) * g.in.w * g.in.c + o, g.in.c, g.in.w);
    else
      fill_words(to, l.width, zero);
  }
  p.x = rows;
  p.y = a.y + begin * g.out.w * g.out.c + o;
  p.rows = end - begin;
  if (p.c.kind <= last_regular)
    filter_plane<Taps, Stride>(&p);
  else
    filter_rare(p, g, a, o, begin * g.out.w * g.out.c + o);
}

template <int Taps, int Stride>
THIMBLE_NOINLINE void filter_channels(const geometry& g, const convolution_args& a) {
  constexpr int group = plane_group(Taps, Stride);
  const plane_layout l = layout_of(g);
  auto* const rows = reinterpret_cast<std::int16_t*>(a.scratch);
  const channel_source source{a.bias, a.scale, a.y_zero, a.range, 255 * 128 * Taps * Taps, a.mask != nullptr};
  const std::int8_t* const flash = launder(a.w.flash);
  // The borders at the left and the right, which no row of the image writes.
  fill_words(rows, l.width * l.rows, pair_of(a.x_zero, a.x_zero));

  plane p;
  p.row = 2 * l.width;
  p.next_row = 2 * Stride * (l.width - g.out.w);
  p.y_step = g.out.c;
  p.many = g.out.w / group * group * 2 * Stride;
  p.rest = static_cast<unsigned>(g.out.w % group);
  for (int o = 0; o < g.out.c; ++o) {
    make_channels(&p.c, source, o, 1);
    const bool trained = o < g.trained;
    const int sum = pair_weights(p.w, trained ? a.w.sram + o : flash + o, trained ? g.trained : g.out.c, Taps);
    p.c.bias = static_cast<std::int32_t>(static_cast<std::uint32_t>(p.c.bias) - static_cast<std::uint32_t>(sum * a.x_zero));
    int held = 0;
    for (int begin = a.part.begin; begin < a.part.end; begin += l.outputs) {
      const int end = begin + l.outputs < a.part.end ? begin + l.outputs : a.part.end;
      filter_band<Taps, Stride>(g, a, l, p, o, begin, end, held);
      if (end == a.part.end) break;
      held = Taps - Stride;
      for (int i = 0; i < held * l.width; ++i) rows[i] = rows[i + l.outputs * Stride * l.width];
    }
  }
  if (a.range.low > -128 || a.range.high < 127)
    clamp_all(a.y + a.part.begin * g.out.row(), (a.part.end - a.part.begin) * g.out.row(), a.range);
}

}  // namespace dsp

constexpr kernel_needs depthwise_needs(arm_dsp, const geometry& g) {
  return {.serves = dsp::is_plane(g), .scratch = dsp::layout_of(g).bytes(), .by_channel = true};
}

/// The same bytes as portable. y may begin where x does, or lie apart.
THIMBLE_INLINE void depthwise_convolution(arm_dsp, const geometry& g, const convolution_args& a) {
  const bool two = g.win.stride_h == 2;
  if (g.win.kernel_h == 3)
    two ? dsp::filter_channels<3, 2>(g, a) : dsp::filter_channels<3, 1>(g, a);
  else if (g.win.kernel_h == 5)
    two ? dsp::filter_channels<5, 2>(g, a) : dsp::filter_channels<5, 1>(g, a);
  else
    two ? dsp::filter_channels<7, 2>(g, a) : dsp::filter_channels<7, 1>(g, a);
}

}  // namespace thimble::kernels

#endif
