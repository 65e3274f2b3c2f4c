// Convolution on vectors of output channels, for both targets of x86: a copy of the image as the target's values, weights packed a
// block of channels at a time, tiles of pixels by vectors.
#pragma once
#include <thimble/kernels/convolution.hpp>  // whose middle includes this
#include <thimble/kernels/needs.hpp>
#include <thimble/kernels/x86/dot.hpp>
#include <thimble/kernels/x86/requantizer.hpp>
#include <thimble/kernels/x86/tile.hpp>
#include <thimble/kernels/x86/weight_rows.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels {
namespace x86 {

/// Where a convolution's scratch lies, in bytes. A window's row is contiguous in the image, so it is a segment of a product's row.
struct convolution_layout {
  bool in_place_window;  ///< 1 x 1, stride 1: pixels are rows of the product, the image has no border
  int segments, values;  ///< of a window; values of a segment
  int steps;             ///< dwords of a segment
  int width;             ///< of the copied image, in pixels
  int vectors;           ///< of a block of output channels
  int rows, image, bytes;
};
template <class V>
THIMBLE_INLINE constexpr convolution_layout layout_of(const geometry& g) {
  const window& w = g.win;
  convolution_layout l{};
  l.in_place_window = w.taps() == 1 && w.stride_h == 1 && w.stride_w == 1 && w.pad_top == 0 && w.pad_left == 0;
  l.segments = w.kernel_h;
  l.values = w.kernel_w * g.in.c;
  l.steps = (l.values + V::depth - 1) / V::depth;
  const int seen = (g.out.w - 1) * w.stride_w + w.kernel_w, held = w.pad_left + g.in.w;
  l.width = l.in_place_window ? g.in.w : seen > held ? seen : held;
  const int lines = l.in_place_window ? g.in.h : (g.out.h - 1) * w.stride_h + (w.kernel_h - 1) * w.dilation_h + 1;
  l.vectors = vectors_of_block<V>(g.out.c);
  constexpr int vector = 4 * V::lanes;
  l.rows = l.segments * l.steps * l.vectors * vector;
  l.image = l.rows + (V::lanes * w.taps() * g.in.c + 63) / 64 * 64;
  const int values = lines * l.width * g.in.c + 64;  // the last dwords and vectors may be read past the last value
  l.bytes = l.image + (values * static_cast<int>(sizeof(typename V::value)) + 63) / 64 * 64;
  return l;
}

/// The weights of up to a vector of output channels into the panel, `next` bytes from step to step. The result: the sums of each
/// channel's weights times what `folds_zero` says.
template <class V>
THIMBLE_INLINE typename V::vector pack(unsigned char* to, std::size_t next, const convolution_layout& l,
                                       const std::int8_t* w, int rows, int size, int x_zero) {
  using vector = typename V::vector;
  constexpr int chunk = V::lanes * V::depth;
  vector total = V::splat(0);
  const vector zeros = V::zero_values(x_zero);
  for (int segment = 0; segment < l.segments; ++segment, w += l.values)
    for (int i = 0; i < l.values; i += chunk) {
      const int left = l.values - i, steps = l.steps - i / V::depth < V::lanes ? l.steps - i / V::depth : V::lanes;
      vector v[V::lanes];
#pragma GCC unroll 16
      for (int r = 0; r < V::lanes; ++r) v[r] = r < rows ? V::weights(w + r * size + i, left) : V::splat(0);
      V::transpose(v);
#pragma GCC unroll 16
      for (int s = 0; s < V::lanes; ++s) {
        if (s < steps) V::store(to + static_cast<std::size_t>(s) * next, v[s]);
        if constexpr (V::folds_zero) total = V::accumulate(total, zeros, v[s]);
      }
      to += static_cast<std::size_t>(steps) * next;
    }
  return total;
}

/// The rows of the image that output rows `part` see, as values, the zero point around them.
template <class V>
THIMBLE_INLINE void copy_image(const geometry& g, const convolution_layout& l, typename V::value* to,
                               const std::int8_t* x, rows part, int x_zero) {
  const window& w = g.win;
  const int c = g.in.c;
  if (l.in_place_window) return V::widen(to, x + part.begin * g.in.row(), (part.end - part.begin) * g.in.row(), x_zero);
  const auto blank = [&](typename V::value* p, int n) THIMBLE_LAMBDA_INLINE {
    for (int i = 0; i < n; ++i) p[i] = V::zero_value(x_zero);
  };
  const int top = part.begin * w.stride_h - w.pad_top;
  const int lines = (part.end - part.begin - 1) * w.stride_h + (w.kernel_h - 1) * w.dilation_h + 1;
  const int columns = g.in.w < l.width - w.pad_left ? g.in.w : l.width - w.pad_left;
  for (int i = 0; i < lines; ++i, to += l.width * c) {
    const int iy = top + i;
    if (iy < 0 || iy >= g.in.h) {
      blank(to, l.width * c);
      continue;
    }
    blank(to, w.pad_left * c);
    V::widen(to + w.pad_left * c, x + iy * g.in.row(), columns * c, x_zero);
    blank(to + (w.pad_left + columns) * c, (l.width - w.pad_left - columns) * c);
  }
}

/// One row of output, or all of an image without a border: `pixels` pixels from output index `first` on, channels from o on.
template <class V, int Vectors>
THIMBLE_INLINE void multiply_row(const requantizer<V> (&q)[V::vectors], const row_pieces& row, int pixels,
                                 const unsigned char* panel, const output_range_of_layer& to, std::int8_t* y, int first,
                                 int channels, int o) {
  using vector = typename V::vector;
  in_tiles<rows_of_tile<V>(Vectors)>(pixels, [&]<int Pixels>(int p) THIMBLE_LAMBDA_INLINE {
    block_of<V, Pixels, Vectors> acc;
#pragma GCC unroll 8
    for (int i = 0; i < Pixels; ++i)
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) acc[i][v] = q[v].begin;
    row_pieces from = row;
    from.at += p * row.next_row;
    multiply_tile<V, Pixels, Vectors>(acc, from, panel, [](vector sum, vector x, vector w) THIMBLE_LAMBDA_INLINE {
      return V::accumulate(sum, x, w);
    });
    const int at = (first + p) * channels + o;
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v)
      q[v].template finish<Pixels>([&](int i) THIMBLE_LAMBDA_INLINE { return acc[i][v]; }, to, y, at + v * V::lanes,
                                   channels);
  });
}

