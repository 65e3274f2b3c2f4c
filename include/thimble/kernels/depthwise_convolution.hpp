// Depthwise convolution (depth multiplier 1), forward and backward.
#pragma once
#include <thimble/kernels/convolution.hpp>
#include <thimble/kernels/convolution_gradient.hpp>

namespace thimble::kernels {

/// Weights [tap][channel]; of each row the first `trained` channels live in SRAM.
THIMBLE_INLINE const std::int8_t* depthwise_at(const geometry& g, kernels::weights w, int tap, int c) {
  return c < g.trained ? w.sram + tap * g.trained + c : w.flash + tap * g.in.c + c;
}

template <int Channels>
THIMBLE_INLINE void depthwise_pixel(const geometry& g, const convolution_args& a, kernels::weights w, int oy, int ox,
                                    int c) {
  const window& win = g.win;
  const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
  const tap_range ys = taps_inside(top, win.kernel_h, g.in.h), xs = taps_inside(left, win.kernel_w, g.in.w);
  lanes<std::int32_t, Channels> acc;
  for (int j = 0; j < Channels; ++j) acc[j] = a.bias[c + j];
  for (int ky = ys.begin; ky < ys.end; ++ky)
    for (int kx = xs.begin; kx < xs.end; ++kx) {
      const std::int8_t* x = a.x + ((top + ky) * g.in.w + left + kx) * g.in.c + c;
      const std::int8_t* p = depthwise_at(g, w, ky * win.kernel_w + kx, c);
#pragma GCC unroll 4
      for (int j = 0; j < Channels; ++j) acc[j] += p[j] * (x[j] - a.x_zero);
    }
  const int at = (oy * g.out.w + ox) * g.out.c + c;
  for (int j = 0; j < Channels; ++j)
    a.y[at + j] = clamp(requantize(acc[j], a.scale[c + j]) + a.y_zero, a.range, a.mask, at + j);
}

/// Blocks of four channels that do not straddle the border between SRAM and flash; `f<n>(c)` for each.
template <class F>
THIMBLE_INLINE void channel_blocks(int trained, int all, F f) {
  int c = 0;
  for (; c + 4 <= trained; c += 4) f.template operator()<4>(c);
  for (; c < trained; ++c) f.template operator()<1>(c);
  for (; c + 4 <= all; c += 4) f.template operator()<4>(c);
  for (; c < all; ++c) f.template operator()<1>(c);
}

/// As convolution(), each channel by itself: TFLite's reference DEPTHWISE_CONV_2D, bit for bit.
THIMBLE_INLINE void depthwise_convolution(portable, const geometry g, const convolution_args& a) {
  const kernels::weights w{launder(a.w.flash), a.w.sram};
  for (int oy = a.part.begin; oy < a.part.end; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox)
      channel_blocks(g.trained, g.out.c,
                     [&]<int N>(int c) THIMBLE_LAMBDA_INLINE { depthwise_pixel<N>(g, a, w, oy, ox, c); });
}

template <int Channels>
THIMBLE_INLINE void depthwise_gather(const geometry& g, const input_gradient_args& a, kernels::weights w, int iy,
                                     int ix, int c) {
  const window& win = g.win;
  lanes<std::int32_t, Channels> acc;
  for (int ky = 0; ky < win.kernel_h; ++ky)
    for (int kx = 0; kx < win.kernel_w; ++kx) {
      const int oy = output_at(iy, win.pad_top, ky, win.stride_h, g.out.h);
      const int ox = output_at(ix, win.pad_left, kx, win.stride_w, g.out.w);
      if (oy < 0 || ox < 0) continue;
      const std::int16_t* dy = a.dy + (oy * g.out.w + ox) * g.out.c + c;
      const std::int8_t* p = depthwise_at(g, w, ky * win.kernel_w + kx, c);
#pragma GCC unroll 4
      for (int j = 0; j < Channels; ++j) acc[j] += p[j] * dy[j];
    }
  std::int16_t* dx = a.dx + (iy * g.in.w + ix) * g.in.c + c;
  for (int j = 0; j < Channels; ++j) put(dx[j], scale16(acc[j], a.scale[c + j], a.raise), a.adds);
}

/// dx[c] = round(eff[c] * sum over taps of dy[c] * w[tap][c]); exact in int32 for kernels of at most 511 taps. The channel's
/// factor comes after the sum, so nothing is rounded before it; `raise` is e_y - e_x, and no scratch is used.
THIMBLE_INLINE void depthwise_input_gradient(portable, const geometry g, const input_gradient_args& a) {
  const kernels::weights w{launder(a.w.flash), a.w.sram};
  for (int iy = 0; iy < g.in.h; ++iy)
    for (int ix = 0; ix < g.in.w; ++ix)
      channel_blocks(g.trained, g.in.c,
                     [&]<int N>(int c) THIMBLE_LAMBDA_INLINE { depthwise_gather<N>(g, a, w, iy, ix, c); });
}

/// w[tap][c] -= round(256 * rate * s_w^-2 * dW), dW = eff[c] * sum dy[c] * (x[c] - x_zero), in Q8.8.
THIMBLE_INLINE void depthwise_weight_gradient(portable, const geometry g, const weight_gradient_args& a) {
  for (int c = 0; c < g.trained; ++c) {
    const step_size size = over(a.size, a.scale[c], a.largest_shift);
    for (int ky = 0; ky < g.win.kernel_h; ++ky)
      for (int kx = 0; kx < g.win.kernel_w; ++kx) {
        const auto sum = correlate<1>(g, a, c, ky, kx, c);
        learn(a.w, (ky * g.win.kernel_w + kx) * g.trained + c, step_of(sum[0], size));
      }
  }
}

struct depthwise_forward {
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const convolution_args& a) {
    depthwise_convolution(t, g, a);
  }
};

struct depthwise_backward {
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const input_gradient_args& a) {
    depthwise_input_gradient(t, g, a);
  }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const weight_gradient_args& a) {
    depthwise_weight_gradient(t, g, a);
  }
};

}  // namespace thimble::kernels
