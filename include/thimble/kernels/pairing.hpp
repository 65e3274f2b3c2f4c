// How two tensors meet element by element when one is broadcast to the other's shape.
#pragma once
#include <cstdint>

#include <thimble/config.hpp>
#include <thimble/tensor/shape.hpp>

namespace thimble::kernels {

/// The output's shape and, along each of its axes, the steps between the inputs' elements: 0 where an input is broadcast.
/// Axes that both inputs cross in one stride are one axis here, so two tensors of one shape are a single row {1, 1, n}, a
/// channel vector on an image is {1, h * w, c}, and the channels' steps are 0 or 1.
struct pairing {
  shape out;
  int a_row = 0, a_column = 0, a_channel = 0;
  int b_row = 0, b_column = 0, b_channel = 0;
};

/// Whether each extent is equal to the other's, or one of them is 1.
constexpr bool broadcastable(shape a, shape b) {
  return (a.h == b.h || a.h == 1 || b.h == 1) && (a.w == b.w || a.w == 1 || b.w == 1) &&
         (a.c == b.c || a.c == 1 || b.c == 1);
}

/// The shape of the output, not yet merged: what the layer's facts say.
constexpr shape broadcast(shape a, shape b) {
  return {a.h == 1 ? b.h : a.h, a.w == 1 ? b.w : a.w, a.c == 1 ? b.c : a.c};
}

/// The pairing of two broadcastable shapes.
constexpr pairing pair(shape a, shape b) {
  struct axis {
    int extent, a, b;
  };
  const shape out = broadcast(a, b);
  const axis outer[] = {{out.w, a.w == 1 ? 0 : a.c, b.w == 1 ? 0 : b.c},
                        {out.h, a.h == 1 ? 0 : a.row(), b.h == 1 ? 0 : b.row()}};
  axis merged[3] = {{out.c, a.c == 1 ? 0 : 1, b.c == 1 ? 0 : 1}, {1, 0, 0}, {1, 0, 0}};
  int last = 0;
  for (const axis& next : outer) {
    axis& inner = merged[last];
    if (next.extent == 1) continue;
    if (inner.extent == 1)
      inner = next;
    else if (next.a == inner.a * inner.extent && next.b == inner.b * inner.extent)
      inner.extent *= next.extent;
    else
      merged[++last] = next;
  }
  return {{merged[2].extent, merged[1].extent, merged[0].extent},
          merged[2].a,
          merged[1].a,
          merged[0].a,
          merged[2].b,
          merged[1].b,
          merged[0].b};
}

/// f(i, index in a, index in b) for every output element i, in order.
template <class F>
THIMBLE_INLINE void for_each_pair(const pairing& p, F f) {
  int i = 0;
  for (int y = 0; y < p.out.h; ++y)
    for (int x = 0; x < p.out.w; ++x) {
      int a = y * p.a_row + x * p.a_column, b = y * p.b_row + x * p.b_column;
      for (const int end = i + p.out.c; i < end; ++i, a += p.a_channel, b += p.b_channel) f(i, a, b);
    }
}

/// For every element j of a, in order: put(j, the sum of f(i, j, index in b) over the outputs i that it was broadcast
/// to). Where a has the output's shape, j = i is the only one.
template <class Sum, class F, class Put>
THIMBLE_INLINE void gather_pairs(const pairing& p, F f, Put put) {
  const shape in{p.a_row != 0 ? p.out.h : 1, p.a_column != 0 ? p.out.w : 1, p.a_channel != 0 ? p.out.c : 1};
  const shape many{p.out.h / in.h, p.out.w / in.w, p.out.c / in.c};
  int j = 0;
  for (int y = 0; y < in.h; ++y)
    for (int x = 0; x < in.w; ++x)
      for (int c = 0; c < in.c; ++c, ++j) {
        Sum sum = 0;
        for (int v = y; v < y + many.h; ++v)
          for (int u = x; u < x + many.w; ++u)
            for (int k = c; k < c + many.c; ++k)
              sum += f((v * p.out.w + u) * p.out.c + k, j, v * p.b_row + u * p.b_column + k * p.b_channel);
        put(j, sum);
      }
}

}  // namespace thimble::kernels