template <class V>
constexpr kernel_needs convolution_needs_of(const geometry& g) {
  const std::int64_t image = (std::int64_t{g.in.h} + g.win.kernel_h) * (g.in.w + g.win.kernel_w) * g.in.c;
  const std::int64_t row = std::int64_t{g.win.taps()} * g.in.c;
  const bool fits = image < (1 << 22) && row < (1 << 15);
  return {.serves = fits && g.groups == 1 && g.win.dilation_w == 1,
          .scratch = !fits          ? 0
                     : is_dot<V>(g) ? dot_layout_of<V>(g).bytes
                                    : layout_of<V>(g).bytes,
          .by_channel = false};
}

/// As convolution(portable): the same bytes. Scratch: convolution_layout. One copy, whatever the key.
template <class V>
THIMBLE_NOINLINE void convolve(const geometry& g, const convolution_args& a) {
  if (a.part.end <= a.part.begin) return;
  const convolution_layout l = layout_of<V>(g);
  auto* const image = reinterpret_cast<typename V::value*>(a.scratch + l.image);
  const weight_rows w{g, launder(a.w, g.listed), reinterpret_cast<std::int8_t*>(a.scratch + l.rows)};
  copy_image<V>(g, l, image, a.x, a.part, a.x_zero);
  constexpr std::ptrdiff_t value = sizeof(typename V::value);
  const window& win = g.win;
  const output_range_of_layer to{a.y_zero, a.range, a.mask};
  const row_pieces first_row{reinterpret_cast<const unsigned char*>(image), value * win.stride_w * g.in.c,
                             value * win.dilation_h * l.width * g.in.c, l.segments, l.steps};
  const std::ptrdiff_t line = value * win.stride_h * l.width * g.in.c;
  const int block = l.vectors * V::lanes, lines = l.in_place_window ? 1 : a.part.end - a.part.begin;
  const int pixels = l.in_place_window ? (a.part.end - a.part.begin) * g.out.w : g.out.w;
  for (int o = 0; o < g.out.c; o += block) {
    const int n = g.out.c - o < block ? g.out.c - o : block, vectors = (n + V::lanes - 1) / V::lanes;
    with_vectors<V>(vectors, [&]<int Vectors>() THIMBLE_LAMBDA_INLINE {
      constexpr std::size_t vector = sizeof(typename V::vector);
      requantizer<V> q[V::vectors];
      for (int v = 0; v < Vectors; ++v) {
        const int from = o + v * V::lanes, some = g.out.c - from < V::lanes ? g.out.c - from : V::lanes;
        q[v].set(a.bias, a.scale, from, some, a.y_zero, std::int64_t{255} * 128 * w.size());
        const auto sums = pack<V>(a.scratch + static_cast<std::size_t>(v) * vector, Vectors * vector, l,
                                  w.at(from, some), some, w.size(), a.x_zero);
        if constexpr (V::folds_zero) q[v].begin = V::subtract(q[v].begin, sums);
      }
      row_pieces row = first_row;
      for (int i = 0; i < lines; ++i, row.at += line)
        multiply_row<V, Vectors>(q, row, pixels, a.scratch, to, a.y, (a.part.begin + i) * g.out.w, g.out.c, o);
    });
  }
}

}  // namespace x86

constexpr kernel_needs convolution_needs(x86_avx2, const geometry& g) {
  return x86::convolution_needs_of<x86::avx2>(g);
}
THIMBLE_INLINE void convolution(x86_avx2, const geometry& g, const convolution_args& a) {
  x86::is_dot<x86::avx2>(g) ? x86::multiply_pixels<x86::avx2>(g, a) : x86::convolve<x86::avx2>(g, a);
}
THIMBLE_INLINE void convolution_logits(x86_avx2, const geometry& g, const logits_args& a) {
  x86::is_dot<x86::avx2>(g) ? x86::multiply_logits<x86::avx2>(g, a) : convolution_logits(portable{}, g, a);
}

#if defined(__AVX512VNNI__)
constexpr kernel_needs convolution_needs(x86_avx512_vnni, const geometry& g) {
  return x86::convolution_needs_of<x86::avx512_vnni>(g);
}
THIMBLE_INLINE void convolution(x86_avx512_vnni, const geometry& g, const convolution_args& a) {
  x86::is_dot<x86::avx512_vnni>(g) ? x86::multiply_pixels<x86::avx512_vnni>(g, a)
                                   : x86::convolve<x86::avx512_vnni>(g, a);
}
THIMBLE_INLINE void convolution_logits(x86_avx512_vnni, const geometry& g, const logits_args& a) {
  x86::is_dot<x86::avx512_vnni>(g) ? x86::multiply_logits<x86::avx512_vnni>(g, a)
                                   : convolution_logits(portable{}, g, a);
}
#endif

}  // namespace thimble::kernels

#endif
