// What the backward kernels share: the form of integer gradients and of a trained parameter's step.
#pragma once
#include <bit>

#include <thimble/kernels/access.hpp>
#include <thimble/tensor/requantize.hpp>

namespace thimble::kernels {

/// A factor of a gradient: mantissa * 2^-shift with mantissa in [2^14, 2^15], or zero.
struct gradient_factor {
  int mantissa, shift;
};
/// The factor value(m) * 2^raise: 16 bits of mantissa (relative error at most 2^-15) keep products in 32.
THIMBLE_INLINE constexpr gradient_factor factor_of(multiplier m, int raise) {
  return {static_cast<int>((static_cast<std::uint32_t>(m.mantissa) + (1u << 15)) >> 16), 15 - m.shift - raise};
}
/// round(q * f), halves up, saturated to [-limit, limit]; the product is exact in int32 (2^15 * 2^15).
THIMBLE_INLINE constexpr std::int16_t scale16(std::int16_t q, gradient_factor f, int limit) {
  const int v = narrow16(q * f.mantissa, f.shift);
  return static_cast<std::int16_t>(v < -limit ? -limit : v > limit ? limit : v);
}
/// sum * value(m) * 2^raise for an exact sum, saturated to int16: a doubling high multiply, then a rounding shift
/// (two roundings, each of half a unit).
THIMBLE_INLINE constexpr std::int16_t scale16(std::int32_t sum, multiplier m, int raise) {
  return narrow16(doubling_high_multiply(sum, m.mantissa), -m.shift - raise);
}

/// A learning rate with all constant factors of a layer in it: mantissa * 2^exponent, mantissa in [2^30, 2^31), or zero.
struct step_size {
  std::uint32_t mantissa = 0;
  int exponent = 0;
};

/// floor((high * 2^32 + low) / d) for d >= 2^31 and high < d, by two divisions of 32 bits (Knuth, volume 2, 4.3.1 D): what
/// these cores have, where a division of 64 bits is a call.
THIMBLE_INLINE constexpr std::uint32_t quotient(std::uint32_t high, std::uint32_t low, std::uint32_t d) {
  const std::uint32_t d1 = d >> 16, d0 = d & 0xffff;
  const auto digit = [&](std::uint32_t rest, std::uint32_t next) THIMBLE_LAMBDA_INLINE {
    std::uint32_t q = rest / d1, r = rest - q * d1;
    while (q > 0xffff || q * d0 > (r << 16 | next)) {
      --q;
      r += d1;
      if (r > 0xffff) break;
    }
    return q;
  };
  const std::uint32_t q1 = digit(high, low >> 16);
  return q1 << 16 | digit((high << 16 | low >> 16) - q1 * d, low & 0xffff);
}

/// size / m, the mantissa rounded, then cut to 31 bits (relative error under 2^-29); zero for dead channels (m = 0) and for those
/// whose multiplier is under 2^-12 of the layer's largest: their 1 / s_w^2 would swamp every other step.
THIMBLE_INLINE constexpr step_size over(step_size size, multiplier m, int largest_shift) {
  if (m.mantissa == 0 || m.shift < largest_shift - 12 || size.mantissa == 0) return {};
  const auto d = static_cast<std::uint32_t>(m.mantissa);
  const std::uint32_t q = quotient(size.mantissa, d & ~1u, 2 * d);  // (size.mantissa * 2^31 + d / 2) / d
  const int high = static_cast<int>(q >> 31);                       // in (2^30, 2^32)
  return {high != 0 ? q >> 1 : q, size.exponent - m.shift + high};
}

/// size * m, the mantissa cut to 31 bits.
THIMBLE_INLINE constexpr step_size times(step_size size, multiplier m) {
  if (m.mantissa == 0 || size.mantissa == 0) return {};
  const std::uint64_t product = std::uint64_t{size.mantissa} * static_cast<std::uint32_t>(m.mantissa);  // < 2^62
  const int high = static_cast<int>(product >> 61);
  return {static_cast<std::uint32_t>(product >> (30 + high)), size.exponent + m.shift - 1 + high};
}

/// 2^e for e in [-126, 127].
THIMBLE_INLINE constexpr float power_of_two(int e) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(e + 127) << 23);
}
/// The multiplier as a float, its shift in [-95, 158].
THIMBLE_INLINE constexpr float real_of(multiplier m) {
  return static_cast<float>(m.mantissa) * power_of_two(m.shift - 31);
}
/// The size as a float, for |exponent| < 250; beyond, what float makes of it.
THIMBLE_INLINE constexpr float real_of(step_size size) {
  const int e = size.exponent < -250 ? -250 : size.exponent > 250 ? 250 : size.exponent, half = e / 2;
  return static_cast<float>(size.mantissa) * power_of_two(half) * power_of_two(e - half);
}

/// sum * size, saturated to int32: a doubling high multiply, then a rounding shift (two roundings, each of half a unit).
THIMBLE_INLINE constexpr std::int32_t step_of(std::int32_t sum, step_size size) {
  const std::int32_t high = doubling_high_multiply(sum, static_cast<std::int32_t>(size.mantissa));
  return narrow32(high, -size.exponent - 31);
}

/// The same for a float gradient: rounded to nearest, halves away from zero, saturated to int32.
THIMBLE_INLINE constexpr std::int32_t step_of(float sum, step_size size) {
  if (size.mantissa == 0) return 0;  // whatever the sum
  if (sum == 0) return 0;            // of any size, even one beyond float
  const float step = sum * real_of(size);
  if (!(step < 2147483520.0f)) return 2147483647;  // also what is not a number
  if (step < -2147483520.0f) return -2147483647;
  return static_cast<std::int32_t>(step + (step < 0 ? -0.5f : 0.5f));
}

}  // namespace thimble::kernels
