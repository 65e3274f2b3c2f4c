// The clipping of integer gradients, sixteen at a time.
#pragma once
#include <thimble/kernels/clip/arm_dsp.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels {
namespace mve {

/// For each value of a vector, its bit of a mask.
inline constexpr std::uint16_t mask_bits[16] = {1,      2,      4,       8,       1 << 4,  1 << 5,  1 << 6,  1 << 7,
                                                1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15};

/// Zeroes what is clipped: a vector's mask bits apart, then a store where they are zero. 0.6 instructions a value.
THIMBLE_NOINLINE inline void clip_vectors(const std::uint8_t* mask, std::int16_t* dy, int sixteens) {
  int bits;
  asm volatile(
      "vldrh.16 q2, [%[table]]\n\tvldrh.16 q3, [%[table], #16]\n\tvmov.i32 q1, #0\n\twls lr, %[n], 2f\n1:\n\t"
      "ldrh %[bits], [%[mask]], #2\n\tvdup.16 q0, %[bits]\n\tvand q0, q0, q2\n\tvpt.i16 eq, q0, zr\n\t"
      "vstrht.16 q1, [%[dy]], #16\n\tvdup.16 q0, %[bits]\n\tvand q0, q0, q3\n\tvpt.i16 eq, q0, zr\n\t"
      "vstrht.16 q1, [%[dy]], #16\n\tle lr, 1b\n2:\n\t"
      : [mask] "+r"(mask), [dy] "+r"(dy), [bits] "=&r"(bits)
      : [table] "r"(mask_bits), [n] "r"(sixteens)
      : "lr", "cc", "memory", "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7");
}

}  // namespace mve

/// The same values as portable.
THIMBLE_INLINE void clip(arm_mve, const clip_args<std::int16_t>& a) {
  const int sixteens = a.count >> 4;
  mve::clip_vectors(a.mask, a.dy, sixteens);
  clip(portable{}, clip_args<std::int16_t>{a.mask + 2 * sixteens, a.dy + 16 * sixteens, a.count & 15});
}

}  // namespace thimble::kernels

#endif
