// Sum of two tensors of one shape, a vector of elements at a time, for both targets of x86.
#pragma once
#include <thimble/kernels/addition/reference.hpp>
#include <thimble/kernels/x86/requantizer.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels {
namespace x86 {

/// One side: scale_down((q - zero) * 2^20, m). With d = q - zero and m = 2^16 h + l, the high product is floor((d m + 2^10) / 2^11)
/// = 2^5 d h + floor((d l + 2^10) / 2^11): no product leaves int32, as |d| <= 255 and h < 2^15. It is under 2^28, so that nothing
/// leaves int32 either when half of 2^e is added, e in [1, 31]. The multiplier 1/2, of the side of the larger scale, is a shift.
template <class V>
struct term {
  using vector = typename V::vector;
  vector zero, high, low, half, exponent;
  bool is_half;

  THIMBLE_INLINE static bool serves(multiplier m) {
    return m == multiplier{1 << 30, 0} || m.shift < 0 || m.mantissa == 0;
  }
  THIMBLE_INLINE term(multiplier m, int z) : is_half(m == multiplier{1 << 30, 0}) {
    const int e = m.shift < 0 ? -m.shift : 1;
    zero = V::splat(z);
    high = V::splat(m.mantissa >> 16);
    low = V::splat(m.mantissa & 0xffff);
    half = V::splat(static_cast<std::int32_t>(1u << (e - 1)));
    exponent = V::splat(e);
  }
  THIMBLE_INLINE vector of(vector q) const {
    const vector d = V::subtract(q, zero);
    if (is_half) return V::template left<19>(d);
    const vector bottom = V::template right<11>(V::add(V::multiply(d, low), V::splat(1 << 10)));
    const vector h = V::add(V::template left<5>(V::multiply(d, high)), bottom);
    return V::right(V::add(V::add(h, V::template right<31>(h)), half), exponent);
  }
};

/// Whole vectors without a mask; how many elements those are. All constants are copies: a store to y might change what is not.
template <class V>
THIMBLE_INLINE int add_vectors(const addition_args& k, const term<V> a, const term<V> b, const requantizer<V> q) {
  const int low = k.range.low, high = k.range.high, n = k.pairs.out.c;
  const std::int8_t *from_a = k.a, *from_b = k.b;
  std::int8_t* const y = k.y;
  int i = 0;
  for (; i + V::lanes <= n; i += V::lanes) {
    const auto sum = V::add(a.of(V::first(from_a + i, V::lanes)), b.of(V::first(from_b + i, V::lanes)));
    V::store_first(y + i, q.template apply<true>(sum, 0), V::lanes, low, high);
  }
  return i;
}

/// The same bytes as portable, which takes what is broadcast.
template <class V>
THIMBLE_INLINE void add(const addition_args& k) {
  const pairing& p = k.pairs;
  const multiplier y = k.scales.y;
  const bool plain = p.out.h == 1 && p.out.w == 1 && p.a_channel == 1 && p.b_channel == 1;
  if (!plain || !term<V>::serves(k.scales.a) || !term<V>::serves(k.scales.b) || y.shift > -1 || y.shift < -22)
    return addition(portable{}, k);
  const term<V> a(k.scales.a, k.a_zero), b(k.scales.b, k.b_zero);
  const output_range_of_layer to{k.y_zero, k.range, k.mask};
  requantizer<V> q;
  q.set_regular(y, k.y_zero);
  int i = 0;
  if (k.mask == nullptr) i = add_vectors<V>(k, a, b, q);
  for (; i < p.out.c; i += V::lanes) {
    q.count = p.out.c - i < V::lanes ? p.out.c - i : V::lanes;
    const auto sum = V::add(a.of(V::first(k.a + i, q.count)), b.of(V::first(k.b + i, q.count)));
    q.template finish<1>([&](int) THIMBLE_LAMBDA_INLINE { return sum; }, to, k.y, i, 0);
  }
}

}  // namespace x86

THIMBLE_INLINE void addition(x86_avx2, const addition_args& k) { x86::add<x86::avx2>(k); }
#if defined(__AVX512VNNI__)
THIMBLE_INLINE void addition(x86_avx512_vnni, const addition_args& k) { x86::add<x86::avx512_vnni>(k); }
#endif

}  // namespace thimble::kernels

#endif
