// 2-D convolution, backward: the gradient of the input, and the weights' gradient applied as it is made.
// The output's gradient arrives with clipped positions already zero.
#pragma once
#include <thimble/kernels/convolution.hpp>
#include <thimble/kernels/entry_gradient.hpp>
#include <thimble/kernels/gradient.hpp>
#include <thimble/kernels/needs.hpp>
#include <thimble/kernels/sink.hpp>

namespace thimble::kernels {

/// dy int16 [out] in units of 2^e_y, dx int16 [in] in units of 2^e_x. First each dy is scaled by its channel's multiplier to
/// int16 in units of 2^e_t, at most `limit` in magnitude, so that no sum of products can leave int32.
struct input_gradient_args {
  const std::int16_t* dy;
  kernels::weights w;
  multipliers scale;
  int raise;  ///< e_y - e_t
  int limit;  ///< floor((2^31 - 1) / (128 * terms)), at most 32'767
  int shift;  ///< e_x - e_t
  std::int16_t* dx;
  bool adds;
  std::int16_t* scaled;  ///< scratch: gradient_taps * out.c, or as convolution_backward::needs says
  int flash_row = 0;     ///< depthwise: weights of a tap in flash, if not as many as channels; see reads_any_row
};

/// The weights of one group of output channels, all in flash or all in SRAM: `row` channels a tap. t: scaled gradients of
/// these channels, at the first tap. Lane j is dx[to[j]] and w[at[j]].
template <int Channels, class To = neighbours, class At = neighbours>
THIMBLE_INLINE void gather_pixel(const geometry& g, const input_gradient_args& a, const std::int16_t* t, int channels,
                                 const std::int8_t* w, int row, const std::int16_t* tap_of, int count, std::int16_t* dx,
                                 To to = {}, At at = {}) {
  lanes<std::int32_t, Channels> acc;
  for (int n = 0; n < count; ++n) gather(acc, t + n * g.out.c, w + tap_of[n] * row, g.win.taps() * row, channels, at);
  for (int j = 0; j < Channels; ++j) put(dx[to[j]], narrow16(acc[j], a.shift), a.adds);
}

/// dx[i] = round(2^-shift * sum over taps and the o of i's group of scaled(dy[o]) * w[o][tap][i]): gathered, one pixel of dx
/// at a time.
THIMBLE_INLINE void convolution_input_gradient(portable, const geometry g, const input_gradient_args& a) {
  const kernels::weights w = launder(a.w, g.listed);
  const window& win = g.win;
  const int c = filter_channels(g), k = g.trained;
  const int width = g.groups == 1 ? g.out.c : g.out.c / g.groups;  // output channels of a group
  constexpr int most_taps = 128;
  std::int16_t tap_of[most_taps];
  for (int iy = 0; iy < g.in.h; ++iy)
    for (int ix = 0; ix < g.in.w; ++ix) {
      int count = 0;
      for (int ky = 0; ky < win.kernel_h; ++ky)
        for (int kx = 0; kx < win.kernel_w; ++kx) {
          const int oy = output_at(iy, win.pad_top, ky * win.dilation_h, win.stride_h, g.out.h);
          const int ox = output_at(ix, win.pad_left, kx * win.dilation_w, win.stride_w, g.out.w);
          if (oy < 0 || ox < 0) continue;
          const std::int16_t* dy = a.dy + (oy * g.out.w + ox) * g.out.c;
          std::int16_t* t = a.scaled + count * g.out.c;
          for (int o = 0; o < g.out.c; ++o) t[o] = scale16(dy[o], factor_of(a.scale[o], a.raise), a.limit);
          tap_of[count++] = static_cast<std::int16_t>(ky * win.kernel_w + kx);
        }
      for (int group = 0; group < g.groups; ++group) {
        const std::int16_t* t = a.scaled + group * width;
        const int first = group * width * win.taps();  // weight row of the group
        std::int16_t* dx = a.dx + (iy * g.in.w + ix) * g.in.c + group * c;
        in_fours(0, k, [&]<int N>(int i) THIMBLE_LAMBDA_INLINE {
          const std::int8_t* p = w.sram + first * k + i;
          if (g.listed)
            gather_pixel<N>(g, a, t, width, p, k, tap_of, count, dx, channels_at<N>(w, i));
          else
            gather_pixel<N>(g, a, t, width, p, k, tap_of, count, dx + i);
        });
        in_fours(k, c, [&]<int N>(int i) THIMBLE_LAMBDA_INLINE {
          const std::int8_t* p = w.flash + first * c;
          if (g.listed)
            gather_pixel<N>(g, a, t, width, p, c, tap_of, count, dx, channels_at<N>(w, i), channels_at<N>(w, i));
          else
            gather_pixel<N>(g, a, t, width, p + i, c, tap_of, count, dx + i);
        });
      }
    }
}

/// What a weight's gradient is made of. x int8, x_row channels a pixel: in.c, or those kept, as many in each group.
struct correlation {
  const std::int16_t* dy;
  const std::int8_t* x;
  int x_zero, x_row;
  int drop;  ///< bits dropped from the exact sum so that it fits int32
};
template <learning_rule Rule>
struct weight_gradient_args {
  correlation from;
  multipliers scale;
  weight_sink<Rule> to;
  const std::uint16_t* channels;     ///< of the layer's weights; depthwise kernels read it. x holds them in this order
  unsigned char* scratch = nullptr;  ///< as the operation's weight_needs says
};

/// A rectangle of output positions.
struct positions {
  output_range y, x;
};

/// Neighbours of a weight row, from input channel i on: sums of dy * (x - x_zero) for one tap over at most 256 positions, exact in int32
/// (32'768 * 255 * 256 < 2^31). Sums of dy * x and of dy apart, so that the zero point costs nothing in the loop.
template <int Channels>
THIMBLE_INLINE lanes<std::int32_t, Channels> correlate(const geometry& g, const correlation& a, int o, int ky, int kx,
                                                       int i, positions p) {
  const window& win = g.win;
  lanes<std::int32_t, Channels> acc;
  std::int32_t total = 0;
  for (int oy = p.y.begin; oy < p.y.end; ++oy) {
    int dy = (oy * g.out.w + p.x.begin) * g.out.c + o;
    const int iy = oy * win.stride_h - win.pad_top + ky * win.dilation_h;
    const int ix = p.x.begin * win.stride_w - win.pad_left + kx * win.dilation_w;
    int x = (iy * g.in.w + ix) * a.x_row + i;
    for (int n = p.x.end - p.x.begin; n > 0; --n, dy += g.out.c, x += win.stride_w * a.x_row) {
      const int d = a.dy[dy];
      total += d;
#pragma GCC unroll 4
      for (int j = 0; j < Channels; ++j) acc[j] += d * a.x[x + j];
    }
  }
#pragma GCC unroll 4
  for (int j = 0; j < Channels; ++j) acc[j] -= a.x_zero * total;
  return acc;
}

/// The same over all positions, rounded to int32 by `drop` bits: in rectangles of at most 256, summed in 64 bits.
template <int Channels>
THIMBLE_INLINE lanes<std::int32_t, Channels> correlate(const geometry& g, const correlation& a, int o, int ky, int kx,
                                                       int i) {
  const window& win = g.win;
  const positions all{outputs_inside(ky * win.dilation_h, win.pad_top, win.stride_h, g.in.h, g.out.h),
                      outputs_inside(kx * win.dilation_w, win.pad_left, win.stride_w, g.in.w, g.out.w)};
  if (g.out.pixels() <= 256) return correlate<Channels>(g, a, o, ky, kx, i, all);
  const int columns = g.out.w < 256 ? g.out.w : 256, lines = 256 / columns;
  lanes<std::int64_t, Channels> sum;
  for (int y = all.y.begin; y < all.y.end; y += lines)
    for (int x = all.x.begin; x < all.x.end; x += columns) {
      const positions part{{y, y + lines < all.y.end ? y + lines : all.y.end},
                           {x, x + columns < all.x.end ? x + columns : all.x.end}};
      const auto some = correlate<Channels>(g, a, o, ky, kx, i, part);
      for (int j = 0; j < Channels; ++j) sum[j] += some[j];
    }
  lanes<std::int32_t, Channels> rounded;
  for (int j = 0; j < Channels; ++j) rounded[j] = static_cast<std::int32_t>(shift_round(sum[j], a.drop));
  return rounded;
}

template <int Channels, class Channel>
THIMBLE_INLINE void learn_taps(const geometry& g, const correlation& a, const Channel& to, int o, int i, int first) {
  for (int ky = 0; ky < g.win.kernel_h; ++ky)
    for (int kx = 0; kx < g.win.kernel_w; ++kx) {
      const auto sum = correlate<Channels>(g, a, o, ky, kx, first + i);
      const int at = ((o * g.win.kernel_h + ky) * g.win.kernel_w + kx) * g.trained + i;
      for (int j = 0; j < Channels; ++j) to.learn(at + j, sum[j]);
    }
}

/// w[o][tap][i] -= rate * s_w^-2 * dW, dW = eff[o] * sum dy[o] * (x[i of o's group] - x_zero), as the sink has it.
template <learning_rule Rule>
THIMBLE_INLINE void convolution_weight_gradient(portable, const geometry layer, const weight_gradient_args<Rule>& a) {
  const geometry g = one_row(layer);
  for (int o = 0; o < g.out.c; ++o) {
    const auto to = a.to.of(a.scale[o]);
    const int first = g.groups == 1 ? 0 : o / (g.out.c / g.groups) * (a.from.x_row / g.groups);  // the group's in x
    int i = 0;
    for (; i + 4 <= g.trained; i += 4) learn_taps<4>(g, a.from, to, o, i, first);
    for (; i < g.trained; ++i) learn_taps<1>(g, a.from, to, o, i, first);
  }
}

constexpr kernel_needs weight_gradient_needs(portable, const geometry&) { return {}; }
constexpr kernel_needs input_gradient_needs(portable, const geometry& g) {
  return {.scratch = (2 * g.out.c * g.win.gradient_taps() + 3) / 4 * 4};
}

}  // namespace thimble::kernels

#include <thimble/kernels/convolution_gradient/arm_dsp.hpp>
#include <thimble/kernels/convolution_gradient/arm_mve.hpp>
#include <thimble/kernels/convolution_gradient/arm_thumb.hpp>
#include <thimble/kernels/convolution_gradient/x86.hpp>

namespace thimble::kernels {

struct convolution_backward {
  /// Of the input's gradient, for a shift in [2, 31]; with others portable serves, in no more scratch.
  template <class Target>
  static constexpr kernel_needs needs(Target t, const geometry& g) {
    return input_gradient_needs(t, g);
  }
  /// Of the weights' gradient, for a geometry without a list.
  template <class Target>
  static constexpr kernel_needs weight_needs(Target t, const geometry& g) {
    return weight_gradient_needs(t, g);
  }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const input_gradient_args& a) {
    convolution_input_gradient(t, g, a);
  }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const entry_gradient_args& a) {
    dense_entry_gradient(t, g, a);
  }
  template <class Target, learning_rule Rule>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const weight_gradient_args<Rule>& a) {
    convolution_weight_gradient(t, g, a);
  }
};

}  // namespace thimble::kernels
