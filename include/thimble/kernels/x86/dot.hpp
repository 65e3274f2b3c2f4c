// Convolutions of one to three pixels, dense layers above all: dot products along the inputs, as packing weights would not pay.
#pragma once
#include <thimble/kernels/convolution/arguments.hpp>
#include <thimble/kernels/x86/requantizer.hpp>
#include <thimble/kernels/x86/weight_rows.hpp>
#include <thimble/tensor/rounding.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels::x86 {

template <class V>
constexpr bool is_dot(const geometry& g) {
  return g.win.taps() == 1 && g.in.pixels() == g.out.pixels() && g.out.pixels() < 4;
}

/// Scratch, in bytes: the inputs as values, then rows of weights that are put together.
struct dot_layout {
  int rows, bytes;
};
template <class V>
THIMBLE_INLINE constexpr dot_layout dot_layout_of(const geometry& g) {
  const int values = (g.in.size() + 127) / 64 * 64;  // the last vector may be read past the last value
  const int rows = values * static_cast<int>(sizeof(typename V::value));
  return {rows, rows + V::lanes * g.in.c};
}

/// Lane r: the sum over i < size of (x[i] - x_zero) * w[r * size + i], r < rows. x: values.
template <class V, bool HasZero>
THIMBLE_INLINE typename V::vector dot_products(const typename V::value* x, const std::int8_t* w, int rows, int size,
                                               int x_zero) {
  using vector = typename V::vector;
  constexpr int chunk = V::lanes * V::depth, half = V::lanes / 2;  // half the rows at a time: what registers hold
  vector products[V::lanes];
  const vector zeros = V::zero_values(x_zero);
#pragma GCC unroll 2
  for (int first = 0; first < V::lanes; first += half) {
    several<V, half> acc, of_zero;
#pragma GCC unroll 8
    for (int r = 0; r < half; ++r) acc[r] = of_zero[r] = V::splat(0);
    for (int i = 0; i < size; i += chunk) {
      const vector values = V::load(x + i);
#pragma GCC unroll 8
      for (int r = 0; r < half; ++r) {
        const int row = first + r < rows ? first + r : rows - 1;  // again the last: its lane is not used
        const vector v = V::weights(w + static_cast<std::ptrdiff_t>(row) * size + i, size - i);
        acc[r] = V::accumulate(acc[r], values, v);
        if constexpr (HasZero) of_zero[r] = V::accumulate(of_zero[r], zeros, v);
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < half; ++r) products[first + r] = HasZero ? V::subtract(acc[r], of_zero[r]) : acc[r];
  }
  return V::sums(products);
}

/// put(o, n, sums of products of channels [o, o + n)) for every vector of output channels of one pixel.
template <class V, class Put>
THIMBLE_INLINE void for_each_dot(const geometry& g, const weight_rows& w, const typename V::value* x, int x_zero,
                                 Put put) {
  for (int o = 0; o < g.out.c; o += V::lanes) {
    const int n = g.out.c - o < V::lanes ? g.out.c - o : V::lanes;
    const std::int8_t* const rows = w.at(o, n);
    if (V::folds_zero && x_zero != -128)
      put(o, n, dot_products<V, true>(x, rows, n, g.in.c, x_zero));
    else
      put(o, n, dot_products<V, false>(x, rows, n, g.in.c, x_zero));
  }
}

/// As convolution(portable): the same bytes. `is_dot`. Scratch: dot_layout. One copy, whatever the key; so of logits.
template <class V>
THIMBLE_NOINLINE void multiply_pixels(const geometry& g, const convolution_args& a) {
  const dot_layout l = dot_layout_of<V>(g);
  auto* const x = reinterpret_cast<typename V::value*>(a.scratch);
  const weight_rows w{g, launder(a.w, g.listed), reinterpret_cast<std::int8_t*>(a.scratch + l.rows)};
  const output_range_of_layer to{a.y_zero, a.range, a.mask};
  V::widen(x, a.x, g.in.size(), a.x_zero);
  for (int p = a.part.begin * g.out.w; p < a.part.end * g.out.w; ++p)
    for_each_dot<V>(g, w, x + p * g.in.c, a.x_zero, [&](int o, int n, typename V::vector sums) THIMBLE_LAMBDA_INLINE {
      requantizer<V> q;
      q.set(a.bias, a.scale, o, n, a.y_zero, std::int64_t{255} * 128 * g.in.c);
      const auto acc = V::add(q.begin, sums);
      q.template finish<1>([&](int) THIMBLE_LAMBDA_INLINE { return acc; }, to, a.y, p * g.out.c + o, 0);
    });
}

/// As convolution_logits(portable): y[o] = round(acc[o] * scale[o] * 2^16). `is_dot`.
template <class V>
THIMBLE_NOINLINE void multiply_logits(const geometry& g, const logits_args& a) {
  const dot_layout l = dot_layout_of<V>(g);
  auto* const x = reinterpret_cast<typename V::value*>(a.scratch);
  const weight_rows w{g, launder(a.w, g.listed), reinterpret_cast<std::int8_t*>(a.scratch + l.rows)};
  V::widen(x, a.x, g.in.c, a.x_zero);
  for_each_dot<V>(g, w, x, a.x_zero, [&](int o, int n, typename V::vector sums) THIMBLE_LAMBDA_INLINE {
    std::int32_t acc[V::lanes];
    V::store(acc, a.bias != nullptr ? V::add(V::first(a.bias + o, n), sums) : sums);
    for (int j = 0; j < n; ++j) {
      const multiplier m = a.scale[o + j];
      a.y[o + j] = saturate<std::int32_t>(shift_round(std::int64_t{acc[j]} * m.mantissa, 31 - m.shift - 16));
    }
  });
}

}  // namespace thimble::kernels::x86

#endif
