// Average and max pooling, forward and backward. Input and output share one quantization, as in TFLite.
#pragma once
#include <thimble/kernels/convolution_gradient.hpp>

namespace thimble::kernels {

struct pool_args {
  const std::int8_t* x;
  limits range;
  std::int8_t* y;
  std::uint8_t* kept;  ///< max pooling: the tap that won, one byte an output; or null
  rows part;
};

struct pool_gradient_args {
  const std::int16_t* dy;
  const std::uint8_t* kept;
  int shift;  ///< e_x - e_y
  std::int16_t* dx;
  bool adds;
};

/// y = clamp(sum / count), rounded half away from zero, count the taps inside the image: TFLite's AVERAGE_POOL_2D. Exact in
/// int32 for windows of at most 16'777'215 taps.
THIMBLE_INLINE void average_pool(portable, const geometry g, const pool_args& a) {
  const window& win = g.win;
  for (int oy = a.part.begin; oy < a.part.end; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox) {
      const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
      const tap_range ys = taps_inside(top, win.kernel_h, g.in.h), xs = taps_inside(left, win.kernel_w, g.in.w);
      const int count = (ys.end - ys.begin) * (xs.end - xs.begin);
      for (int c = 0; c < g.out.c; ++c) {
        std::int32_t sum = 0;
        for (int ky = ys.begin; ky < ys.end; ++ky)
          for (int kx = xs.begin; kx < xs.end; ++kx) sum += a.x[((top + ky) * g.in.w + left + kx) * g.in.c + c];
        const int mean = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
        a.y[(oy * g.out.w + ox) * g.out.c + c] = clamp(mean, a.range, nullptr, 0);
      }
    }
}

/// dx = round(2^-shift * sum over the windows that cover it of dy / count): the sum is of quotients in Q.15.
THIMBLE_INLINE void average_pool_gradient(portable, const geometry g, const pool_gradient_args& a) {
  const window& win = g.win;
  for (int iy = 0; iy < g.in.h; ++iy)
    for (int ix = 0; ix < g.in.w; ++ix)
      for (int c = 0; c < g.in.c; ++c) {
        std::int64_t sum = 0;
        for (int ky = 0; ky < win.kernel_h; ++ky) {
          const int oy = output_at(iy, win.pad_top, ky, win.stride_h, g.out.h);
          if (oy < 0) continue;
          const tap_range ys = taps_inside(oy * win.stride_h - win.pad_top, win.kernel_h, g.in.h);
          for (int kx = 0; kx < win.kernel_w; ++kx) {
            const int ox = output_at(ix, win.pad_left, kx, win.stride_w, g.out.w);
            if (ox < 0) continue;
            const tap_range xs = taps_inside(ox * win.stride_w - win.pad_left, win.kernel_w, g.in.w);
            const int count = (ys.end - ys.begin) * (xs.end - xs.begin);
            sum += a.dy[(oy * g.out.w + ox) * g.out.c + c] * ((32768 + count / 2) / count);
          }
        }
        put(a.dx[(iy * g.in.w + ix) * g.in.c + c], saturate<std::int16_t>(shift_round(sum, 15 + a.shift)), a.adds);
      }
}

/// y = clamp(max x); of equal values the first tap wins, and is kept for backward.
THIMBLE_INLINE void max_pool(portable, const geometry g, const pool_args& a) {
  const window& win = g.win;
  for (int oy = a.part.begin; oy < a.part.end; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox) {
      const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
      const tap_range ys = taps_inside(top, win.kernel_h, g.in.h), xs = taps_inside(left, win.kernel_w, g.in.w);
      for (int c = 0; c < g.out.c; ++c) {
        int best = -129, winner = 0;
        for (int ky = ys.begin; ky < ys.end; ++ky)
          for (int kx = xs.begin; kx < xs.end; ++kx) {
            const int v = a.x[((top + ky) * g.in.w + left + kx) * g.in.c + c];
            if (v > best) best = v, winner = ky * win.kernel_w + kx;
          }
        const int at = (oy * g.out.w + ox) * g.out.c + c;
        a.y[at] = clamp(best, a.range, nullptr, 0);
        if (a.kept != nullptr) a.kept[at] = static_cast<std::uint8_t>(winner);
      }
    }
}

/// dx = the sum of dy over the windows that this input won.
THIMBLE_INLINE void max_pool_gradient(portable, const geometry g, const pool_gradient_args& a) {
  const window& win = g.win;
  for (int iy = 0; iy < g.in.h; ++iy)
    for (int ix = 0; ix < g.in.w; ++ix)
      for (int c = 0; c < g.in.c; ++c) {
        std::int32_t sum = 0;
        for (int ky = 0; ky < win.kernel_h; ++ky)
          for (int kx = 0; kx < win.kernel_w; ++kx) {
            const int oy = output_at(iy, win.pad_top, ky, win.stride_h, g.out.h);
            const int ox = output_at(ix, win.pad_left, kx, win.stride_w, g.out.w);
            if (oy < 0 || ox < 0) continue;
            const int at = (oy * g.out.w + ox) * g.out.c + c;
            if (a.kept[at] == ky * win.kernel_w + kx) sum += a.dy[at];
          }
        put(a.dx[(iy * g.in.w + ix) * g.in.c + c], narrow16(sum, a.shift), a.adds);
      }
}

struct average_pooling {
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const pool_args& a) {
    average_pool(t, g, a);
  }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const pool_gradient_args& a) {
    average_pool_gradient(t, g, a);
  }
};

struct max_pooling {
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const pool_args& a) {
    max_pool(t, g, a);
  }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const pool_gradient_args& a) {
    max_pool_gradient(t, g, a);
  }
};

}  // namespace thimble::kernels
