// The input gradient of depthwise convolutions, a channel at a time: the output's gradient as a plane of int16, filtered by the
// turned kernel.
#pragma once
#include <thimble/kernels/arm_dsp/filter_plane.hpp>
#include <thimble/kernels/depthwise_convolution.hpp>  // whose end includes this
#include <thimble/kernels/depthwise_convolution/arm_dsp.hpp>
#include <thimble/kernels/depthwise_gradient/phases.hpp>
#include <thimble/kernels/gradient.hpp>
#include <thimble/kernels/needs.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {
namespace dsp {

/// Windows of the plane begin at words.
THIMBLE_INLINE constexpr gradient_axis axis_of(int in, int out, int pad, int kernel, int stride) {
  gradient_axis a{0, 0};
  int most = 0;
  for (int p = 0; p < stride; ++p) {
    const gradient_phase f = phase_of(in, pad, kernel, stride, p);
    if (1 - f.begin > a.before) a.before = 1 - f.begin;  // one more, as windows begin at words
    if (f.taps > most) most = f.taps;
  }
  // The phase with most taps has none to spare: it begins at a word
  for (int p = 0; p < stride; ++p) {
    const gradient_phase f = phase_of(in, pad, kernel, stride, p);
    if (f.taps == most) {
      a.before += (a.before + f.begin) & 1;
      break;
    }
  }
  a.size = a.before + out;
  for (int p = 0; p < stride; ++p) {
    const gradient_phase f = phase_of(in, pad, kernel, stride, p);
    const int end = a.before + f.begin + f.inputs + gradient_filter(kernel, stride);
    if (end > a.size) a.size = end;
  }
  a.size = (a.size + 1) / 2 * 2;
  return a;
}

struct gradient_plane {
  gradient_axis x, y;
  [[nodiscard]] constexpr int bytes() const { return 2 * x.size * y.size + 4; }
};
THIMBLE_INLINE constexpr gradient_plane gradient_plane_of(const geometry& g) {
  const window& w = g.win;
  return {axis_of(g.in.w, g.out.w, w.pad_left, w.kernel_w, w.stride_w),
          axis_of(g.in.h, g.out.h, w.pad_top, w.kernel_h, w.stride_h)};
}

/// Rows of one channel, `step` bytes from value to value. 2.5 instructions a value.
THIMBLE_NOINLINE inline void gather(std::int16_t* to, int width, const std::int16_t* from, int step, int count,
                                    int rows) {
#define THIMBLE_FOUR                                                                                 \
  "ldrsh %[a], [%[x]]\n\tldrsh %[b], [%[x], %[s]]\n\tldrsh %[c], [%[x], %[s], lsl #1]\n\t"           \
  "ldrsh %[d], [%[x], %[s3]]\n\tadd %[x], %[x], %[s], lsl #2\n\tpkhbt %[a], %[a], %[b], lsl #16\n\t" \
  "pkhbt %[c], %[c], %[d], lsl #16\n\tstr %[a], [%[to]], #4\n\tstr %[c], [%[to]], #4\n\t"
  const std::int16_t* x = from;
  for (; rows > 0; --rows, to += width) {
    std::int16_t* at = to;
    int left = count, a, b, c, d;
    asm volatile("subs %[n], #4\n\tblt 2f\n1:\n\t" THIMBLE_FOUR
                 "subs %[n], #4\n\tbge 1b\n2:\n\tands %[n], #3\n\tbeq 5f\n4:\n\tldrsh %[a], [%[x]]\n\t"
                 "add %[x], %[x], %[s]\n\tstrh %[a], [%[to]], #2\n\tsubs %[n], #1\n\tbne 4b\n5:\n\t"
                 : [x] "+r"(x), [to] "+r"(at), [n] "+r"(left), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d)
                 : [s] "r"(step), [s3] "r"(3 * step)
                 : "cc", "memory");
  }
#undef THIMBLE_FOUR
}

/// filter_plane for a channel that shifts by less than two bits.
THIMBLE_NOINLINE inline void filter_rare_gradient(const plane& p, int taps, int outputs, multiplier m, int raise) {
  std::int8_t* y = p.y;
  for (int r = 0; r < p.rows; ++r, y += p.y_row)
    for (int n = 0; n < outputs; ++n, y += p.y_step)
      *reinterpret_cast<std::int16_t*>(y) = scale16(filtered(p, p.x + r * p.row / 2 + n, taps), m, raise);
}

/// The taps of one phase, `next` apart along the image's rows and `next_row` across, turned and paired as plane says; `odd` columns of
/// zeros before them, and zeros behind.
template <int Taps>
THIMBLE_NOINLINE void pair_phase(std::uint32_t* to, const std::int8_t* w, int next, int next_row, int odd, int columns,
                                 int rows) {
  for (int n = 0; n < Taps; ++n, w -= n < rows ? next_row : 0) {
    int last = 0, at = 0;
#pragma GCC unroll 8
    for (int i = 0; i < Taps; ++i) {
      int value = 0;
      if (n < rows && i >= odd && i < odd + columns) {
        value = w[at];
        at -= next;
      }
      if (i > 0) *to++ = pair_of(last, value);
      last = value;
    }
  }
}

