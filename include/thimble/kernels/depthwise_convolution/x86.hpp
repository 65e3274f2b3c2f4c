// Depthwise convolution on vectors of channels, for both targets of x86: rows of the image interleaved, so that one instruction takes
// two (VPMADDWD) or four (VPDPBUSD) taps of a column of every channel.
#pragma once
#include <thimble/kernels/convolution/arguments.hpp>
#include <thimble/kernels/needs.hpp>
#include <thimble/kernels/x86/interleaved.hpp>
#include <thimble/kernels/x86/requantizer.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels {
namespace x86 {

template <class V>
constexpr kernel_needs depthwise_needs_of(const geometry& g) {
  const bool fits = is_interleavable(g) && g.out.w < (1 << 12);
  return {.serves = fits, .scratch = fits ? line_layout_of<V>(g).bytes() : 0, .by_channel = true};
}

/// Channels [o, o + n), at most a vector, of rows `part`. Lines of a vector of channels stay in scratch, made ahead of the outputs
/// that may overwrite what they are made of.
template <class V, int Taps, int Stride>
THIMBLE_NOINLINE void filter_channels(const geometry& g, const convolution_args& a, kernels::weights weights, int o,
                                      int n) {
  using vector = typename V::vector;
  constexpr int groups = (Taps + V::depth - 1) / V::depth, tile = 4;
  const tap_vectors<V, Taps> w(g, weights, o, n);
  requantizer<V> q;
  q.set(a.bias, a.scale, o, n, a.y_zero, std::int64_t{255} * 128 * Taps * Taps);
  if constexpr (V::folds_zero) q.begin = V::subtract(q.begin, w.sums(V::zero_values(a.x_zero)));
  const output_range_of_layer to{a.y_zero, a.range, a.mask};
  line_ring<V, Taps, Stride> lines(g, a.x, a.x_zero, a.scratch, o, n, a.part.begin * Stride);

  const int most = (g.out.h - 1) * Stride + V::depth * (groups - 1);  // the last line that an output sees
  for (int oy = a.part.begin; oy < a.part.end; ++oy) {
    const int last = oy * Stride + V::depth * (groups - 1), ahead = oy + g.win.pad_top;
    lines.make_to(ahead <= last ? last : ahead < most ? ahead : most);
    const unsigned char* line[4];
#pragma GCC unroll 4
    for (int k = 0; k < groups; ++k) line[k] = lines.at(oy * Stride + V::depth * k);
    const auto outputs = [&]<int Pixels>(int ox) THIMBLE_LAMBDA_INLINE {
      constexpr std::size_t column = sizeof(vector);
      several<V, Pixels> acc;
#pragma GCC unroll 4
      for (int i = 0; i < Pixels; ++i) acc[i] = q.begin;
#pragma GCC unroll 4
      for (int k = 0; k < groups; ++k)
#pragma GCC unroll 7
        for (int kx = 0; kx < Taps; ++kx)
#pragma GCC unroll 4
          for (int i = 0; i < Pixels; ++i)
            acc[i] = V::accumulate(acc[i], V::load(line[k] + static_cast<std::size_t>((ox + i) * Stride + kx) * column),
                                   w.of[k][kx]);
      q.template finish<Pixels>([&](int i) THIMBLE_LAMBDA_INLINE { return acc[i]; }, to, a.y,
                                (oy * g.out.w + ox) * g.out.c + o, g.out.c);
    };
    int ox = 0;
    for (; ox + tile <= g.out.w; ox += tile) outputs.template operator()<tile>(ox);
    for (; ox < g.out.w; ++ox) outputs.template operator()<1>(ox);
  }
}

/// As depthwise_convolution(portable): the same bytes. Scratch: line_layout. One copy, whatever the key.
template <class V>
THIMBLE_NOINLINE void filter(const geometry& g, const convolution_args& a) {
  const kernels::weights w = launder(a.w, false);
  for (int o = 0; o < g.out.c; o += V::lanes) {
    const int n = g.out.c - o < V::lanes ? g.out.c - o : V::lanes;
    with_taps(g,
              [&]<int Taps, int Stride>() THIMBLE_LAMBDA_INLINE { filter_channels<V, Taps, Stride>(g, a, w, o, n); });
  }
}

}  // namespace x86

constexpr kernel_needs depthwise_needs(x86_avx2, const geometry& g) { return x86::depthwise_needs_of<x86::avx2>(g); }
THIMBLE_INLINE void depthwise_convolution(x86_avx2, const geometry& g, const convolution_args& a) {
  x86::filter<x86::avx2>(g, a);
}

#if defined(__AVX512VNNI__)
constexpr kernel_needs depthwise_needs(x86_avx512_vnni, const geometry& g) {
  return x86::depthwise_needs_of<x86::avx512_vnni>(g);
}
THIMBLE_INLINE void depthwise_convolution(x86_avx512_vnni, const geometry& g, const convolution_args& a) {
  x86::filter<x86::avx512_vnni>(g, a);
}
#endif

}  // namespace thimble::kernels

#endif
