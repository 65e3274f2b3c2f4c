// The integer gradient of a side of a sum, a vector of elements at a time, for both targets of x86.
#pragma once
#include <thimble/kernels/addition.hpp>  // whose end includes this
#include <thimble/kernels/x86/gradients.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels {
namespace x86 {

/// The same values as portable, which takes factors that scale up. dx may lie over dy.
template <class V>
THIMBLE_INLINE void scale_gradient(const scaled_gradient_args<std::int16_t>& a) {
  if (a.factor.shift < 1 || a.factor.shift > 31) return scaled_gradient(portable{}, a);
  const auto mantissa = V::splat(a.factor.mantissa), shift = V::splat(a.factor.shift);
  const auto less_one = V::splat(a.factor.shift - 1);
  for (int i = 0; i < a.count; i += V::lanes) {
    const int n = a.count - i < V::lanes ? a.count - i : V::lanes;
    auto d = within<V>(shift_rounded<V>(V::multiply(V::first(a.dy + i, n), mantissa), shift, less_one), 32767);
    if (a.adds) d = V::add(d, V::first(a.dx + i, n));
    V::store_first(a.dx + i, d, n);
  }
}

}  // namespace x86

THIMBLE_INLINE void scaled_gradient(x86_avx2, const scaled_gradient_args<std::int16_t>& a) {
  x86::scale_gradient<x86::avx2>(a);
}
#if defined(__AVX512VNNI__)
THIMBLE_INLINE void scaled_gradient(x86_avx512_vnni, const scaled_gradient_args<std::int16_t>& a) {
  x86::scale_gradient<x86::avx512_vnni>(a);
}
#endif

}  // namespace thimble::kernels

#endif
