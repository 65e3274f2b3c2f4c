// Depthwise convolution, forward and backward.
#pragma once
#include <type_traits>

#include <thimble/kernels/convolution.hpp>
#include <thimble/kernels/convolution_gradient.hpp>

namespace thimble::kernels {

/// Output channel o reads input channel o / m, m = out.c / in.c the depth multiplier.
THIMBLE_INLINE int depth_multiplier(const geometry& g) { return g.out.c == g.in.c ? 1 : g.out.c / g.in.c; }

/// Some output channels, first + of[j], and their weights [tap][row], all in SRAM or all in flash: at + in_row[j] of a tap.
template <class Channels, class Places>
struct depthwise_block {
  const std::int8_t* at;
  int row, first;
  Channels of;
  Places in_row;
};

/// Blocks of four output channels of [begin, end), and of one, that do not straddle the border between SRAM and flash;
/// `f<n>(block)` for each. With a list places are meant, not channels.
template <class F>
THIMBLE_INLINE void depthwise_blocks(const geometry& g, kernels::weights w, int begin, int end, F f) {
  const int k = g.trained, border = k < begin ? begin : k < end ? k : end;
  in_fours(begin, border, [&]<int N>(int o) THIMBLE_LAMBDA_INLINE {
    if (g.listed)
      f.template operator()<N>(depthwise_block<lanes<int, N>, neighbours>{w.sram + o, k, 0, channels_at<N>(w, o), {}});
    else
      f.template operator()<N>(depthwise_block<neighbours, neighbours>{w.sram + o, k, o, {}, {}});
  });
  in_fours(border, end, [&]<int N>(int o) THIMBLE_LAMBDA_INLINE {
    if (g.listed) {
      const auto of = channels_at<N>(w, o);
      f.template operator()<N>(depthwise_block<lanes<int, N>, lanes<int, N>>{w.flash, g.out.c, 0, of, of});
    } else {
      f.template operator()<N>(depthwise_block<neighbours, neighbours>{w.flash + o, g.out.c, o, {}, {}});
    }
  });
}

/// The output channels of a block, of one kind: Step 1: each reads its own input channel; Step 0: all read input channel i.
template <int Channels, int Step, class Block>
THIMBLE_INLINE void depthwise_pixel(const geometry& g, const convolution_args& a, const Block& b, int oy, int ox,
                                    int i) {
  const window& win = g.win;
  const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
  const tap_range ys = taps_inside(top, win.kernel_h, g.in.h, win.dilation_h);
  const tap_range xs = taps_inside(left, win.kernel_w, g.in.w, win.dilation_w);
  lanes<std::int32_t, Channels> acc;
  if (a.bias != nullptr)
    for (int j = 0; j < Channels; ++j) acc[j] = a.bias[b.first + b.of[j]];
  for (int ky = ys.begin; ky < ys.end; ++ky)
    for (int kx = xs.begin; kx < xs.end; ++kx) {
      const std::int8_t* x = a.x + ((top + ky * win.dilation_h) * g.in.w + left + kx * win.dilation_w) * g.in.c + i;
      const std::int8_t* p = b.at + (ky * win.kernel_w + kx) * b.row;
#pragma GCC unroll 4
      for (int j = 0; j < Channels; ++j) acc[j] += p[b.in_row[j]] * (x[b.of[j] * Step] - a.x_zero);
    }
  const int at = (oy * g.out.w + ox) * g.out.c + b.first;
  for (int j = 0; j < Channels; ++j)
    a.y[at + b.of[j]] = clamp(requantize(acc[j], a.scale[b.first + b.of[j]]) + a.y_zero, a.range, a.mask, at + b.of[j]);
}

/// y[o] = clamp(requantize(bias[o] + sum over taps of (x[o / m] - x_zero) * w[tap][o]) + y_zero): TFLite's reference
/// DEPTHWISE_CONV_2D, bit for bit. Exact in int32 for kernels of at most 65'793 taps.
THIMBLE_INLINE void depthwise_convolution(portable, const geometry g, const convolution_args& a) {
  const kernels::weights w = launder(a.w, g.listed);
  const int m = depth_multiplier(g);
  for (int oy = a.part.begin; oy < a.part.end; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox)
      if (m == 1) {
        depthwise_blocks(g, w, 0, g.out.c, [&]<int N>(const auto& b) THIMBLE_LAMBDA_INLINE {
          depthwise_pixel<N, 1>(g, a, b, oy, ox, b.first);
        });
      } else {
        for (int i = 0, begin = 0; i < g.in.c; ++i, begin += m)
          depthwise_blocks(g, w, begin, begin + m, [&]<int N>(const auto& b) THIMBLE_LAMBDA_INLINE {
            depthwise_pixel<N, 0>(g, a, b, oy, ox, i);
          });
      }
}

/// sum over the taps that see input (iy, ix) of dy[o] * w[tap][o], for the output channels of a block: exact in int32 for
/// kernels of at most 511 taps.
template <int Channels, class Block>
THIMBLE_INLINE lanes<std::int32_t, Channels> depthwise_gather(const geometry& g, const input_gradient_args& a,
                                                              const Block& b, int iy, int ix) {
  const window& win = g.win;
  lanes<std::int32_t, Channels> acc;
  for (int ky = 0; ky < win.kernel_h; ++ky)
    for (int kx = 0; kx < win.kernel_w; ++kx) {
      const int oy = output_at(iy, win.pad_top, ky * win.dilation_h, win.stride_h, g.out.h);
      const int ox = output_at(ix, win.pad_left, kx * win.dilation_w, win.stride_w, g.out.w);
      if (oy < 0 || ox < 0) continue;
      const std::int16_t* dy = a.dy + (oy * g.out.w + ox) * g.out.c + b.first;
      const std::int8_t* p = b.at + (ky * win.kernel_w + kx) * b.row;
#pragma GCC unroll 4
      for (int j = 0; j < Channels; ++j) acc[j] += p[b.in_row[j]] * dy[b.of[j]];
    }
  return acc;
}

/// dx[c] = round(sum over o of c's outputs of eff[o] * sum over taps of dy[o] * w[tap][o]). The channel's factor comes after
/// the exact sum over taps, so nothing is rounded before it; where an input has several outputs, their products are added with
/// eight more bits, and saturate only at the end. `raise` is e_y - e_x, and no scratch is used.
THIMBLE_INLINE void depthwise_input_gradient(portable, const geometry g, const input_gradient_args& a) {
  const kernels::weights w = launder(a.w, g.listed);
  const int m = depth_multiplier(g);
  for (int iy = 0; iy < g.in.h; ++iy)
    for (int ix = 0; ix < g.in.w; ++ix) {
      std::int16_t* dx = a.dx + (iy * g.in.w + ix) * g.in.c;
      if (m == 1) {
        depthwise_blocks(g, w, 0, g.in.c, [&]<int N>(const auto& b) THIMBLE_LAMBDA_INLINE {
          const auto acc = depthwise_gather<N>(g, a, b, iy, ix);
          for (int j = 0; j < N; ++j) {
            const int c = b.first + b.of[j];
            put(dx[c], scale16(acc[j], a.scale[c], a.raise), a.adds);
          }
        });
      } else {
        for (int c = 0; c < g.in.c; ++c) {
          constexpr int more = 8;
          std::int64_t sum = 0;
          for (int o = c * m; o < (c + 1) * m; ++o) {
            const multiplier f = a.scale[o];
            const bool trains = o < g.trained;
            const depthwise_block<neighbours, neighbours> b{
                (trains ? w.sram : w.flash) + o, trains ? g.trained : g.out.c, o, {}, {}};
            const auto acc = depthwise_gather<1>(g, a, b, iy, ix);
            sum += narrow32(doubling_high_multiply(acc[0], f.mantissa), -f.shift - a.raise - more);
          }
          put(dx[c], saturate<std::int16_t>(shift_round(sum, more)), a.adds);
        }
      }
    }
}

/// w[tap][o] -= rate * s_w^-2 * dW, dW = eff[o] * sum dy[o] * (x[o / m] - x_zero), as the sink has it. With a list x holds the
/// trained channels, in order.
template <learning_rule Rule>
THIMBLE_INLINE void depthwise_weight_gradient(portable, const geometry g, const weight_gradient_args<Rule>& a) {
  const int m = depth_multiplier(g);
  for (int place = 0; place < g.trained; ++place) {
    const int o = a.channels == nullptr ? place : a.channels[place];
    const auto to = a.to.of(a.scale[o]);
    const int i = m == 1 ? place : place / m;
    for (int ky = 0; ky < g.win.kernel_h; ++ky)
      for (int kx = 0; kx < g.win.kernel_w; ++kx) {
        const auto sum = correlate<1>(g, a.from, o, ky, kx, i);
        to.learn((ky * g.win.kernel_w + kx) * g.trained + place, sum[0]);
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
constexpr kernel_needs depthwise_gradient_needs(portable, const geometry&) { return {}; }

}  // namespace thimble::kernels

#include <thimble/kernels/depthwise_convolution/arm_dsp.hpp>
#include <thimble/kernels/depthwise_convolution/arm_mve.hpp>
#include <thimble/kernels/depthwise_convolution/arm_thumb.hpp>
#include <thimble/kernels/depthwise_convolution/x86.hpp>
#include <thimble/kernels/depthwise_gradient/arm_dsp.hpp>
#include <thimble/kernels/depthwise_gradient/arm_mve.hpp>
#include <thimble/kernels/depthwise_gradient/arm_thumb.hpp>
#include <thimble/kernels/depthwise_gradient/x86.hpp>

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
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const unmasked_convolution_args& a) {
    depthwise_convolution(t, g, a);
  }
};

struct depthwise_backward {
  /// Whether a target's kernel of the input's gradient heeds flash_row.
  template <class Target>
  static constexpr bool reads_any_row = std::is_same_v<Target, arm_dsp>;
  /// Of the input's gradient, where nothing is added to; else portable serves.
  template <class Target>
  static constexpr kernel_needs needs(Target t, const geometry& g) {
    return depthwise_gradient_needs(t, g);
  }
  static constexpr window_key key(const geometry& g) { return depthwise_key(g); }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const input_gradient_args& a) {
    depthwise_input_gradient(t, g, a);
  }
  template <class Target, learning_rule Rule>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const weight_gradient_args<Rule>& a) {
    depthwise_weight_gradient(t, g, a);
  }
};

}  // namespace thimble::kernels
