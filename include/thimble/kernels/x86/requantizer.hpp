// From a vector of accumulators, a lane an output channel, to int8 outputs, with TensorFlow Lite's two roundings.
#pragma once
#include <cstddef>

#include <thimble/kernels/access.hpp>
#include <thimble/kernels/x86/avx512_vnni.hpp>
#include <thimble/tensor/requantize.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels::x86 {

/// What all outputs of a layer share.
struct output_range_of_layer {
  int zero;
  limits range;
  std::uint8_t* mask;  ///< or null
};

/// Bits [at, at + n) of a mask, n <= 16.
THIMBLE_INLINE void store_bits(std::uint8_t* mask, int at, unsigned bits, int n) {
  if ((at & 7) == 0 && (n & 7) == 0) {
    for (int i = 0; i < n; i += 8, bits >>= 8) mask[(at + i) >> 3] = static_cast<std::uint8_t>(bits);
  } else {
    for (int i = 0; i < n; ++i) set_bit(mask, at + i, (bits >> i & 1) != 0);
  }
}

/// `count` output channels, at most a vector.
///
/// h = doubling_high_multiply(acc, mantissa); the output is h / 2^e rounded, halves away from zero, plus its zero point. Where that is
/// regular, it is (h - [acc < 0] + 2^(e - 1) + zero * 2^e) >> e: of a negative h one less makes halves go down, and where acc < 0
/// but h = 0, -1 + 2^(e - 1) is still not negative. For e in [1, 22] and |acc| <= 2^30 nothing leaves int32: (2 * 127 + 1) * 2^21 < 2^30.
template <class V>
struct requantizer {
  typename V::vector begin;  ///< biases, less what `folds_zero` says
  typename V::vector mantissa, odd_mantissa;
  typename V::vector exponent, left, addend;  ///< left: bits of a left shift, which only irregular channels have
  int count;
  bool regular;

  /// Channels [o, o + count); largest: of the magnitude of sums of products.
  THIMBLE_INLINE void set(const std::int32_t* bias, multipliers scale, int o, int n, int y_zero, std::int64_t largest) {
    using vector = typename V::vector;
    const vector zero = V::splat(0), one = V::splat(1);
    count = n;
    mantissa = V::first(scale.mantissa + o, n);
    const vector shift = V::first(scale.shift + o, n);
    exponent = V::larger(V::subtract(zero, shift), zero);
    left = V::larger(shift, zero);
    begin = bias != nullptr ? V::first(bias + o, n) : zero;
    // Channels of multiplier zero, and lanes beyond the last: as regular ones of bias 0 and exponent 1, which make the zero point.
    const vector dead = V::increment_if_greater(zero, one, mantissa);
    const vector alive = V::subtract(dead, one);  // -1 or 0
    begin = V::bits_of_both(begin, alive);
    exponent = V::add(V::bits_of_both(exponent, alive), dead);
    left = V::bits_of_both(left, alive);
    addend = V::left(V::splat(2 * y_zero + 1), V::subtract(exponent, one));
    odd_mantissa = V::odd_to_even(mantissa);
    const unsigned all = (1u << V::lanes) - 1;
    const std::int64_t room = (std::int64_t{1} << 30) - largest;
    regular = room >= 0 && V::within(exponent, 1, 22) == all && V::within(left, 0, 0) == all &&
              V::within(begin, static_cast<int>(-room), static_cast<int>(room)) == all;
  }

  /// All lanes alike, for sums that have the bias: a right shift in [1, 22], sums at most 2^30.
  THIMBLE_INLINE void set_regular(multiplier m, int y_zero) {
    count = V::lanes;
    mantissa = odd_mantissa = V::splat(m.mantissa);
    exponent = V::splat(-m.shift);
    addend = V::splat((2 * y_zero + 1) * (1 << (-m.shift - 1)));
    left = begin = V::splat(0);
    regular = true;
  }

  /// Before it is clamped.
  template <bool Regular>
  THIMBLE_INLINE typename V::vector apply(typename V::vector acc, int y_zero) const {
    using vector = typename V::vector;
    if constexpr (Regular) {
      const vector h = V::high_product(acc, mantissa, odd_mantissa);
      return V::right(V::add(V::add(h, V::template right<31>(acc)), addend), exponent);
    } else {
      const vector h = V::high_product(V::left(acc, left), mantissa, odd_mantissa);
      const vector mask =
          V::subtract(V::left(V::splat(1), exponent), V::splat(1));  // rounding_divide, as it stands there
      const vector threshold = V::subtract(V::template right<1>(mask), V::template right<31>(h));
      const vector q = V::increment_if_greater(V::right(h, exponent), V::bits_of_both(h, mask), threshold);
      return V::add(q, V::splat(y_zero));
    }
  }
  /// The outputs of `Pixels` pixels to y[at], y[at + next]..., and their bits of the mask. acc(i): the sums of pixel i.
  template <int Pixels, class Sums>
  THIMBLE_INLINE void finish(Sums acc, const output_range_of_layer& to, std::int8_t* y, int at, int next) const {
    if (regular && to.mask == nullptr) {
#pragma GCC unroll 8
      for (int i = 0; i < Pixels; ++i)
        V::store_first(y + at + i * next, apply<true>(acc(i), to.zero), count, to.range.low, to.range.high);
    } else {
      several<V, Pixels> sums;
#pragma GCC unroll 8
      for (int i = 0; i < Pixels; ++i) sums[i] = acc(i);
      finish_slowly(sums.v, Pixels, to, y, at, next);
    }
  }
  /// What is not regular, or masked.
  THIMBLE_NOINLINE void finish_slowly(const typename V::vector* sums, int pixels, const output_range_of_layer& to,
                                      std::int8_t* y, int at, int next) const {
    for (int i = 0; i < pixels; ++i, at += next) {
      const typename V::vector v = regular ? apply<true>(sums[i], to.zero) : apply<false>(sums[i], to.zero);
      if (to.mask != nullptr) store_bits(to.mask, at, V::within(v, to.range.low, to.range.high), count);
      V::store_first(y + at, v, count, to.range.low, to.range.high);
    }
  }
};

}  // namespace thimble::kernels::x86

#endif
