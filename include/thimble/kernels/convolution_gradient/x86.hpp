// Gradients of pointwise convolutions as products of matrices in pairs of int16, for both targets of x86.
#pragma once
#include <thimble/kernels/convolution_gradient.hpp>  // whose end includes this
#include <thimble/kernels/needs.hpp>
#include <thimble/kernels/x86/gradients.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels {
namespace x86 {

constexpr bool is_pointwise(const geometry& g) {
  const window& w = g.win;
  return w.taps() == 1 && w.stride_h == 1 && w.stride_w == 1 && w.pad_top == 0 && w.pad_left == 0 && g.groups == 1 &&
         g.in.pixels() == g.out.pixels();
}

/// Scratch of an input's gradient, in bytes: scaled gradients of all pixels in pairs of output channels, then a panel of weights.
template <class V>
struct input_gradient_layout {
  int pairs;
  int panel, bytes;
};
template <class V>
THIMBLE_INLINE constexpr input_gradient_layout<V> input_gradient_layout_of(const geometry& g) {
  const int pairs = (g.out.c + 1) / 2, panel = (4 * pairs * g.out.pixels() + 63) / 64 * 64;
  return {pairs, panel, panel + pairs * V::vectors * V::lanes * 4};
}
template <class V>
constexpr kernel_needs input_gradient_needs_of(const geometry& g) {
  const bool fits = std::int64_t{g.out.pixels()} * g.out.c < (1 << 22);
  const int bytes = fits ? input_gradient_layout_of<V>(g).bytes : 0;
  const int others = input_gradient_needs(portable{}, g).scratch;
  return {.serves = fits && is_pointwise(g) && !g.listed, .scratch = bytes > others ? bytes : others};
}

/// t[p][o] = scaled(dy[p][o]); rows of 2 * pairs.
template <class V>
THIMBLE_INLINE void scale_gradients(const geometry& g, const input_gradient_args& a, std::int16_t* t, int row) {
  const int n = g.out.c;
  if (n % 2 != 0)
    for (int p = 0; p < g.out.pixels(); ++p) t[p * row + n] = 0;
  for (int o = 0; o < n; o += V::lanes) {
    const gradient_scaler<V> s(a.scale, a.raise, o, n - o < V::lanes ? n - o : V::lanes);
    for (int p = 0; p < g.out.pixels(); ++p) {
      if (s.regular) {
        V::store_first(t + p * row + o, s.of(V::first(a.dy + p * n + o, s.count), a.limit), s.count);
      } else {
        for (int j = o; j < o + s.count; ++j)
          t[p * row + j] = scale16(a.dy[p * n + j], factor_of(a.scale[j], a.raise), a.limit);
      }
    }
  }
}

/// Tiles of rows [0, n), each once: of Rows, of four, of one.
template <int Rows, class F>
THIMBLE_INLINE void in_tiles_once(int n, F tile) {
  int i = 0;
  for (; i + Rows <= n; i += Rows) tile.template operator()<Rows>(i);
  if constexpr (Rows > 4)
    for (; i + 4 <= n; i += 4) tile.template operator()<4>(i);
  for (; i < n; ++i) tile.template operator()<1>(i);
}

/// Sums of products of pairs: rows of `a`, vectors of the panel.
template <class V, int Rows, int Vectors>
THIMBLE_INLINE void multiply_pairs(block_of<V, Rows, Vectors>& acc, const row_pieces& rows,
                                   const unsigned char* panel) {
  using vector = typename V::vector;
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) acc[i][v] = V::splat(0);
  multiply_tile<V, Rows, Vectors>(
      acc, rows, panel, [](vector s, vector x, vector w) THIMBLE_LAMBDA_INLINE { return V::sum_pairs(s, x, w); });
}

/// Input channels [first, first + n) of dx, n at most a block; w: the weight of the first one in the first row, rows of `row`.
template <class V, int Vectors>
THIMBLE_INLINE void gather_block(const geometry& g, const input_gradient_args& a, const row_pieces& t,
                                 unsigned char* panel, const std::int8_t* w, int row, int first, int n) {
  using vector = typename V::vector;
  constexpr std::size_t size = sizeof(vector);
  for (int s = 0; s < t.steps; ++s)
    for (int v = 0; v < Vectors; ++v) {
      const std::int8_t* const from = w + static_cast<std::ptrdiff_t>(2 * s) * row + v * V::lanes;
      const int some = n - v * V::lanes < V::lanes ? n - v * V::lanes : V::lanes;
      V::store(panel + (static_cast<std::size_t>(s) * Vectors + static_cast<std::size_t>(v)) * size,
               pair_rows<V>(from, row, 2 * s + 1 < g.out.c, some));
    }
  const vector shift = V::splat(a.shift), less_one = V::splat(a.shift - 1);
  in_tiles_once<rows_of_tile<V>(Vectors)>(g.in.pixels(), [&]<int Rows>(int p) THIMBLE_LAMBDA_INLINE {
    row_pieces rows = t;
    rows.at += p * t.next_row;
    block_of<V, Rows, Vectors> acc;
    multiply_pairs<V, Rows, Vectors>(acc, rows, panel);
    std::int16_t* dx = a.dx + p * g.in.c + first;
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i, dx += g.in.c)
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) {
        const int some = n - v * V::lanes < V::lanes ? n - v * V::lanes : V::lanes;
        vector d = shift_rounded<V>(acc[i][v], shift, less_one);
        if (a.adds)
          d = V::add(V::smaller(V::larger(d, V::splat(-32768)), V::splat(32767)), V::first(dx + v * V::lanes, some));
        V::store_first(dx + v * V::lanes, d, some);
      }
  });
}

