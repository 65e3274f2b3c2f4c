// The integer gradient of biases, a vector of channels at a time, for both targets of x86.
#pragma once
#include <thimble/kernels/bias_gradient.hpp>  // whose end includes this
#include <thimble/kernels/x86/avx512_vnni.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels {
namespace x86 {

/// The same values as portable: 32 bits hold the sum of at most 65'535 positions. One copy, whatever the key.
template <class V, learning_rule Rule>
THIMBLE_NOINLINE void sum_positions(const geometry& g, const bias_gradient_args<std::int16_t, Rule>& a) {
  const int positions = g.out.pixels(), channels = g.out.c;
  if (positions > 65535) return bias_gradient(portable{}, g, a);
  for (int o = 0; o < channels; o += V::lanes) {
    const int n = channels - o < V::lanes ? channels - o : V::lanes;
    auto sum = V::splat(0);
    for (int p = 0; p < positions; ++p) sum = V::add(sum, V::first(a.dy + p * channels + o, n));
    std::int32_t sums[V::lanes];
    V::store(sums, sum);
    for (int j = 0; j < n; ++j) a.to.learn(o + j, a.scale[o + j], sums[j]);
  }
}

}  // namespace x86

template <learning_rule Rule>
THIMBLE_INLINE void bias_gradient(x86_avx2, const geometry& g, const bias_gradient_args<std::int16_t, Rule>& a) {
  x86::sum_positions<x86::avx2>(g, a);
}
#if defined(__AVX512VNNI__)
template <learning_rule Rule>
THIMBLE_INLINE void bias_gradient(x86_avx512_vnni, const geometry& g, const bias_gradient_args<std::int16_t, Rule>& a) {
  x86::sum_positions<x86::avx512_vnni>(g, a);
}
#endif

}  // namespace thimble::kernels

#endif
