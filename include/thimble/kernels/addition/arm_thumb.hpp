// Sum of two tensors of one shape, without products of 64 bits where there are none.
#pragma once
#include <thimble/kernels/addition/reference.hpp>
#include <thimble/kernels/arm_thumb/channels.hpp>

#if defined(THIMBLE_THUMB)

namespace thimble::kernels {
namespace thumb {

/// The side of the larger scale has multiplier 1/2 exactly: its term is (q - zero) * 2^19. The other's multiplier has a right
/// shift of 1 or more, and so has the output's.
struct sum_constants {
  int half_zero, zero;
  multiplier other, y;
  int twice;  ///< 1 + 2 * y_zero
};

/// One output before it is clamped. Of terms within 255 * 2^19 each, the sum is within most_sum.
template <target Target>
THIMBLE_INLINE std::int32_t sum_of(Target t, int half, int other, const sum_constants& k) {
  const std::int32_t v = widened_product(t, other - k.zero, k.other.mantissa);
  const std::int32_t term = (v + (v >> 31) + (1 << (-k.other.shift - 1))) >> -k.other.shift;
  return scaled_sum(t, term + (half - k.half_zero) * (1 << 19), k.y, k.twice);
}

template <target Target>
THIMBLE_NOINLINE void add(const std::int8_t* half, const std::int8_t* other, const addition_args& a,
                          const sum_constants& constants) {
  const sum_constants k = constants;  // copies: a store to y might change what is not
  std::int8_t* y = a.y;
  const int count = a.pairs.out.c;
  if (a.mask == nullptr && a.range.low == -128 && a.range.high == 127) {
    for (const std::int8_t* const end = y + count; y != end; ++y) {
      const std::int32_t v = sum_of(Target{}, *half++, *other++, k);
      *y = static_cast<std::int8_t>(v == static_cast<std::int8_t>(v) ? v : (v >> 31) ^ 127);
    }
  } else {
    for (int i = 0; i < count; ++i) y[i] = clamp(sum_of(Target{}, half[i], other[i], k), a.range, a.mask, i);
  }
}

}  // namespace thumb

/// The same bytes as portable, which takes what is broadcast or of equal scales.
template <thumb::target Target>
THIMBLE_INLINE void addition(Target, const addition_args& k) {
  const bool a_is_half = k.scales.a.mantissa == 1 << 30 && k.scales.a.shift == 0;
  const multiplier half = a_is_half ? k.scales.a : k.scales.b, other = a_is_half ? k.scales.b : k.scales.a;
  const pairing& p = k.pairs;
  if (half.mantissa != 1 << 30 || half.shift != 0 || other.shift >= 0 || !is_regular(k.scales.y) || p.out.h != 1 ||
      p.out.w != 1 || p.a_channel != 1 || p.b_channel != 1)
    return addition(portable{}, k);
  thumb::add<Target>(
      a_is_half ? k.a : k.b, a_is_half ? k.b : k.a, k,
      {a_is_half ? k.a_zero : k.b_zero, a_is_half ? k.b_zero : k.a_zero, other, k.scales.y, 1 + 2 * k.y_zero});
}

}  // namespace thimble::kernels

#endif
