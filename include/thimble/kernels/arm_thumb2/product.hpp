// The upper halves of products on Cortex-M3.
#pragma once
#include <cstdint>

#include <thimble/config.hpp>
#include <thimble/target/target.hpp>

#if defined(THIMBLE_THUMB) && THIMBLE_THUMB == 2

namespace thimble::kernels::thumb {

/// round(v * mantissa / 2^31), halves up, for a mantissa in [2^30, 2^31): with 2^31 below it and v above, the 64 bits to which v
/// times the doubled mantissa less 2^32 is added have the rounded doubled product in their upper half.
THIMBLE_INLINE std::int32_t high_product(arm_thumb2, std::int32_t v, std::int32_t mantissa) {
  std::uint32_t low = 0x80000000u;
  std::int32_t high = v;
  asm("smlal %0, %1, %2, %3" : "+r"(low), "+r"(high) : "r"(v), "r"(static_cast<std::uint32_t>(mantissa) << 1));
  return high;
}

/// The same of v * 2^20 for |v| <= 255.
THIMBLE_INLINE std::int32_t widened_product(arm_thumb2 t, int v, std::int32_t mantissa) {
  return high_product(t, v * (1 << 20), mantissa);
}

}  // namespace thimble::kernels::thumb

#endif
