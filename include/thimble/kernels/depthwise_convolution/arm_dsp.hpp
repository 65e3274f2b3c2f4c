// Depthwise convolution a channel at a time: its image as a plane of int16, filtered by SMLAD.
#pragma once
#include <thimble/kernels/arm_dsp/filter_plane.hpp>
#include <thimble/kernels/convolution/arguments.hpp>
#include <thimble/kernels/depthwise_convolution/planes.hpp>
#include <thimble/kernels/needs.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {
namespace dsp {

inline constexpr plane_form form{.value = 2, .multiple = 2, .behind = 2, .most = 12 * 1024};

/// Rows of one channel, `step` bytes from value to value. 2.5 instructions a value.
THIMBLE_NOINLINE inline void gather(std::int16_t* to, int width, const std::int8_t* from, int step, int next, int count,
                                    int rows) {
#define THIMBLE_FOUR                                                                                 \
  "ldrsb %[a], [%[x]]\n\tldrsb %[b], [%[x], %[s]]\n\tldrsb %[c], [%[x], %[s], lsl #1]\n\t"           \
  "ldrsb %[d], [%[x], %[s3]]\n\tadd %[x], %[x], %[s], lsl #2\n\tpkhbt %[a], %[a], %[b], lsl #16\n\t" \
  "pkhbt %[c], %[c], %[d], lsl #16\n\tstr %[a], [%[to]], #4\n\tstr %[c], [%[to]], #4\n\t"
  for (; rows > 0; --rows, to += width, from += next) {
    const std::int8_t* x = from;
    std::int16_t* at = to;
    int left = count, a, b, c, d;
    asm volatile("subs %[n], #8\n\tblt 2f\n1:\n\t" THIMBLE_FOUR THIMBLE_FOUR
                 "subs %[n], #8\n\tbge 1b\n2:\n\ttst %[n], #4\n\tbeq 3f\n\t" THIMBLE_FOUR
                 "3:\n\tands %[n], #3\n\tbeq 5f\n4:\n\tldrsb %[a], [%[x]]\n\tadd %[x], %[x], %[s]\n\t"
                 "strh %[a], [%[to]], #2\n\tsubs %[n], #1\n\tbne 4b\n5:\n\t"
                 : [x] "+r"(x), [to] "+r"(at), [n] "+r"(left), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d)
                 : [s] "r"(step), [s3] "r"(3 * step)
                 : "cc", "memory");
  }
#undef THIMBLE_FOUR
}
/// Whole rows, which are of an even number of values.
THIMBLE_INLINE void fill_words(std::int16_t* to, int count, std::uint32_t pair) {
  for (; count > 1; count -= 2, to += 2) store(to, pair);
}

