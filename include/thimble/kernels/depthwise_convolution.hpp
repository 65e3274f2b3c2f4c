// Depthwise convolution, forward and backward.
#pragma once
#include <thimble/kernels/convolution.hpp>
#include <thimble/kernels/convolution_gradient.hpp>

namespace thimble::kernels {

/// Output channel o reads input channel o / m, m = out.c / in.c the depth multiplier.
THIMBLE_INLINE int depth_multiplier(const geometry& g) { return g.out.c == g.in.c ? 1 : g.out.c / g.in.c; }

/// Weights [tap][out.c]; of each row the first `trained` channels live in SRAM.
THIMBLE_INLINE const std::int8_t* depthwise_at(const geometry& g, kernels::weights w, int tap, int o) {
  return o < g.trained ? w.sram + tap * g.trained + o : w.flash + tap * g.out.c + o;
}

/// Output channels from `o` on, Channels of them, of one kind: Step 1: each reads its own input channel, from i = o on;
/// Step 0: all read input channel i.
template <int Channels, int Step>
THIMBLE_INLINE void depthwise_pixel(const geometry& g, const convolution_args& a, kernels::weights w, int oy, int ox,
                                    int i, int o) {
  const window& win = g.win;
  const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
  const tap_range ys = taps_inside(top, win.kernel_h, g.in.h, win.dilation_h);
  const tap_range xs = taps_inside(left, win.kernel_w, g.in.w, win.dilation_w);
  lanes<std::int32_t, Channels> acc;
  if (a.bias != nullptr)
    for (int j = 0; j < Channels; ++j) acc[j] = a.bias[o + j];
  for (int ky = ys.begin; ky < ys.end; ++ky)
    for (int kx = xs.begin; kx < xs.end; ++kx) {
      const std::int8_t* x = a.x + ((top + ky * win.dilation_h) * g.in.w + left + kx * win.dilation_w) * g.in.c + i;
      const std::int8_t* p = depthwise_at(g, w, ky * win.kernel_w + kx, o);
#pragma GCC unroll 4
      for (int j = 0; j < Channels; ++j) acc[j] += p[j] * (x[j * Step] - a.x_zero);
    }
  const int at = (oy * g.out.w + ox) * g.out.c + o;
  for (int j = 0; j < Channels; ++j)
    a.y[at + j] = clamp(requantize(acc[j], a.scale[o + j]) + a.y_zero, a.range, a.mask, at + j);
}

/// Blocks of four channels of [begin, end) that do not straddle the border between SRAM and flash, border <= end; `f<n>(o)`
/// for each.
template <class F>
THIMBLE_INLINE void channel_blocks(int begin, int border, int end, F f) {
  int o = begin;
  for (; o + 4 <= border; o += 4) f.template operator()<4>(o);
  for (; o < border; ++o) f.template operator()<1>(o);
  for (; o + 4 <= end; o += 4) f.template operator()<4>(o);
  for (; o < end; ++o) f.template operator()<1>(o);
}

/// y[o] = clamp(requantize(bias[o] + sum over taps of (x[o / m] - x_zero) * w[tap][o]) + y_zero): TFLite's reference
/// DEPTHWISE_CONV_2D, bit for bit. Exact in int32 for kernels of at most 65'793 taps.
THIMBLE_INLINE void depthwise_convolution(portable, const geometry g, const convolution_args& a) {
  const kernels::weights w{launder(a.w.flash), a.w.sram};
  const int m = depth_multiplier(g);
  for (int oy = a.part.begin; oy < a.part.end; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox)
      if (m == 1) {
        channel_blocks(0, g.trained, g.out.c,
                       [&]<int N>(int o) THIMBLE_LAMBDA_INLINE { depthwise_pixel<N, 1>(g, a, w, oy, ox, o, o); });
      } else {
        for (int i = 0, begin = 0; i < g.in.c; ++i, begin += m) {
          const int end = begin + m, border = g.trained < end ? g.trained : end;
          channel_blocks(begin, border, end,
                         [&]<int N>(int o) THIMBLE_LAMBDA_INLINE { depthwise_pixel<N, 0>(g, a, w, oy, ox, i, o); });
        }
      }
}

/// sum over the taps that see input (iy, ix) of dy[o] * w[tap][o], for Channels output channels from `o` on: exact in int32
/// for kernels of at most 511 taps.
template <int Channels>
THIMBLE_INLINE lanes<std::int32_t, Channels> depthwise_gather(const geometry& g, const input_gradient_args& a,
                                                              kernels::weights w, int iy, int ix, int o) {
  const window& win = g.win;
  lanes<std::int32_t, Channels> acc;
  for (int ky = 0; ky < win.kernel_h; ++ky)
    for (int kx = 0; kx < win.kernel_w; ++kx) {
      const int oy = output_at(iy, win.pad_top, ky * win.dilation_h, win.stride_h, g.out.h);
      const int ox = output_at(ix, win.pad_left, kx * win.dilation_w, win.stride_w, g.out.w);
      if (oy < 0 || ox < 0) continue;
      const std::int16_t* dy = a.dy + (oy * g.out.w + ox) * g.out.c + o;
      const std::int8_t* p = depthwise_at(g, w, ky * win.kernel_w + kx, o);
#pragma GCC unroll 4
      for (int j = 0; j < Channels; ++j) acc[j] += p[j] * dy[j];
    }
  return acc;
}

/// dx[c] = round(sum over o of c's outputs of eff[o] * sum over taps of dy[o] * w[tap][o]). The channel's factor comes after
/// the exact sum over taps, so nothing is rounded before it; where an input has several outputs, their products are added with
/// eight more bits, and saturate only at the end. `raise` is e_y - e_x, and no scratch is used.
THIMBLE_INLINE void depthwise_input_gradient(portable, const geometry g, const input_gradient_args& a) {
  const kernels::weights w{launder(a.w.flash), a.w.sram};
  const int m = depth_multiplier(g);
  for (int iy = 0; iy < g.in.h; ++iy)
    for (int ix = 0; ix < g.in.w; ++ix) {
      std::int16_t* dx = a.dx + (iy * g.in.w + ix) * g.in.c;
      if (m == 1) {
        channel_blocks(0, g.trained, g.in.c, [&]<int N>(int c) THIMBLE_LAMBDA_INLINE {
          const auto acc = depthwise_gather<N>(g, a, w, iy, ix, c);
          for (int j = 0; j < N; ++j) put(dx[c + j], scale16(acc[j], a.scale[c + j], a.raise), a.adds);
        });
      } else {
        for (int c = 0; c < g.in.c; ++c) {
          constexpr int more = 8;
          std::int64_t sum = 0;
          for (int o = c * m; o < (c + 1) * m; ++o) {
            const multiplier f = a.scale[o];
            const auto acc = depthwise_gather<1>(g, a, w, iy, ix, o);
            sum += narrow32(doubling_high_multiply(acc[0], f.mantissa), -f.shift - a.raise - more);
          }
          put(dx[c], saturate<std::int16_t>(shift_round(sum, more)), a.adds);
        }
      }
    }
}

/// w[tap][o] -= round(256 * rate * s_w^-2 * dW), dW = eff[o] * sum dy[o] * (x[o / m] - x_zero), in Q8.8.
THIMBLE_INLINE void depthwise_weight_gradient(portable, const geometry g, const weight_gradient_args& a) {
  const int m = depth_multiplier(g);
  for (int o = 0; o < g.trained; ++o) {
    const step_size size = over(a.size, a.scale[o], a.largest_shift);
    const int i = m == 1 ? o : o / m;
    for (int ky = 0; ky < g.win.kernel_h; ++ky)
      for (int kx = 0; kx < g.win.kernel_w; ++kx) {
        const auto sum = correlate<1>(g, a, o, ky, kx, i);
        learn(a.w, (ky * g.win.kernel_w + kx) * g.trained + o, step_of(sum[0], size));
      }
  }
}

/// The window, and whether the depth multiplier is 1.
constexpr window_key depthwise_key(const geometry& g) {
  window_key key = key_of(g);
  key.groups = 1;
  key.one_to_one = g.in.c == g.out.c;
  return key;
}

constexpr kernel_needs depthwise_needs(portable, const geometry&) { return {}; }

}  // namespace thimble::kernels

#include <thimble/kernels/depthwise_convolution/arm_dsp.hpp>
#include <thimble/kernels/depthwise_convolution/arm_mve.hpp>

namespace thimble::kernels {

struct depthwise_forward {
  template <class Target>
  static constexpr kernel_needs needs(Target t, const geometry& g) {
    return depthwise_needs(t, g);
  }
  static constexpr window_key key(const geometry& g) { return depthwise_key(g); }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const convolution_args& a) {
    depthwise_convolution(t, g, a);
  }
};

struct depthwise_backward {
  static constexpr window_key key(const geometry& g) { return depthwise_key(g); }
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
