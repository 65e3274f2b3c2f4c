// Sum of two tensors of one shape, four elements at a time.
#pragma once
#include <thimble/kernels/addition/reference.hpp>
#include <thimble/kernels/arm_dsp/channels.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {
namespace dsp {

/// The side of the larger scale has multiplier 1/2 exactly: its term is (q - zero) * 2^19. The other's multiplier has a right
/// shift of 1 or more, and so has the output's.
struct sum_constants {
  std::uint32_t less_half_zero, less_zero;
  std::int32_t mantissa, rounding, shift;
  channel y;
};

/// One element, each term from a word that holds q - zero at its bottom (whatever lies above) or at its top.
THIMBLE_INLINE std::int32_t low_sum(std::uint32_t half, std::uint32_t other, const sum_constants& k) {
  const std::int32_t v = high_half(static_cast<std::int32_t>(other << 21), k.mantissa);
  return ((v + (v >> 31) + k.rounding) >> k.shift) + static_cast<std::int32_t>(half << 19);
}
THIMBLE_INLINE std::int32_t high_sum(std::uint32_t half, std::uint32_t other, const sum_constants& k) {
  return low_sum(half >> 16, other >> 16, k);
}

THIMBLE_NOINLINE inline void add_words(const std::int8_t* half, const std::int8_t* other, std::int8_t* y, int words,
                                       const sum_constants& k) {
  const sum_constants c = k;
  for (; words > 0; --words, half += 4, other += 4, y += 4) {
    const std::uint32_t h = load(half), o = load(other);
    const std::uint32_t h0 = widen_even(c.less_half_zero, h), o0 = widen_even(c.less_zero, o);
    const std::uint32_t h1 = widen_odd(c.less_half_zero, h), o1 = widen_odd(c.less_zero, o);
    y[0] = requantized(low_sum(h0, o0, c), c.y);
    y[1] = requantized(low_sum(h1, o1, c), c.y);
    y[2] = requantized(high_sum(h0, o0, c), c.y);
    y[3] = requantized(high_sum(h1, o1, c), c.y);
  }
}

/// The same with masks, eight elements at a time.
THIMBLE_NOINLINE inline void add_masked(const std::int8_t* half, const std::int8_t* other, std::int8_t* y,
                                        std::uint8_t* mask, int bytes, const sum_constants& k) {
  const sum_constants c = k;
  for (; bytes > 0; --bytes) {
    std::uint32_t clipped = 0;
    for (int i = 0; i < 2; ++i, half += 4, other += 4, y += 4) {
      const std::uint32_t h = load(half), o = load(other);
      const std::uint32_t h0 = widen_even(c.less_half_zero, h), o0 = widen_even(c.less_zero, o);
      const std::uint32_t h1 = widen_odd(c.less_half_zero, h), o1 = widen_odd(c.less_zero, o);
      const std::int32_t v[4] = {unclamped(low_sum(h0, o0, c), c.y), unclamped(low_sum(h1, o1, c), c.y),
                                 unclamped(high_sum(h0, o0, c), c.y), unclamped(high_sum(h1, o1, c), c.y)};
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) {
        y[j] = saturate8(v[j]);
        clipped = clipped >> 1 | (y[j] != v[j] ? 128u : 0u);
      }
    }
    *mask++ = static_cast<std::uint8_t>(~clipped);
  }
}

/// Whether a sum is one of two whole tensors, not clamped but as int8, with the scales that sum_constants speaks of; and these.
THIMBLE_INLINE bool is_whole_sum(const addition_args& k, bool a_is_half) {
  const multiplier half = a_is_half ? k.scales.a : k.scales.b, other = a_is_half ? k.scales.b : k.scales.a;
  const pairing& p = k.pairs;
  return half.mantissa == 1 << 30 && half.shift == 0 && other.shift < 0 && is_regular(k.scales.y) &&
         k.range.low == -128 && k.range.high == 127 && p.out.h == 1 && p.out.w == 1 && p.a_channel == 1 &&
         p.b_channel == 1;
}
/// The same, without masks.
THIMBLE_INLINE bool is_plain_sum(const addition_args& k, bool a_is_half) {
  return is_whole_sum(k, a_is_half) && k.mask == nullptr;
}
THIMBLE_INLINE bool first_is_half(const addition_args& k) {
  return k.scales.a.mantissa == 1 << 30 && k.scales.a.shift == 0;
}

}  // namespace dsp

/// The same bytes as portable, which takes what is broadcast, of equal scales or clamped, and the last few elements.
THIMBLE_INLINE void addition(arm_dsp, const addition_args& k) {
  const bool a_is_half = dsp::first_is_half(k);
  addition_args rest = k;
  if (dsp::is_whole_sum(k, a_is_half)) {
    const multiplier other = a_is_half ? k.scales.b : k.scales.a;
    const int half_zero = a_is_half ? k.a_zero : k.b_zero, zero = a_is_half ? k.b_zero : k.a_zero;
    const std::int8_t *const half = a_is_half ? k.a : k.b, *const less = a_is_half ? k.b : k.a;
    const dsp::sum_constants c{dsp::pair_of(-half_zero, -half_zero),
                               dsp::pair_of(-zero, -zero),
                               other.mantissa,
                               static_cast<std::int32_t>(1u << (-other.shift - 1)),
                               -other.shift,
                               channel_of(0, k.scales.y, k.y_zero)};
    const int count = k.mask != nullptr ? k.pairs.out.c / 8 * 8 : k.pairs.out.c / 4 * 4;
    if (k.mask != nullptr)
      dsp::add_masked(half, less, k.y, k.mask, count / 8, c);
    else
      dsp::add_words(half, less, k.y, count / 4, c);
    rest.a += count;
    rest.b += count;
    rest.y += count;
    if (k.mask != nullptr) rest.mask += count / 8;
    rest.pairs.out.c -= count;
  }
  addition(portable{}, rest);
}

}  // namespace thimble::kernels

#endif
