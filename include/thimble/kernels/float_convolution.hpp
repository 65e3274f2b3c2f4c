// Convolutions in float32, forward and backward, for the lab. Accumulation is in a fixed order, in sixteen lanes.
#pragma once
#include <thimble/kernels/geometry.hpp>

namespace thimble::kernels {

inline float float_dot(const float* a, const float* b, int n) {
  float lane[16]{};
  int i = 0;
  for (; i + 16 <= n; i += 16)
    for (int j = 0; j < 16; ++j) lane[j] += a[i + j] * b[i + j];
  float sum = 0;
  for (; i < n; ++i) sum += a[i] * b[i];
  for (float v : lane) sum += v;
  return sum;
}

inline void float_axpy(float k, const float* x, float* y, int n) {
  for (int i = 0; i < n; ++i) y[i] += k * x[i];
}

/// f(ky, first kx, last kx, first input element) for each row of taps of output (oy, ox) inside the image.
template <class F>
inline void tap_rows(const geometry& g, int oy, int ox, F f) {
  const window& w = g.win;
  const int top = oy * w.stride_h - w.pad_top, left = ox * w.stride_w - w.pad_left;
  const tap_range ys = taps_inside(top, w.kernel_h, g.in.h), xs = taps_inside(left, w.kernel_w, g.in.w);
  for (int ky = ys.begin; ky < ys.end; ++ky) f(ky, xs.begin, xs.end, ((top + ky) * g.in.w + left + xs.begin) * g.in.c);
}

/// y[o] = b[o] + sum x * w, weights OHWI.
inline void float_convolution(const geometry& g, const float* x, const float* w, const float* b, float* y) {
  const int c = g.in.c, taps = g.win.taps();
  for (int oy = 0; oy < g.out.h; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox)
      for (int o = 0; o < g.out.c; ++o) {
        float sum = b[o];
        tap_rows(g, oy, ox, [&](int ky, int first, int last, int at) {
          sum += float_dot(x + at, w + (o * taps + ky * g.win.kernel_w + first) * c, (last - first) * c);
        });
        y[(oy * g.out.w + ox) * g.out.c + o] = sum;
      }
}

/// Adds to dx (may be null), dw and db.
inline void float_convolution_gradient(const geometry& g, const float* x, const float* w, const float* dy, float* dx,
                                       float* dw, float* db) {
  const int c = g.in.c, taps = g.win.taps();
  for (int oy = 0; oy < g.out.h; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox)
      for (int o = 0; o < g.out.c; ++o) {
        const float d = dy[(oy * g.out.w + ox) * g.out.c + o];
        if (d == 0) continue;
        db[o] += d;
        tap_rows(g, oy, ox, [&](int ky, int first, int last, int at) {
          const int p = (o * taps + ky * g.win.kernel_w + first) * c, n = (last - first) * c;
          float_axpy(d, x + at, dw + p, n);
          if (dx != nullptr) float_axpy(d, w + p, dx + at, n);
        });
      }
}

/// y[c] = b[c] + sum x[c] * w[tap][c].
inline void float_depthwise(const geometry& g, const float* x, const float* w, const float* b, float* y) {
  const int c = g.in.c;
  for (int oy = 0; oy < g.out.h; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox) {
      float* p = y + (oy * g.out.w + ox) * c;
      for (int i = 0; i < c; ++i) p[i] = b[i];
      tap_rows(g, oy, ox, [&](int ky, int first, int last, int at) {
        for (int kx = first; kx < last; ++kx)
          for (int i = 0; i < c; ++i) p[i] += x[at + (kx - first) * c + i] * w[(ky * g.win.kernel_w + kx) * c + i];
      });
    }
}

/// Adds to dx (may be null), dw and db.
inline void float_depthwise_gradient(const geometry& g, const float* x, const float* w, const float* dy, float* dx,
                                     float* dw, float* db) {
  const int c = g.in.c;
  for (int oy = 0; oy < g.out.h; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox) {
      const float* d = dy + (oy * g.out.w + ox) * c;
      for (int i = 0; i < c; ++i) db[i] += d[i];
      tap_rows(g, oy, ox, [&](int ky, int first, int last, int at) {
        for (int kx = first; kx < last; ++kx) {
          const int p = (ky * g.win.kernel_w + kx) * c, q = at + (kx - first) * c;
          for (int i = 0; i < c; ++i) dw[p + i] += d[i] * x[q + i];
          if (dx != nullptr)
            for (int i = 0; i < c; ++i) dx[q + i] += d[i] * w[p + i];
        }
      });
    }
}

}  // namespace thimble::kernels
