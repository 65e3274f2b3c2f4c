// Gradients scaled to int16, by a factor for each channel or one for all.
#pragma once
#include <cstddef>

#include <thimble/kernels/gradient.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels::mve {

/// gradient_factor of eight channels. A mantissa of 2^15 is halved, and its shift one less, so that it is int16.
struct eight_factors {
  std::int16_t mantissa[8];
  std::int32_t even_shift[4], odd_shift[4];  ///< under 0: to the right
};

THIMBLE_INLINE void set(eight_factors& to, int j, gradient_factor f) {
  const int halved = f.mantissa >> 15, left = halved - f.shift;
  to.mantissa[j] = static_cast<std::int16_t>(f.mantissa >> halved);
  ((j & 1) != 0 ? to.odd_shift : to.even_shift)[j >> 1] = left < -100 ? -100 : left > 100 ? 100 : left;
}
/// Factors of `channels` channels.
THIMBLE_NOINLINE inline void set_factors(eight_factors* to, multipliers scale, int channels, int raise) {
  for (int o = 0; o < channels; ++o) set(to[o >> 3], o & 7, factor_of(scale[o], raise));
}

/// One call of scale_rows. The assembly below knows the offsets.
struct row_scaling {
  const eight_factors* factors;
  const std::int16_t* dy;
  std::int16_t* to;
  int eights;  ///< of channels, whole
  int rows;
  int rest;  ///< of channels
  std::int32_t limit;
};
static_assert(sizeof(void*) != 4 || offsetof(row_scaling, limit) == 24);

/// scale16 of rows of channels. Rows of `to` begin at multiples of eight values, all written. 1.75 instructions a value. No tail
/// predication: it would write the low halves only of what VMULL widens.
THIMBLE_NOINLINE inline void scale_rows(const row_scaling* k) {
  register const row_scaling* r0 asm("r0") = k;
  asm volatile(
      R"(
        .macro th_scale
          vldrh.16 q1, [r6], #16
          vmullb.s16 q2, q0, q1
          vmullt.s16 q3, q0, q1
          vldrw.32 q4, [r6], #16
          vldrw.32 q5, [r6], #16
          vqrshl.s32 q2, q2, q4
          vqrshl.s32 q3, q3, q5
          vqmovnb.s32 q0, q2
          vqmovnt.s32 q0, q3
          vmin.s16 q0, q0, q7
          vmax.s16 q0, q0, q6
          vstrh.16 q0, [r2], #16
        .endm
        vpush {d8-d15}
        ldr r1, [r0, #24]
        vdup.16 q7, r1
        vneg.s16 q6, q7
        ldm r0, {r0, r1, r2, r3, r4, r5}
      1:
        mov r6, r0
        wls lr, r3, 3f
      2:
        vldrh.16 q0, [r1], #16
        th_scale
        le lr, 2b
      3:
        cbz r5, 4f
        vctp.16 r5
        vpst
        vldrht.16 q0, [r1]
        add r1, r1, r5, lsl #1
        th_scale
      4:
        subs r4, r4, #1
        bne 1b
        vpop {d8-d15}
        .purgem th_scale
)"
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "lr", "cc", "memory", "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7");
}

}  // namespace thimble::kernels::mve

#endif
