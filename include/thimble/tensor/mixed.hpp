// Random bits by place: a hash of a counter, never a sequence, so that neither order nor vector width changes them.
#pragma once
#include <cstdint>

#include <thimble/config.hpp>

namespace thimble::detail {

/// A permutation of 32 bits in which each input bit flips each output bit with probability near 1/2. Source: C. Wellons,
/// "Prospecting for Hash Functions" (2018), lowbias32 with the constants found later.
THIMBLE_INLINE constexpr std::uint32_t mixed(std::uint32_t x) {
  x = (x ^ x >> 16) * 0x21F0AAADu;
  x = (x ^ x >> 15) * 0xD35A2D97u;
  return x ^ x >> 15;
}

}  // namespace thimble::detail
