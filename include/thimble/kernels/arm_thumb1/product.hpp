// The upper halves of products on Armv6-M, of products of 16 bits.
#pragma once
#include <cstdint>

#include <thimble/config.hpp>
#include <thimble/target/target.hpp>

#if defined(THIMBLE_THUMB) && THIMBLE_THUMB == 1

namespace thimble::kernels::thumb {

/// round(v * mantissa / 2^31), halves up, for |v| <= 2^29: v = 2^16 a + b with b in [-2^15, 2^15), mantissa = 2^16 c + d; then
/// 2 a c + (a d + b c + (b d >> 16) + 2^14 >> 15), of whose sums none leaves 31 bits.
THIMBLE_INLINE std::int32_t high_product(arm_thumb1, std::int32_t v, std::int32_t mantissa) {
  const std::int32_t b = static_cast<std::int16_t>(v), a = (v - b) >> 16, c = mantissa >> 16, d = mantissa & 0xffff;
  return 2 * a * c + ((a * d + b * c + (b * d >> 16) + (1 << 14)) >> 15);
}

/// The same of v * 2^20 for |v| <= 255: v c 2^36 is a multiple of 2^31.
THIMBLE_INLINE std::int32_t widened_product(arm_thumb1, int v, std::int32_t mantissa) {
  return v * (mantissa >> 16) * 32 + ((v * (mantissa & 0xffff) + (1 << 10)) >> 11);
}

}  // namespace thimble::kernels::thumb

#endif
