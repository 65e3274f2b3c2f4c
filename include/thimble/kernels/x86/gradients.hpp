// What the gradients of x86 share: pairs of int16 in a dword, and the roundings of gradients on vectors.
#pragma once
#include <thimble/kernels/gradient.hpp>
#include <thimble/kernels/x86/tile.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels::x86 {

/// Lane j: a's and b's, both within int16, as a pair.
template <class V>
THIMBLE_INLINE typename V::vector pair_of(typename V::vector a, typename V::vector b) {
  return V::bits_of_either(V::bits_of_both(a, V::splat(0xffff)), V::template left<16>(b));
}
/// The first n values of two rows, the second `next` behind the first, as pairs; `both` says whether there is a second.
template <class V, class T>
THIMBLE_INLINE typename V::vector pair_rows(const T* row, std::ptrdiff_t next, bool both, int n) {
  return pair_of<V>(V::first(row, n), both ? V::first(row + next, n) : V::splat(0));
}

/// floor(v / 2^s + 1/2) for s in [1, 31] a lane; less_one: s - 1.
template <class V>
THIMBLE_INLINE typename V::vector shift_rounded(typename V::vector v, typename V::vector s,
                                                typename V::vector less_one) {
  return V::add(V::right(v, s), V::bits_of_both(V::right(v, less_one), V::splat(1)));
}
template <class V>
THIMBLE_INLINE typename V::vector within(typename V::vector v, int limit) {
  return V::smaller(V::larger(v, V::splat(-limit)), V::splat(limit));
}

/// scale16(q, factor_of(m, raise), limit) for `count` output channels, at most a vector. `regular`: all shifts are over 0.
template <class V>
struct gradient_scaler {
  typename V::vector mantissa, shift, less_one;
  int count;
  bool regular;

  THIMBLE_INLINE gradient_scaler(multipliers scale, int raise, int o, int n) : count(n) {
    const auto one = V::splat(1);
    const auto rounded = V::add(V::first(scale.mantissa + o, n), V::splat(1 << 15));  // may be 2^31: unsigned
    mantissa = V::bits_of_both(V::template right<16>(rounded), V::splat(0xffff));     // at most 2^15
    shift = V::subtract(V::splat(15 - raise), V::first(scale.shift + o, n));
    const unsigned large = V::within(shift, 32, 2147483647), small = V::within(shift, -2147483647, 0);
    regular = (small & ((1u << n) - 1)) == 0;
    shift = V::larger(shift, one);
    if (large !=
        0) {  // nothing is left: a product is at most 2^30, and rounded by 31 bits it is 0 or, of 2^30 alone, 1
      shift = V::smaller(shift, V::splat(31));
      std::int32_t m[V::lanes];
      V::store(m, mantissa);
      for (int j = 0; j < V::lanes; ++j)
        if ((large >> j & 1) != 0) m[j] = 0;
      mantissa = V::load(m);
    }
    less_one = V::subtract(shift, one);
  }
  THIMBLE_INLINE typename V::vector of(typename V::vector q, int limit) const {
    return within<V>(shift_rounded<V>(V::multiply(q, mantissa), shift, less_one), limit);
  }
};

}  // namespace thimble::kernels::x86

#endif