/// Pairs of weights of one channel as plane says; the sum of all.
template <int Taps>
THIMBLE_NOINLINE int pair_weights(std::uint32_t* to, const std::int8_t* w, int step, int next) {
  int sum = 0;
  for (int ky = 0; ky < Taps; ++ky, w += next) {
    const std::int8_t* at = w;
    int last = *at;
    sum += last;
#pragma GCC unroll 6
    for (int kx = 1; kx < Taps; ++kx) {
      at += step;
      const int value = *at;
      sum += value;
      *to++ = pair_of(last, value);
      last = value;
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

/// filter_plane for a channel of any_kind.
THIMBLE_NOINLINE inline void filter_rare(const plane& p, const geometry& g, const convolution_args& a, int o,
                                         int outputs) {
  const int taps = g.win.kernel_h, s = g.win.stride_h;
  std::int8_t* y = p.y;
  for (int r = 0; r < p.rows; ++r, y += p.y_row)
    for (int n = 0; n < outputs; ++n, y += p.y_step)
      *y = clamp(requantize(filtered(p, p.x + r * s * p.row / 2 + n * s, taps), a.scale[o]) + a.y_zero, a.range, a.mask,
                 static_cast<int>(y - a.y));
}

/// The outputs [first, end) of a channel of constant_kind, `step` apart.
THIMBLE_NOINLINE inline void fill_channel(const convolution_args& a, const channel& c, int first, int end, int step) {
  const auto value = static_cast<std::int8_t>(c.addend);
  std::int8_t* const y = a.y;
  for (int i = first; i < end; i += step) y[i] = value;
  if (std::uint8_t* const mask = a.mask; mask != nullptr)
    for (int i = first; i < end; i += step) set_bit(mask, i, c.bias != 0);
}

/// What is made for each window, so that all of them share one copy of the rest.
struct plane_filter {
  int taps, stride;
  int (*pair_weights)(std::uint32_t* to, const std::int8_t* w, int step, int next);
  void (*filter)(const plane*);
};
template <int Taps, int Stride, bool May_mask>
inline constexpr plane_filter filter_of{Taps, Stride, pair_weights<Taps>, filter_plane<Taps, Stride, false, May_mask>};

THIMBLE_NOINLINE inline void filter_channels(const geometry& g, const convolution_args& a, const plane_filter& f) {
  const int taps = f.taps, stride = f.stride, group = plane_group(taps, stride);
  const plane_layout l = layout_of(g, form);
  const bool masks_fast = a.mask != nullptr && (g.out.c & 7) == 0 && a.range.low == -128 && a.range.high == 127;
  const channel_source source{
      a.bias, a.scale, a.y_zero, a.range, 255 * 128 * taps * taps, a.mask != nullptr && !masks_fast};
  const std::int8_t* const flash = launder(a.w.flash);
  auto* const rows = reinterpret_cast<std::int16_t*>(a.scratch);
  const std::uint32_t zero = pair_of(a.x_zero, a.x_zero);
  fill_words(rows, l.width * l.rows, zero);  // gathered rows leave the borders as they are

  const auto [along, across, start, first, last] = part_of(g, a.part, l.turned, taps);
  const int made = (a.part.end - a.part.begin) * g.out.row();
  plane p;
  p.m = {};
  p.x = rows + start * stride;
  p.row = 2 * l.width;
  p.next_row = 2 * stride * (l.width - along.out);
  p.y_step = along.y;
  p.y_row = across.y - along.out * along.y;
  p.many = along.out / group * group * 2 * stride;
  p.rest = static_cast<unsigned>(along.out % group);
  const bool whole = last - first <= l.outputs;
  if (masks_fast) std::memset(a.mask + a.part.begin * g.out.row() / 8, 0, static_cast<std::size_t>(made / 8));
  for (int o = 0; o < g.out.c; ++o) {
    make_channels(&p.c, source, o, 1);
    if (p.c.kind == constant_kind) {
      fill_channel(a, p.c, a.part.begin * g.out.row() + o, a.part.end * g.out.row(), g.out.c);
      continue;
    }
    if (masks_fast) p.m = {a.mask + o / 8, a.y + o, 1u << (o & 7), 8u - (static_cast<std::uint32_t>(o) & 7)};
    const bool trained = o < g.trained;
    const int row = trained ? g.trained : g.out.c;
    const int sum = f.pair_weights(p.w, trained ? a.w.sram + o : flash + o, row * along.w, row * across.w);
    p.c.bias =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(p.c.bias) - static_cast<std::uint32_t>(sum * a.x_zero));
    for (int begin = first, held = 0; begin < last; begin += l.outputs) {
      const int end = begin + l.outputs < last ? begin + l.outputs : last;
      const int top = begin * stride - across.pad, count = (end - begin - 1) * stride + taps;  // rows of the plane
      const int from = top + held > 0 ? held : -top, to = top + count < across.in ? count : across.in - top;
      if (to > from)
        gather(rows + from * l.width + along.pad, l.width, a.x + (top + from) * across.x + o, along.x, across.x,
               along.in, to - from);
      if (!whole) {
        fill_words(rows, top < 0 ? -top * l.width : 0, zero);
        fill_words(rows + to * l.width, (count - to) * l.width, zero);
      }
      p.y = a.y + begin * across.y + start * along.y + o;
      p.rows = end - begin;
      if (p.c.kind > last_regular)
        filter_rare(p, g, a, o, along.out);
      else
        f.filter(&p);
      if (end == last) break;
      held = taps - stride;
      for (int i = 0; i < held * l.width; ++i) rows[i] = rows[i + l.outputs * stride * l.width];
    }
  }
  clamp_all(a.y + a.part.begin * g.out.row(), made, a.range);
}

}  // namespace dsp

constexpr kernel_needs depthwise_needs(arm_dsp, const geometry& g) {
  constexpr plane_form form = dsp::form;
  return {.serves = is_plane(g, form), .scratch = layout_of(g, form).bytes(form), .by_channel = true};
}

namespace dsp {

template <bool May_mask>
THIMBLE_INLINE void filter_all(const geometry& g, const convolution_args& a) {
  const bool two = g.win.stride_h == 2;
  const auto run = [&]<int Taps>() THIMBLE_LAMBDA_INLINE {
    two ? filter_channels(g, a, filter_of<Taps, 2, May_mask>) : filter_channels(g, a, filter_of<Taps, 1, May_mask>);
  };
  if (g.win.kernel_h == 3)
    run.template operator()<3>();
  else if (g.win.kernel_h == 5)
    run.template operator()<5>();
  else
    run.template operator()<7>();
}

}  // namespace dsp

/// The same bytes as portable. y may begin where x does, or lie apart.
THIMBLE_INLINE void depthwise_convolution(arm_dsp, const geometry& g, const convolution_args& a) {
  dsp::filter_all<true>(g, a);
}
THIMBLE_INLINE void depthwise_convolution(arm_dsp, const geometry& g, const unmasked_convolution_args& a) {
  dsp::filter_all<false>(g, a);
}

}  // namespace thimble::kernels

#endif
