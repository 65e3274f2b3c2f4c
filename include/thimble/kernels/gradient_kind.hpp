// What kernels say once for both kinds of gradients. An int16 gradient is q * 2^e: exact sums, rounded once, saturated. A float
// gradient is the value itself: every e is 0, and sums are made in the order written.
#pragma once
#include <thimble/kernels/gradient.hpp>

namespace thimble::kernels {

template <class Gradient>
struct arithmetic;

template <>
struct arithmetic<std::int16_t> {
  using term = std::int32_t;
  using sum = std::int64_t;
  using factor = gradient_factor;

  /// The factor value(m) * 2^raise.
  static constexpr factor factor_for(multiplier m, int raise) { return factor_of(m, raise); }
  THIMBLE_INLINE static constexpr std::int16_t scaled(std::int16_t q, factor f) { return scale16(q, f, 32767); }
  /// A sum with 32 bits, as a step of learning or a further factor takes it.
  THIMBLE_INLINE static constexpr term fitted(sum v) { return saturate<std::int32_t>(v); }
  /// v * value(m) * 2^raise.
  THIMBLE_INLINE static constexpr std::int16_t scaled(sum v, multiplier m, int raise) {
    return scale16(fitted(v), m, raise);
  }
  /// v * 2^-shift.
  THIMBLE_INLINE static constexpr std::int16_t shifted(term v, int shift) { return narrow16(v, shift); }
  THIMBLE_INLINE static constexpr std::int16_t shifted_sum(sum v, int shift) {
    return saturate<std::int16_t>(shift_round(v, shift));
  }
  /// q / count with share_bits more bits: reciprocals in Q.30 (relative error at most count * 2^-31).
  static constexpr int share_bits = 30;
  THIMBLE_INLINE static constexpr sum share(std::int16_t q, int count) {
    return q * std::int64_t{((1 << 30) + count / 2) / count};
  }
  /// The gradient v(i) * 2^exponent that a loss begins, the largest magnitude brought to `bits` bits. Returns e.
  template <class V>
  THIMBLE_INLINE static int begin(V v, int count, std::uint32_t largest, int bits, int exponent, std::int16_t* to) {
    const int shift = largest == 0 ? 0 : bit_length(largest) - bits;
    for (int i = 0; i < count; ++i) to[i] = narrow16(v(i), shift);
    return shift + exponent;
  }
};

template <>
struct arithmetic<float> {
  using term = float;
  using sum = float;
  using factor = float;

  static constexpr factor factor_for(multiplier m, int raise) {
    return real_of(multiplier{m.mantissa, m.shift + raise});
  }
  THIMBLE_INLINE static constexpr float scaled(float v, factor f) { return v * f; }
  THIMBLE_INLINE static constexpr term fitted(sum v) { return v; }
  THIMBLE_INLINE static constexpr float scaled(sum v, multiplier m, int raise) { return v * factor_for(m, raise); }
  THIMBLE_INLINE static constexpr float shifted(term v, int shift) { return v * power_of_two(-shift); }
  THIMBLE_INLINE static constexpr float shifted_sum(sum v, int shift) { return v * power_of_two(-shift); }
  static constexpr int share_bits = 0;
  THIMBLE_INLINE static constexpr sum share(float v, int count) { return v / static_cast<float>(count); }
  template <class V>
  THIMBLE_INLINE static int begin(V v, int count, std::uint32_t, int, int exponent, float* to) {
    const float unit = power_of_two(exponent);
    for (int i = 0; i < count; ++i) to[i] = static_cast<float>(v(i)) * unit;
    return 0;
  }
};

}  // namespace thimble::kernels
