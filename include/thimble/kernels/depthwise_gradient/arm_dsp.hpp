// The input gradient of depthwise convolutions, a channel at a time: the output's gradient as a plane of int16, filtered by the
// turned kernel. At stride 2 each quarter of the input, of even or odd rows and columns, has its own kernel of half the taps.
#pragma once
#include <thimble/kernels/arm_dsp/plane.hpp>
#include <thimble/kernels/depthwise_convolution.hpp>  // whose end includes this
#include <thimble/kernels/depthwise_convolution/arm_dsp.hpp>
#include <thimble/kernels/gradient.hpp>
#include <thimble/kernels/needs.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {
namespace dsp {

/// The inputs phase, phase + stride, ... along one axis: input number j sees outputs begin + j + n through tap first - n * stride,
/// n < taps.
struct gradient_phase {
  int inputs, taps, first, begin;
};
THIMBLE_INLINE constexpr gradient_phase phase_of(int in, int pad, int kernel, int stride, int phase) {
  const int least = stride == 1 ? 0 : (phase + pad) & 1;
  const int taps = stride == 1 ? kernel : (kernel - least + 1) / 2, last = least + (taps - 1) * stride;
  return {stride == 1 ? in : (in - phase + 1) / 2, taps, last, (phase + pad - last) / stride};
}

/// Taps of the square filter that serves all phases.
THIMBLE_INLINE constexpr int gradient_filter(int kernel, int stride) {
  return stride == 1 ? kernel : kernel == 7 ? 5 : 3;
}

/// One axis of the plane: `before` zeros, the outputs, zeros to `size` values.
struct gradient_axis {
  int before, size;
};
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

/// The inputs of one phase along each axis. w: the channel's weights, `row` bytes from tap to tap.
template <int Taps>
THIMBLE_NOINLINE void filter_phase(plane& p, const geometry& g, const std::int16_t* plane_at, const gradient_plane& l,
                                   const std::int8_t* w, int row, const gradient_phase& y, const gradient_phase& x) {
  constexpr int group = plane_group(Taps, 1);
  const int s = g.win.stride_w, line = g.win.kernel_w * row, odd = (l.x.before + x.begin) & 1;
  if (s == 1) {
    pair_weights<Taps>(p.w, w + y.first * line + x.first * row, -row, -line);
  } else {
    std::int8_t taps[64]{};
    for (int n = 0; n < y.taps; ++n) {
      const std::int8_t* from = w + (y.first - n * s) * line + x.first * row;
      for (int i = 0; i < x.taps; ++i) taps[n * Taps + odd + i] = from[-i * s * row];
    }
    pair_weights<Taps>(p.w, taps, 1, Taps);
  }
  p.x = plane_at + (l.y.before + y.begin) * l.x.size + l.x.before + x.begin - odd;
  p.next_row = 2 * (l.x.size - x.inputs);
  p.many = x.inputs / group * group * 2;
  p.rest = static_cast<unsigned>(x.inputs % group);
  p.rows = y.inputs;
  p.y_row = s * 2 * g.in.row() - x.inputs * p.y_step;
}

template <int Taps>
THIMBLE_NOINLINE void gradient_channels(const geometry& g, const input_gradient_args& a) {
  const gradient_plane l = gradient_plane_of(g);
  const window& win = g.win;
  const std::int8_t* const flash = launder(a.w.flash);
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
        filter_phase<Taps>(p, g, rows, l, w, trained ? g.trained : g.out.c, y, x);
        p.y = reinterpret_cast<std::int8_t*>(a.dx + v * g.in.row() + h * g.in.c + c);
        if (rare)
          filter_rare_gradient(p, Taps, x.inputs, m, a.raise);
        else
          filter_plane<Taps, 1, true>(&p);
      }
  }
}

}  // namespace dsp

constexpr kernel_needs depthwise_gradient_needs(arm_dsp, const geometry& g) {
  const window& w = g.win;
  const bool taps = w.kernel_h == w.kernel_w && (w.kernel_h == 3 || w.kernel_h == 5 || w.kernel_h == 7);
  const bool strides = w.stride_h == w.stride_w && (w.stride_h == 1 || w.stride_h == 2);
  const bool pads = w.pad_top < w.kernel_h && w.pad_left < w.kernel_w && w.dilation_h == 1 && w.dilation_w == 1;
  if (!taps || !strides || !pads || g.in.c != g.out.c || g.listed) return {.serves = false};
  const int bytes = dsp::gradient_plane_of(g).bytes();
  return {.serves = bytes <= 12 * 1024, .scratch = bytes, .by_channel = true};
}

/// The same values as portable, where nothing is added to. Scratch: gradient_plane.
THIMBLE_INLINE void depthwise_input_gradient(arm_dsp, const geometry& g, const input_gradient_args& a) {
  switch (dsp::gradient_filter(g.win.kernel_h, g.win.stride_h)) {
    case 3:
      return dsp::gradient_channels<3>(g, a);
    case 5:
      return dsp::gradient_channels<5>(g, a);
    default:
      return dsp::gradient_channels<7>(g, a);
  }
}

}  // namespace thimble::kernels

#endif