/// What is made for each filter, so that all share one copy of the rest.
struct turned_filter {
  int taps;
  int (*pair_weights)(std::uint32_t* to, const std::int8_t* w, int step, int next);
  void (*pair_phase)(std::uint32_t* to, const std::int8_t* w, int next, int next_row, int odd, int columns, int rows);
  void (*filter)(const plane*);
};
template <int Taps>
inline constexpr turned_filter turned_filter_of{Taps, pair_weights<Taps>, pair_phase<Taps>,
                                                filter_plane<Taps, 1, true>};

/// The inputs of one phase along each axis. w: the channel's weights, `row` bytes from tap to tap.
THIMBLE_NOINLINE inline void filter_phase(plane& p, const turned_filter& f, const geometry& g,
                                          const std::int16_t* plane_at, const gradient_plane& l, const std::int8_t* w,
                                          int row, const gradient_phase& y, const gradient_phase& x) {
  const int group = plane_group(f.taps, 1);
  const int s = g.win.stride_w, line = g.win.kernel_w * row, odd = (l.x.before + x.begin) & 1;
  const std::int8_t* const first = w + y.first * line + x.first * row;
  if (s == 1)
    f.pair_weights(p.w, first, -row, -line);
  else
    f.pair_phase(p.w, first, s * row, s * line, odd, x.taps, y.taps);
  p.x = plane_at + (l.y.before + y.begin) * l.x.size + l.x.before + x.begin - odd;
  p.next_row = 2 * (l.x.size - x.inputs);
  p.many = x.inputs / group * group * 2;
  p.rest = static_cast<unsigned>(x.inputs % group);
  p.rows = y.inputs;
  p.y_row = s * 2 * g.in.row() - x.inputs * p.y_step;
}

THIMBLE_NOINLINE inline void gradient_channels(const geometry& g, const input_gradient_args& a,
                                               const turned_filter& f) {
  const gradient_plane l = gradient_plane_of(g);
  const window& win = g.win;
  const std::int8_t* const flash = launder(a.w.flash);
  const int row = a.flash_row != 0 ? a.flash_row : g.out.c;
  auto* const rows = a.scaled;
  fill_words(rows, l.x.size * l.y.size + 2, 0);
  std::int16_t* const inside = rows + l.y.before * l.x.size + l.x.before;
  plane p;
  p.row = 2 * l.x.size;
  p.y_step = win.stride_w * 2 * g.in.c;
  for (int c = 0; c < g.in.c; ++c) {
    const bool trained = c < g.trained;
    const std::int8_t* const w = trained ? a.w.sram + c : flash + c;
    const multiplier m = a.scale[c];
    const int right = -m.shift - a.raise;
    const bool some = m.mantissa != 0 && right < 32, rare = some && right < 2;
    p.c = {0, 0, static_cast<std::int32_t>(static_cast<std::uint32_t>(m.mantissa) << 1),
           some && !rare ? static_cast<std::int32_t>(1u << (32 - right)) : 0};
    gather(inside, l.x.size, a.dy + c, 2 * g.out.c, g.out.w, g.out.h);
    for (int v = 0; v < win.stride_h; ++v)
      for (int h = 0; h < win.stride_w; ++h) {
        const gradient_phase y = phase_of(g.in.h, win.pad_top, win.kernel_h, win.stride_h, v);
        const gradient_phase x = phase_of(g.in.w, win.pad_left, win.kernel_w, win.stride_w, h);
        if (y.inputs == 0 || x.inputs == 0) continue;
        filter_phase(p, f, g, rows, l, w, trained ? g.trained : row, y, x);
        p.y = reinterpret_cast<std::int8_t*>(a.dx + v * g.in.row() + h * g.in.c + c);
        if (rare)
          filter_rare_gradient(p, f.taps, x.inputs, m, a.raise);
        else
          f.filter(&p);
      }
  }
}

}  // namespace dsp

constexpr kernel_needs depthwise_gradient_needs(arm_dsp, const geometry& g) {
  if (!has_phases(g)) return {.serves = false};
  const int bytes = dsp::gradient_plane_of(g).bytes();
  return {.serves = bytes <= 12 * 1024, .scratch = bytes, .by_channel = true};
}

/// The same values as portable, where nothing is added to. Scratch: gradient_plane.
THIMBLE_INLINE void depthwise_input_gradient(arm_dsp, const geometry& g, const input_gradient_args& a) {
  switch (gradient_filter(g.win.kernel_h, g.win.stride_h)) {
    case 3:
      return dsp::gradient_channels(g, a, dsp::turned_filter_of<3>);
    case 5:
      return dsp::gradient_channels(g, a, dsp::turned_filter_of<5>);
    default:
      return dsp::gradient_channels(g, a, dsp::turned_filter_of<7>);
  }
}

}  // namespace thimble::kernels

#endif
