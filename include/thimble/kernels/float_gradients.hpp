// Convolutions, backward, with float gradients: sums in the order written. (kernels/float_convolution.hpp is of the lab's float
// networks.) The output's gradient arrives with clipped positions already zero.
#pragma once
#include <thimble/kernels/convolution.hpp>
#include <thimble/kernels/convolution_gradient.hpp>
#include <thimble/kernels/depthwise_convolution.hpp>
#include <thimble/kernels/gradient.hpp>
#include <thimble/kernels/sink.hpp>

namespace thimble::kernels {

struct float_input_gradient_args {
  const float* dy;
  kernels::weights w;
  multipliers scale;
  float* dx;
  bool adds;
};

/// f(i, weight) for every channel i of a row of `count` weights, those in SRAM first.
template <class F>
THIMBLE_INLINE void for_each_weight(kernels::weights w, int row, int count, int trained, F f) {
  for (int j = 0; j < trained; ++j) f(trained_channel(w, j), w.sram[row * trained + j]);
  for (int j = trained; j < count; ++j) {
    const int i = trained_channel(w, j);
    f(i, w.flash[row * count + i]);
  }
}

/// dx[i] = sum over taps and the o of i's group of dy[o] * eff[o] * w[o][tap][i], in that order.
THIMBLE_INLINE void float_convolution_input_gradient(portable, const geometry g, const float_input_gradient_args& a) {
  const kernels::weights w = launder(a.w, g.listed);
  const window& win = g.win;
  const int c = filter_channels(g), width = g.out.c / g.groups;
  for (int iy = 0; iy < g.in.h; ++iy)
    for (int ix = 0; ix < g.in.w; ++ix) {
      float* dx = a.dx + (iy * g.in.w + ix) * g.in.c;
      for (int i = 0; !a.adds && i < g.in.c; ++i) dx[i] = 0;
      for (int ky = 0; ky < win.kernel_h; ++ky)
        for (int kx = 0; kx < win.kernel_w; ++kx) {
          const int oy = output_at(iy, win.pad_top, ky * win.dilation_h, win.stride_h, g.out.h);
          const int ox = output_at(ix, win.pad_left, kx * win.dilation_w, win.stride_w, g.out.w);
          if (oy < 0 || ox < 0) continue;
          const float* dy = a.dy + (oy * g.out.w + ox) * g.out.c;
          for (int o = 0; o < g.out.c; ++o) {
            const float scaled = dy[o] * real_of(a.scale[o]);
            float* group = dx + o / width * c;
            for_each_weight(w, (o * win.kernel_h + ky) * win.kernel_w + kx, c, g.trained,
                            [&](int i, int q) THIMBLE_LAMBDA_INLINE { group[i] += scaled * static_cast<float>(q); });
          }
        }
    }
}

/// dx[c] = sum over o of c's outputs of eff[o] * sum over taps of dy[o] * w[tap][o]. Where channels are listed, each has one.
THIMBLE_INLINE void float_depthwise_input_gradient(portable, const geometry g, const float_input_gradient_args& a) {
  const kernels::weights w = launder(a.w, g.listed);
  const window& win = g.win;
  const int m = depth_multiplier(g);
  for (int j = 0; j < g.out.c; ++j) {
    const int o = trained_channel(w, j), next = j < g.trained ? g.trained : g.out.c;
    const std::int8_t* of_tap = j < g.trained ? w.sram + j : w.flash + o;
    const float scale = real_of(a.scale[o]);
    for (int iy = 0; iy < g.in.h; ++iy)
      for (int ix = 0; ix < g.in.w; ++ix) {
        float sum = 0;
        for (int ky = 0; ky < win.kernel_h; ++ky)
          for (int kx = 0; kx < win.kernel_w; ++kx) {
            const int oy = output_at(iy, win.pad_top, ky * win.dilation_h, win.stride_h, g.out.h);
            const int ox = output_at(ix, win.pad_left, kx * win.dilation_w, win.stride_w, g.out.w);
            if (oy < 0 || ox < 0) continue;
            sum +=
                a.dy[(oy * g.out.w + ox) * g.out.c + o] * static_cast<float>(of_tap[(ky * win.kernel_w + kx) * next]);
          }
        put(a.dx[(iy * g.in.w + ix) * g.in.c + o / m], sum * scale, a.adds || o % m != 0);
      }
  }
}

/// What a weight's gradient is made of. x int8, x_row channels a pixel: in.c, or, of one group, those alone that train.
struct float_correlation {
  const float* dy;
  const std::int8_t* x;
  int x_zero, x_row;
};
template <learning_rule Rule>
struct float_weight_gradient_args {
  float_correlation from;
  kernels::weights w;
  multipliers scale;
  weight_sink<Rule> to;
};

/// The sum over positions of dy[o] * (x[i] - x_zero) for one tap: each row by itself, then the rows.
THIMBLE_INLINE float correlate(const geometry& g, const float_correlation& a, int o, int ky, int kx, int i) {
  const window& win = g.win;
  const output_range ys = outputs_inside(ky * win.dilation_h, win.pad_top, win.stride_h, g.in.h, g.out.h);
  const output_range xs = outputs_inside(kx * win.dilation_w, win.pad_left, win.stride_w, g.in.w, g.out.w);
  float sum = 0;
  for (int oy = ys.begin; oy < ys.end; ++oy) {
    const int iy = oy * win.stride_h - win.pad_top + ky * win.dilation_h;
    const int ix = xs.begin * win.stride_w - win.pad_left + kx * win.dilation_w;
    const float* dy = a.dy + (oy * g.out.w + xs.begin) * g.out.c + o;
    const std::int8_t* x = a.x + (iy * g.in.w + ix) * a.x_row + i;
    float row = 0;
    for (int n = 0; n < xs.end - xs.begin; ++n)
      row += dy[n * g.out.c] * static_cast<float>(x[n * win.stride_w * a.x_row] - a.x_zero);
    sum += row;
  }
  return sum;
}

/// w[o][tap][i] learns from sum dy[o] * (x[i of o's group] - x_zero).
template <learning_rule Rule>
THIMBLE_INLINE void float_convolution_weight_gradient(portable, const geometry g,
                                                      const float_weight_gradient_args<Rule>& a) {
  const int width = g.out.c / g.groups, c = filter_channels(g);
  const kernels::weights w = launder(a.w, g.listed);
  const bool packed = a.from.x_row != g.in.c;
  for (int o = 0; o < g.out.c; ++o) {
    const auto to = a.to.of(a.scale[o]);
    for (int ky = 0; ky < g.win.kernel_h; ++ky)
      for (int kx = 0; kx < g.win.kernel_w; ++kx) {
        const int row = (o * g.win.kernel_h + ky) * g.win.kernel_w + kx;
        for (int j = 0; j < g.trained; ++j) {
          const int i = packed ? j : o / width * c + trained_channel(w, j);
          to.learn(row * g.trained + j, correlate(g, a.from, o, ky, kx, i));
        }
      }
  }
}

/// w[tap][o] learns from sum dy[o] * (x[o / m] - x_zero).
template <learning_rule Rule>
THIMBLE_INLINE void float_depthwise_weight_gradient(portable, const geometry g,
                                                    const float_weight_gradient_args<Rule>& a) {
  const int m = depth_multiplier(g);
  const kernels::weights w = launder(a.w, g.listed);
  const bool packed = a.from.x_row != g.in.c;
  for (int j = 0; j < g.trained; ++j) {
    const int o = trained_channel(w, j);
    const auto to = a.to.of(a.scale[o]);
    for (int ky = 0; ky < g.win.kernel_h; ++ky)
      for (int kx = 0; kx < g.win.kernel_w; ++kx)
        to.learn((ky * g.win.kernel_w + kx) * g.trained + j, correlate(g, a.from, o, ky, kx, packed ? j : o / m));
  }
}

/// What an operation of int16 gradients is with float ones.
template <class Backward>
struct with_float_gradients;
template <>
struct with_float_gradients<convolution_backward> {
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const float_input_gradient_args& a) {
    float_convolution_input_gradient(t, g, a);
  }
  template <class Target, learning_rule Rule>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const float_weight_gradient_args<Rule>& a) {
    float_convolution_weight_gradient(t, g, a);
  }
};
template <>
struct with_float_gradients<depthwise_backward> {
  static constexpr window_key key(const geometry& g) { return depthwise_key(g); }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const float_input_gradient_args& a) {
    float_depthwise_input_gradient(t, g, a);
  }
  template <class Target, learning_rule Rule>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const float_weight_gradient_args<Rule>& a) {
    float_depthwise_weight_gradient(t, g, a);
  }
};

}  // namespace thimble::kernels
