// 2-D convolution, forward. Also dense layers: a convolution of one pixel.
#pragma once
#include <thimble/kernels/convolution/arguments.hpp>
#include <thimble/kernels/lanes.hpp>
#include <thimble/kernels/needs.hpp>

namespace thimble::kernels {

/// Channels of one tap of a filter.
THIMBLE_INLINE int filter_channels(const geometry& g) { return g.groups == 1 ? g.in.c : g.in.c / g.groups; }

/// acc[j] += sum over i < n of (x[i] - zero) * w[j * next + i], j < Channels. Sharing x among channels halves the loads.
template <int Channels>
THIMBLE_INLINE void dot(lanes<std::int32_t, Channels>& acc, const std::int8_t* x, int zero, const std::int8_t* w,
                        int next, int n) {
  for (int i = 0; i < n; ++i) {
    const int v = x[i] - zero;
#pragma GCC unroll 4
    for (int j = 0; j < Channels; ++j) acc[j] += v * w[j * next + i];
  }
}

/// acc[j] += sum over i < n of (x[channels[i]] - zero) * w[j * next + i], or, unless Packed, * w[j * next + channels[i]].
template <bool Packed, int Channels>
THIMBLE_INLINE void dot_listed(lanes<std::int32_t, Channels>& acc, const std::int8_t* x, int zero,
                               const std::uint16_t* channels, const std::int8_t* w, int next, int n) {
  for (int i = 0; i < n; ++i) {
    const int at = channels[i], v = x[at] - zero;
#pragma GCC unroll 4
    for (int j = 0; j < Channels; ++j) acc[j] += v * w[j * next + (Packed ? i : at)];
  }
}

/// The accumulators of Channels output channels of one group from `o` on, at output pixel (oy, ox), bias included.
/// Exact in int32 for fan_in <= 65'793 (255 * 128 a product) and a bias within the layer's bias_limit.
template <int Channels>
THIMBLE_INLINE void accumulate(lanes<std::int32_t, Channels>& acc, const geometry& g, const std::int8_t* x, int x_zero,
                               kernels::weights w, int oy, int ox, int o, int group) {
  const window& win = g.win;
  const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
  const tap_range ys = taps_inside(top, win.kernel_h, g.in.h, win.dilation_h);
  const tap_range xs = taps_inside(left, win.kernel_w, g.in.w, win.dilation_w);
  const int c = filter_channels(g), k = g.trained, taps = win.taps();
  const bool contiguous = g.groups == 1 && win.dilation_w == 1;  // the taps of a row, in the input
  for (int ky = ys.begin; ky < ys.end; ++ky) {
    const std::int8_t* row =  // of the first tap inside
        x + ((top + ky * win.dilation_h) * g.in.w + left + xs.begin * win.dilation_w) * g.in.c + group * c;
    const int tap = ky * win.kernel_w;
    if (contiguous && !g.listed && (k == 0 || k == c)) {
      const std::int8_t* all = k == 0 ? w.flash : w.sram;
      dot(acc, row, x_zero, all + (o * taps + tap + xs.begin) * c, taps * c, (xs.end - xs.begin) * c);
    } else {
      for (int kx = xs.begin; kx < xs.end; ++kx) {
        const std::int8_t* p = row + (kx - xs.begin) * win.dilation_w * g.in.c;
        const int r = o * taps + tap + kx;
        if (g.listed) {
          dot_listed<true>(acc, p, x_zero, w.channels, w.sram + r * k, taps * k, k);
          dot_listed<false>(acc, p, x_zero, w.channels + k, w.flash + r * c, taps * c, c - k);
        } else {
          if (k != 0) dot(acc, p, x_zero, w.sram + r * k, taps * k, k);
          if (k != c) dot(acc, p + k, x_zero, w.flash + r * c + k, taps * c, c - k);
        }
      }
    }
  }
}

/// w_zero * sum over i < n of (x[i] - x_zero): what a zero point of the weights takes from every accumulator of one pixel.
/// One copy, not inlined, as few layers have such weights; those that do are dense.
THIMBLE_NOINLINE inline std::int32_t weight_zero_sum(const std::int8_t* x, int x_zero, int w_zero, int n) {
  std::int32_t sum = 0;
  for (int i = 0; i < n; ++i) sum += x[i] - x_zero;
  return w_zero * sum;
}

/// Whether accumulators begin with biases alone: the usual case, decided once a call.
template <class Arguments>
THIMBLE_INLINE bool begins_with_biases(const geometry& g, const Arguments& a) {
  return a.bias != nullptr && (g.win.taps() != 1 || a.w_zero == 0);
}
/// What they begin with otherwise, output channel o at output pixel (oy, ox).
template <class Arguments>
THIMBLE_INLINE std::int32_t beginning(const geometry& g, const Arguments& a, int oy, int ox, int o) {
  const std::int32_t bias = a.bias != nullptr ? a.bias[o] : 0;
  if (g.win.taps() != 1 || a.w_zero == 0) return bias;
  const std::int8_t* x = a.x + (oy * g.win.stride_h * g.in.w + ox * g.win.stride_w) * g.in.c;
  return bias - weight_zero_sum(x, a.x_zero, a.w_zero, g.in.c);
}

template <int Channels>
THIMBLE_INLINE void convolve(const geometry& g, const convolution_args& a, kernels::weights w, bool usual, int oy,
                             int ox, int o, int group) {
  lanes<std::int32_t, Channels> acc;
  if (usual)
    for (int j = 0; j < Channels; ++j) acc[j] = a.bias[o + j];
  else
    for (int j = 0; j < Channels; ++j) acc[j] = beginning(g, a, oy, ox, o + j);
  accumulate(acc, g, a.x, a.x_zero, w, oy, ox, o, group);
  const int at = (oy * g.out.w + ox) * g.out.c + o;
  for (int j = 0; j < Channels; ++j)
    a.y[at + j] = clamp(requantize(acc[j], a.scale[o + j]) + a.y_zero, a.range, a.mask, at + j);
}

/// y = clamp(requantize(bias + sum (x - x_zero) * (w - w_zero)) + y_zero), as TFLite's reference CONV_2D and FULLY_CONNECTED,
/// bit for bit. Exact as accumulate(); with a w_zero for fan_in <= 33'025 (255 * 255 a product).
THIMBLE_INLINE void convolution(portable, const geometry g, const convolution_args& a) {
  const kernels::weights w = launder(a.w, g.listed);
  const int width = g.groups == 1 ? g.out.c : g.out.c / g.groups;  // output channels of a group
  const bool usual = begins_with_biases(g, a);
  for (int oy = a.part.begin; oy < a.part.end; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox)
      for (int group = 0, o = 0; group < g.groups; ++group) {
        const int end = o + width;
        for (; o + 4 <= end; o += 4) convolve<4>(g, a, w, usual, oy, ox, o, group);
        for (; o < end; ++o) convolve<1>(g, a, w, usual, oy, ox, o, group);
      }
}

/// y[o] = round(acc[o] * scale[o] * 2^16), halves up, saturated to int32; one output pixel, one group.
THIMBLE_INLINE void convolution_logits(portable, const geometry g, const logits_args& a) {
  const kernels::weights w = launder(a.w, g.listed);
  for (int o = 0; o < g.out.c; ++o) {
    lanes<std::int32_t, 1> acc{{beginning(g, a, 0, 0, o)}};
    accumulate(acc, g, a.x, a.x_zero, w, 0, 0, o, 0);
    const multiplier m = a.scale[o];
    a.y[o] = saturate<std::int32_t>(shift_round(std::int64_t{acc[0]} * m.mantissa, 31 - m.shift - 16));
  }
}

constexpr kernel_needs convolution_needs(portable, const geometry&) { return {}; }

}  // namespace thimble::kernels

#include <thimble/kernels/convolution/arm_dsp.hpp>
#include <thimble/kernels/convolution/arm_mve.hpp>
#include <thimble/kernels/convolution/arm_thumb.hpp>
#include <thimble/kernels/convolution/x86.hpp>

namespace thimble::kernels {

struct convolution_forward {
  template <class Target>
  static constexpr kernel_needs needs(Target t, const geometry& g) {
    return convolution_needs(t, g);
  }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const convolution_args& a) {
    convolution(t, g, a);
  }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const unmasked_convolution_args& a) {
    convolution(t, g, a);
  }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const logits_args& a) {
    convolution_logits(t, g, a);
  }
};

}  // namespace thimble::kernels
