// Pools in float32, forward and backward, for the lab. Gradients are added to dx.
#pragma once
#include <thimble/kernels/float_convolution.hpp>

namespace thimble::kernels {

/// f(input element) for every tap of output (oy, ox), channel c.
template <class F>
inline void pool_taps(const geometry& g, int oy, int ox, int c, F f) {
  tap_rows(g, oy, ox, [&](int, int first, int last, int at) {
    for (int kx = first; kx < last; ++kx) f(at + (kx - first) * g.in.c + c);
  });
}

template <class F>
inline void pool_outputs(const geometry& g, F f) {
  for (int oy = 0; oy < g.out.h; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox)
      for (int c = 0; c < g.out.c; ++c) f(oy, ox, c, (oy * g.out.w + ox) * g.out.c + c);
}

inline void float_average_pool(const geometry& g, const float* x, float* y) {
  pool_outputs(g, [&](int oy, int ox, int c, int at) {
    float sum = 0;
    int count = 0;
    pool_taps(g, oy, ox, c, [&](int i) { sum += x[i], ++count; });
    y[at] = sum / static_cast<float>(count);
  });
}

inline void float_average_pool_gradient(const geometry& g, const float* dy, float* dx) {
  pool_outputs(g, [&](int oy, int ox, int c, int at) {
    int count = 0;
    pool_taps(g, oy, ox, c, [&](int) { ++count; });
    pool_taps(g, oy, ox, c, [&](int i) { dx[i] += dy[at] / static_cast<float>(count); });
  });
}

/// The winner of a window, the first of equals.
inline int float_winner(const geometry& g, const float* x, int oy, int ox, int c) {
  int best = -1;
  pool_taps(g, oy, ox, c, [&](int i) {
    if (best < 0 || x[i] > x[best]) best = i;
  });
  return best;
}

inline void float_max_pool(const geometry& g, const float* x, float* y) {
  pool_outputs(g, [&](int oy, int ox, int c, int at) { y[at] = x[float_winner(g, x, oy, ox, c)]; });
}

inline void float_max_pool_gradient(const geometry& g, const float* x, const float* dy, float* dx) {
  pool_outputs(g, [&](int oy, int ox, int c, int at) { dx[float_winner(g, x, oy, ox, c)] += dy[at]; });
}

}  // namespace thimble::kernels