/// As convolution_input_gradient(portable), for a shift in [2, 31]. Scratch: input_gradient_layout. One copy, whatever the key.
template <class V>
THIMBLE_NOINLINE void gather_pointwise(const geometry& g, const input_gradient_args& a) {
  const input_gradient_layout<V> l = input_gradient_layout_of<V>(g);
  auto* const scratch = reinterpret_cast<unsigned char*>(a.scaled);
  scale_gradients<V>(g, a, a.scaled, 2 * l.pairs);
  const row_pieces t{scratch, 4 * std::ptrdiff_t{l.pairs}, 0, 1, l.pairs};
  const std::int8_t* const flash = launder(a.w.flash);
  const int c = g.in.c, k = g.trained;
  const auto channels = [&](const std::int8_t* w, int row, int begin, int end) THIMBLE_LAMBDA_INLINE {
    const int block = vectors_of_block<V>(end - begin) * V::lanes;
    for (int i = begin; i < end; i += block) {
      const int n = end - i < block ? end - i : block;
      with_vectors<V>((n + V::lanes - 1) / V::lanes, [&]<int Vectors>() THIMBLE_LAMBDA_INLINE {
        gather_block<V, Vectors>(g, a, t, scratch + l.panel, w + i, row, i, n);
      });
    }
  };
  for (int part = 0; part < 2; ++part) {
    const bool trained = part == 0;
    if (trained ? k != 0 : k != c)
      channels(trained ? a.w.sram : flash, trained ? k : c, trained ? 0 : k, trained ? k : c);
  }
}

/// Scratch of a weight's gradient, in bytes: gradients of each output channel in pairs of positions, then a panel of inputs.
template <class V>
struct correlation_layout {
  int pairs;
  int panel, bytes;
};
template <class V>
THIMBLE_INLINE constexpr correlation_layout<V> correlation_layout_of(const geometry& g) {
  const int pairs = (g.out.pixels() + 1) / 2, rows = (g.out.c + V::lanes - 1) / V::lanes * V::lanes;
  const int panel = 4 * rows * ((pairs + V::lanes - 1) / V::lanes * V::lanes);
  return {pairs, panel, panel + pairs * V::vectors * V::lanes * 4};
}
template <class V>
constexpr kernel_needs weight_gradient_needs_of(const geometry& g) {
  const bool fits = std::int64_t{g.out.pixels()} * g.out.c < (1 << 22);
  return {.serves = fits && is_pointwise(g) && g.out.pixels() > 1,
          .scratch = fits ? correlation_layout_of<V>(g).bytes : 0};
}

/// to[o][pair] = (dy[2 pair][o], dy[2 pair + 1][o]); rows of `row` dwords, a multiple of the lanes, as is their number.
template <class V>
THIMBLE_NOINLINE void pair_positions(std::int32_t* to, int row, const std::int16_t* dy, int channels, int positions) {
  for (int o = 0; o < channels; o += V::lanes)
    for (int s = 0; s < row; s += V::lanes) {
      const int n = channels - o < V::lanes ? channels - o : V::lanes;
      several<V, V::lanes> v;
#pragma GCC unroll 16
      for (int j = 0; j < V::lanes; ++j) {
        const int p = 2 * (s + j);
        const std::int16_t* const from = dy + (p < positions ? p * channels + o : 0);
        v[j] = p < positions ? pair_rows<V>(from, channels, p + 1 < positions, n) : V::splat(0);
      }
      V::transpose(v.v);
#pragma GCC unroll 16
      for (int j = 0; j < V::lanes; ++j) V::store(to + (o + j) * row + s, v[j]);
    }
}

