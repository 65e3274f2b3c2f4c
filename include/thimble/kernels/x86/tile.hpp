// A matrix product by tiles: a few rows of dwords times a panel of weights, a lane an output channel.
#pragma once
#include <cstddef>

#include <thimble/kernels/x86/avx512_vnni.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels::x86 {

/// Rows of a product's left side: of each `segments` pieces of `steps` dwords, at any address.
struct row_pieces {
  const unsigned char* at;
  std::ptrdiff_t next_row, next_segment;  ///< in bytes
  int segments, steps;
};

/// acc[p][v] += the sum over steps s of row p's dword s with vector v of step s of the panel. Sum: how a vector of dwords and one of
/// the panel are multiplied (VPDPBUSD, VPDPWSSD, VPMADDWD).
template <class V, int Rows, int Vectors, class Sum>
THIMBLE_INLINE void multiply_tile(block_of<V, Rows, Vectors>& acc, const row_pieces& x, const unsigned char* panel,
                                  Sum sum) {
  using vector = typename V::vector;
  const unsigned char* piece = x.at;
  for (int k = 0; k < x.segments; ++k, piece += x.next_segment) {
    const unsigned char* from = piece;
    for (int s = 0; s < x.steps; ++s, from += 4, panel += static_cast<std::size_t>(Vectors) * sizeof(vector)) {
      several<V, Vectors> w;
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) w[v] = V::load(panel + static_cast<std::size_t>(v) * sizeof(vector));
#pragma GCC unroll 8
      for (int p = 0; p < Rows; ++p) {
        const vector one = V::splat_dword(from + p * x.next_row);
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) acc[p][v] = sum(acc[p][v], one, w[v]);
      }
    }
  }
}

/// Rows of a tile of `Vectors` vectors: as many sums as hide the latency of a product and find a register.
template <class V>
constexpr int rows_of_tile(int vectors) {
  if (V::lanes == 16) return vectors <= 2 ? 8 : vectors == 3 ? 6 : 4;
  return vectors == 1 ? 6 : 4;
}

/// `tile<Rows>(first)` for rows [0, n): tiles of Rows, the last of them over some that are done already; of fewer, one by one.
template <int Rows, class F>
THIMBLE_INLINE void in_tiles(int n, F tile) {
  if (n < Rows) {
    if constexpr (Rows > 4) {
      if (n >= 4) return in_tiles<4>(n, tile);
    }
    for (int i = 0; i < n; ++i) tile.template operator()<1>(i);
    return;
  }
  int i = 0;
  for (; i + Rows <= n; i += Rows) tile.template operator()<Rows>(i);
  if (i < n) tile.template operator()<Rows>(n - Rows);
}

/// `f<Vectors>()` for 1 to V::vectors.
template <class V, class F>
THIMBLE_INLINE void with_vectors(int n, F f) {
  if (n == 1) return f.template operator()<1>();
  if (n == 2) return f.template operator()<2>();
  if constexpr (V::vectors > 2) {
    if (n == 3) return f.template operator()<3>();
    f.template operator()<4>();
  }
}

/// Vectors of a block, when n lanes are cut into blocks of nearly one size, at most V::vectors each.
template <class V>
constexpr int vectors_of_block(int n) {
  const int all = (n + V::lanes - 1) / V::lanes, blocks = (all + V::vectors - 1) / V::vectors;
  return (all + blocks - 1) / blocks;
}

}  // namespace thimble::kernels::x86

#endif
