// Words of four int8 and of two int16 values, and the instructions on them that GCC 12 does not find by itself.
#pragma once
#include <cstdint>
#include <cstring>

#include <thimble/config.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels::dsp {

/// Any alignment: these cores load and store unaligned words.
THIMBLE_INLINE std::uint32_t load(const void* p) {
  std::uint32_t v;
  std::memcpy(&v, p, 4);
  return v;
}
THIMBLE_INLINE void store(void* p, std::uint32_t v) { std::memcpy(p, &v, 4); }

/// Two int16 values, low half first.
THIMBLE_INLINE std::uint32_t pair_of(int low, int high) {
  return (static_cast<std::uint32_t>(low) & 0xffffu) | static_cast<std::uint32_t>(high) << 16;
}

/// {add.low + v[0], add.high + v[2]} of four int8 values v: SXTAB16.
THIMBLE_INLINE std::uint32_t widen_even(std::uint32_t add, std::uint32_t v) {
  std::uint32_t to;
  asm("sxtab16 %0, %1, %2" : "=r"(to) : "r"(add), "r"(v));
  return to;
}
/// {add.low + v[1], add.high + v[3]}.
THIMBLE_INLINE std::uint32_t widen_odd(std::uint32_t add, std::uint32_t v) {
  std::uint32_t to;
  asm("sxtab16 %0, %1, %2, ror #8" : "=r"(to) : "r"(add), "r"(v));
  return to;
}
/// {v[0], v[2]} and {v[1], v[3]}: SXTB16.
THIMBLE_INLINE std::uint32_t even(std::uint32_t v) {
  std::uint32_t to;
  asm("sxtb16 %0, %1" : "=r"(to) : "r"(v));
  return to;
}
THIMBLE_INLINE std::uint32_t odd(std::uint32_t v) {
  std::uint32_t to;
  asm("sxtb16 %0, %1, ror #8" : "=r"(to) : "r"(v));
  return to;
}

/// sum + a.low * b.low + a.high * b.high: SMLAD.
THIMBLE_INLINE std::int32_t multiply_add(std::uint32_t a, std::uint32_t b, std::int32_t sum) {
  std::int32_t to;
  asm("smlad %0, %1, %2, %3" : "=r"(to) : "r"(a), "r"(b), "r"(sum));
  return to;
}

/// round(v * mantissa / 2^31), halves up, for a mantissa in [2^30, 2^31) given as `doubled` = 2 * mantissa - 2^32: SMMLAR adds
/// v * 2^32 to the product with what the doubled mantissa lacks.
THIMBLE_INLINE std::int32_t high_product(std::int32_t v, std::int32_t doubled) {
  std::int32_t to;
  asm("smmlar %0, %1, %2, %1" : "=r"(to) : "r"(v), "r"(doubled));
  return to;
}
/// round(a * b / 2^32), halves up: SMMULR.
THIMBLE_INLINE std::int32_t high_half(std::int32_t a, std::int32_t b) {
  std::int32_t to;
  asm("smmulr %0, %1, %2" : "=r"(to) : "r"(a), "r"(b));
  return to;
}
THIMBLE_INLINE std::int32_t saturating_add(std::int32_t a, std::int32_t b) {
  std::int32_t to;
  asm("qadd %0, %1, %2" : "=r"(to) : "r"(a), "r"(b));
  return to;
}
THIMBLE_INLINE std::int32_t saturating_subtract(std::int32_t a, std::int32_t b) {
  std::int32_t to;
  asm("qsub %0, %1, %2" : "=r"(to) : "r"(a), "r"(b));
  return to;
}
THIMBLE_INLINE std::int8_t saturate8(std::int32_t v) {
  std::int32_t to;
  asm("ssat %0, #8, %1" : "=r"(to) : "r"(v));
  return static_cast<std::int8_t>(to);
}

}  // namespace thimble::kernels::dsp

#endif
