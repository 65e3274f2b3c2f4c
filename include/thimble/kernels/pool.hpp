// Average and max pooling, forward and backward. Input and output share one quantization, as in TFLite.
#pragma once
#include <thimble/kernels/geometry.hpp>
#include <thimble/kernels/gradient_kind.hpp>

namespace thimble::kernels {

struct pool_args {
  const std::int8_t* x;
  limits range;
  std::int8_t* y;
  std::uint8_t* kept;  ///< max pooling: the tap that won, one byte an output; or null
  rows part;
};

template <class Gradient>
struct pool_gradient_args {
  const Gradient* dy;
  const std::uint8_t* kept;
  int shift;  ///< e_x - e_y
  Gradient* dx;
  bool adds;
};

/// y = clamp(sum / count), rounded half away from zero, count the taps inside the image: TFLite's AVERAGE_POOL_2D. Exact in
/// int32 for windows of at most 16 million taps.
THIMBLE_INLINE void average_pool(portable, const geometry g, const pool_args& a) {
  const window& win = g.win;
  for (int oy = a.part.begin; oy < a.part.end; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox) {
      const int top = oy * win.stride_h - win.pad_top, left = ox * win.stride_w - win.pad_left;
      const tap_range ys = taps_inside(top, win.kernel_h, g.in.h), xs = taps_inside(left, win.kernel_w, g.in.w);
      const int inside = (ys.end - ys.begin) * (xs.end - xs.begin), count = inside > 0 ? inside : 1;
      for (int c = 0; c < g.out.c; ++c) {
        std::int32_t sum = 0;
        for (int ky = ys.begin; ky < ys.end; ++ky)
          for (int kx = xs.begin; kx < xs.end; ++kx) sum += a.x[((top + ky) * g.in.w + left + kx) * g.in.c + c];
        const int mean = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
        a.y[(oy * g.out.w + ox) * g.out.c + c] = clamp(mean, a.range, nullptr, 0);
      }
    }
}

/// For every input element: the sum of f(output element, its y, its x) over the windows that cover it, then the shift.
template <class Gradient, class F>
THIMBLE_INLINE void gather_windows(const geometry& g, const pool_gradient_args<Gradient>& a, int shift, F f) {
  const window& win = g.win;
  for (int iy = 0; iy < g.in.h; ++iy) {
    const output_range ys = windows_over(iy, win.pad_top, win.kernel_h, win.stride_h, g.out.h);
    for (int ix = 0; ix < g.in.w; ++ix) {
      const output_range xs = windows_over(ix, win.pad_left, win.kernel_w, win.stride_w, g.out.w);
      for (int c = 0; c < g.in.c; ++c) {
        typename arithmetic<Gradient>::sum sum = 0;
        for (int oy = ys.begin; oy < ys.end; ++oy)
          for (int ox = xs.begin; ox < xs.end; ++ox)
            sum += f((oy * g.out.w + ox) * g.out.c + c, iy, ix, oy * win.stride_h - win.pad_top,
                     ox * win.stride_w - win.pad_left);
        put(a.dx[(iy * g.in.w + ix) * g.in.c + c], arithmetic<Gradient>::shifted_sum(sum, shift), a.adds);
      }
    }
  }
}

/// Whether windows cover the input side by side, each element once.
THIMBLE_INLINE constexpr bool tiles_input(const geometry& g) {
  const window& w = g.win;
  return w.kernel_h == w.stride_h && w.kernel_w == w.stride_w && w.pad_top == 0 && w.pad_left == 0 &&
         g.in.h == g.out.h * w.kernel_h && g.in.w == g.out.w * w.kernel_w;
}
/// Then a window's share is the same for all its elements: made once.
template <class Gradient>
THIMBLE_INLINE void spread_shares(const geometry& g, const pool_gradient_args<Gradient>& a) {
  using math = arithmetic<Gradient>;
  const window& win = g.win;
  const int c = g.in.c;
  for (int oy = 0; oy < g.out.h; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox)
      for (int i = 0; i < c; ++i) {
        const auto sum = math::share(a.dy[(oy * g.out.w + ox) * c + i], win.taps());
        const Gradient v = math::shifted_sum(sum, math::share_bits + a.shift);
        for (int ky = 0; ky < win.kernel_h; ++ky) {
          Gradient* dx = a.dx + ((oy * win.kernel_h + ky) * g.in.w + ox * win.kernel_w) * c + i;
          for (int kx = 0; kx < win.kernel_w; ++kx, dx += c) put(*dx, v, a.adds);
        }
      }
}

/// The gradient of `pixels` inputs of a window that tiles the input: dy [channels] of that window, dx [pixels][channels].
struct window_share_args {
  const std::int16_t* dy;
  int channels, taps, shift;
  std::int16_t* dx;
  int pixels;
};
THIMBLE_NOINLINE inline void window_share(const window_share_args& a) {
  using math = arithmetic<std::int16_t>;
  for (int c = 0; c < a.channels; ++c) {
    const std::int16_t v = math::shifted_sum(math::share(a.dy[c], a.taps), math::share_bits + a.shift);
    for (int p = 0; p < a.pixels; ++p) a.dx[p * a.channels + c] = v;
  }
}

/// dx = round(2^-shift * sum over the windows that cover it of dy / count), saturated to int16; the sum in 64 bits.
template <class Gradient>
THIMBLE_INLINE void average_pool_gradient(portable, const geometry g, const pool_gradient_args<Gradient>& a) {
  using math = arithmetic<Gradient>;
  if (tiles_input(g)) return spread_shares(g, a);
  gather_windows(g, a, math::share_bits + a.shift, [&](int at, int, int, int top, int left) THIMBLE_LAMBDA_INLINE {
    const tap_range ys = taps_inside(top, g.win.kernel_h, g.in.h), xs = taps_inside(left, g.win.kernel_w, g.in.w);
    const int count = (ys.end - ys.begin) * (xs.end - xs.begin);
    return math::share(a.dy[at], count);
  });
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

/// dx = round(2^-shift * sum of dy over the windows that this input won), saturated to int16.
template <class Gradient>
THIMBLE_INLINE void max_pool_gradient(portable, const geometry g, const pool_gradient_args<Gradient>& a) {
  gather_windows(g, a, a.shift, [&](int at, int iy, int ix, int top, int left) THIMBLE_LAMBDA_INLINE {
    using sum = typename arithmetic<Gradient>::sum;
    return a.kept[at] == (iy - top) * g.win.kernel_w + ix - left ? sum{a.dy[at]} : sum{0};
  });
}

}  // namespace thimble::kernels

#include <thimble/kernels/pool/arm_mve.hpp>
#include <thimble/kernels/pool/x86.hpp>

namespace thimble::kernels {

struct average_pooling {
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const pool_args& a) {
    average_pool(t, g, a);
  }
  template <class Target, class Gradient>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const pool_gradient_args<Gradient>& a) {
    average_pool_gradient(t, g, a);
  }
};

struct max_pooling {
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const pool_args& a) {
    max_pool(t, g, a);
  }
  template <class Target, class Gradient>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const pool_gradient_args<Gradient>& a) {
    max_pool_gradient(t, g, a);
  }
};

}  // namespace thimble::kernels