/// Sums over all positions, exact: at most 256 in 32 bits (32'768 * 255 * 256 < 2^31), more in 64, rounded by `drop` bits.
template <class V, int Rows, int Vectors>
THIMBLE_INLINE void correlate_tile(std::int32_t* sums, const row_pieces& dy, const unsigned char* panel, int drop) {
  constexpr int most = 128, values = Vectors * V::lanes;  // pairs of positions
  block_of<V, Rows, Vectors> acc;
  if (dy.steps <= most) {
    multiply_pairs<V, Rows, Vectors>(acc, dy, panel);
    for (int r = 0; r < Rows; ++r)
      for (int v = 0; v < Vectors; ++v) V::store(sums + r * values + v * V::lanes, acc[r][v]);
    return;
  }
  std::int64_t wide[static_cast<std::size_t>(Rows * values)]{};
  row_pieces part = dy;
  for (int s = 0; s < dy.steps; s += most) {
    part.at = dy.at + 4 * static_cast<std::ptrdiff_t>(s);
    part.steps = dy.steps - s < most ? dy.steps - s : most;
    multiply_pairs<V, Rows, Vectors>(acc, part, panel + static_cast<std::size_t>(4 * s * values));
    for (int r = 0; r < Rows; ++r)
      for (int v = 0; v < Vectors; ++v) V::store(sums + r * values + v * V::lanes, acc[r][v]);
    for (int i = 0; i < Rows * values; ++i) wide[i] += sums[i];
  }
  for (int i = 0; i < Rows * values; ++i) sums[i] = static_cast<std::int32_t>(shift_round(wide[i], drop));
}

/// As convolution_weight_gradient(portable). Scratch: correlation_layout. One copy, whatever the key.
template <class V, learning_rule Rule>
THIMBLE_NOINLINE void correlate_pointwise(const geometry& g, const weight_gradient_args<Rule>& a) {
  const correlation_layout<V> l = correlation_layout_of<V>(g);
  const int positions = g.out.pixels(), k = g.trained, row = (l.pairs + V::lanes - 1) / V::lanes * V::lanes;
  pair_positions<V>(reinterpret_cast<std::int32_t*>(a.scratch), row, a.from.dy, g.out.c, positions);
  const row_pieces dy{a.scratch, 4 * std::ptrdiff_t{row}, 0, 1, l.pairs};
  unsigned char* const panel = a.scratch + l.panel;
  const int block = vectors_of_block<V>(k) * V::lanes;
  const auto zero = V::splat(a.from.x_zero);
  for (int first = 0; first < k; first += block) {
    const int n = k - first < block ? k - first : block;
    with_vectors<V>((n + V::lanes - 1) / V::lanes, [&]<int Vectors>() THIMBLE_LAMBDA_INLINE {
      unsigned char* to = panel;
      for (int p = 0; p < positions; p += 2)
        for (int v = 0; v < Vectors; ++v, to += sizeof(typename V::vector)) {
          const std::int8_t* const x = a.from.x + p * a.from.x_row + first + v * V::lanes;
          const int some = n - v * V::lanes < V::lanes ? n - v * V::lanes : V::lanes;
          const auto next = p + 1 < positions ? V::subtract(V::first(x + a.from.x_row, some), zero) : V::splat(0);
          V::store(to, pair_of<V>(V::subtract(V::first(x, some), zero), next));
        }
      in_tiles_once<rows_of_tile<V>(Vectors)>(g.out.c, [&]<int Rows>(int o) THIMBLE_LAMBDA_INLINE {
        constexpr int values = Vectors * V::lanes;
        std::int32_t sums[static_cast<std::size_t>(Rows * values)];
        row_pieces rows = dy;
        rows.at += o * dy.next_row;
        correlate_tile<V, Rows, Vectors>(sums, rows, panel, a.from.drop);
        for (int r = 0; r < Rows; ++r) {
          const auto sink = a.to.of(a.scale[o + r]);
          const int at = (o + r) * k + first;
          for (int j = 0; j < n; ++j) sink.learn(at + j, sums[r * values + j]);
        }
      });
    });
  }
}

}  // namespace x86

constexpr kernel_needs input_gradient_needs(x86_avx2, const geometry& g) {
  return x86::input_gradient_needs_of<x86::avx2>(g);
}
constexpr kernel_needs weight_gradient_needs(x86_avx2, const geometry& g) {
  return x86::weight_gradient_needs_of<x86::avx2>(g);
}
THIMBLE_INLINE void convolution_input_gradient(x86_avx2, const geometry& g, const input_gradient_args& a) {
  x86::gather_pointwise<x86::avx2>(g, a);
}
template <learning_rule Rule>
THIMBLE_INLINE void convolution_weight_gradient(x86_avx2, const geometry& g, const weight_gradient_args<Rule>& a) {
  x86::correlate_pointwise<x86::avx2>(g, a);
}

#if defined(__AVX512VNNI__)
constexpr kernel_needs input_gradient_needs(x86_avx512_vnni, const geometry& g) {
  return x86::input_gradient_needs_of<x86::avx512_vnni>(g);
}
constexpr kernel_needs weight_gradient_needs(x86_avx512_vnni, const geometry& g) {
  return x86::weight_gradient_needs_of<x86::avx512_vnni>(g);
}
THIMBLE_INLINE void convolution_input_gradient(x86_avx512_vnni, const geometry& g, const input_gradient_args& a) {
  x86::gather_pointwise<x86::avx512_vnni>(g, a);
}
template <learning_rule Rule>
THIMBLE_INLINE void convolution_weight_gradient(x86_avx512_vnni, const geometry& g,
                                                const weight_gradient_args<Rule>& a) {
  x86::correlate_pointwise<x86::avx512_vnni>(g, a);
}
#endif

}  // namespace thimble::kernels

#endif
