// 2-D convolution, forward. Also dense layers: a convolution of one pixel.
#pragma once
#include <thimble/kernels/access.hpp>
#include <thimble/kernels/geometry.hpp>
#include <thimble/tensor/requantize.hpp>

namespace thimble::kernels {

/// x int8 [in], weights int8 OHWI (symmetric), bias int32 [out.c] at scale s_x * s_w[o], multiplier[o] = s_x * s_w[o] / s_y,
/// y int8 [out]. mask: one bit an output, or null.
struct convolution_args {
  const std::int8_t* x;
  kernels::weights w;
  const std::int32_t* bias;
  multipliers scale;
  int x_zero, y_zero;
  limits range;
  std::int8_t* y;
  std::uint8_t* mask;
  rows part;
};

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

/// The accumulators of Channels output channels from `o` on, at output pixel (oy, ox), bias included.
/// Exact in int32 for fan_in <= 65'793 (255 * 128 a product) and a bias within the layer's bias_limit.
template <int Channels>
THIMBLE_INLINE void accumulate(lanes<std::int32_t, Channels>& acc, const geometry& g, const std::int8_t* x, int x_zero,
                               kernels::weights w, int oy, int ox, int o) {
  const window& win = g.win;
  const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
  const tap_range ys = taps_inside(top, win.kernel_h, g.in.h), xs = taps_inside(left, win.kernel_w, g.in.w);
  const int c = g.in.c, k = g.trained, taps = win.taps();
  for (int ky = ys.begin; ky < ys.end; ++ky) {
    const std::int8_t* row = x + ((top + ky) * g.in.w + left + xs.begin) * c;  // of the first tap inside
    const int tap = ky * win.kernel_w;
    if (k == 0 || k == c) {  // a row of taps is contiguous, here and in the weights
      const std::int8_t* all = k == 0 ? w.flash : w.sram;
      dot(acc, row, x_zero, all + (o * taps + tap + xs.begin) * c, taps * c, (xs.end - xs.begin) * c);
    } else {
      for (int kx = xs.begin; kx < xs.end; ++kx) {
        const std::int8_t* p = row + (kx - xs.begin) * c;
        const int r = o * taps + tap + kx;
        dot(acc, p, x_zero, w.sram + r * k, taps * k, k);
        dot(acc, p + k, x_zero, w.flash + r * c + k, taps * c, c - k);
      }
    }
  }
}

template <int Channels>
THIMBLE_INLINE void convolve(const geometry& g, const convolution_args& a, kernels::weights w, int oy, int ox, int o) {
  lanes<std::int32_t, Channels> acc;
  for (int j = 0; j < Channels; ++j) acc[j] = a.bias[o + j];
  accumulate(acc, g, a.x, a.x_zero, w, oy, ox, o);
  const int at = (oy * g.out.w + ox) * g.out.c + o;
  for (int j = 0; j < Channels; ++j)
    a.y[at + j] = clamp(requantize(acc[j], a.scale[o + j]) + a.y_zero, a.range, a.mask, at + j);
}

/// y = clamp(requantize(bias + sum (x - x_zero) * w) + y_zero), as TFLite's reference CONV_2D, bit for bit.
THIMBLE_INLINE void convolution(portable, const geometry g, const convolution_args& a) {
  const kernels::weights w{launder(a.w.flash), a.w.sram};
  for (int oy = a.part.begin; oy < a.part.end; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox) {
      int o = 0;
      for (; o + 4 <= g.out.c; o += 4) convolve<4>(g, a, w, oy, ox, o);
      for (; o < g.out.c; ++o) convolve<1>(g, a, w, oy, ox, o);
    }
}

/// As above, but y is the accumulator rescaled to Q15.16: real = y * 2^-16. scale[o] = s_x * s_w[o].
struct logits_args {
  const std::int8_t* x;
  kernels::weights w;
  const std::int32_t* bias;
  multipliers scale;
  int x_zero;
  std::int32_t* y;
};

/// y[o] = round(acc[o] * scale[o] * 2^16), halves up, saturated to int32; one output pixel.
THIMBLE_INLINE void convolution_logits(portable, const geometry g, const logits_args& a) {
  const kernels::weights w{launder(a.w.flash), a.w.sram};
  for (int o = 0; o < g.out.c; ++o) {
    lanes<std::int32_t, 1> acc{{a.bias[o]}};
    accumulate(acc, g, a.x, a.x_zero, w, 0, 0, o);
    const multiplier m = a.scale[o];
    a.y[o] = saturate<std::int32_t>(shift_round(std::int64_t{acc[0]} * m.mantissa, 31 - m.shift - 16));
  }
}

struct convolution_forward {
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const convolution_args& a) {
    convolution(t, g, a);
  }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const logits_args& a) {
    convolution_logits(t, g, a);
  }
};

}  // namespace thimble::kernels
