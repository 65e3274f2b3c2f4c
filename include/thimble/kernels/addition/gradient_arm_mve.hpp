// The integer gradient of a side of a sum, on vectors of eight.
#pragma once
#include <thimble/kernels/addition/gradient_arm_dsp.hpp>
#include <thimble/kernels/arm_mve/scaled.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels {
namespace mve {

/// scale16 of `eights` eights of values by one factor, its mantissa int16; left: bits to shift. Adds: to what is there. 1.25
/// instructions a value, or 1.5.
template <bool Adds>
THIMBLE_NOINLINE void scale_vectors(std::int16_t* to, const std::int16_t* dy, int eights, int mantissa, int left) {
  asm volatile(
      R"(
        vdup.16 q3, %[mantissa]
        vmvn.i16 q0, #0x8000
        vneg.s16 q0, q0
        vpush {d8-d9}
        vmov q4, q0
        wls lr, %[n], 2f
      1:
        vldrh.16 q0, [%[dy]], #16
        vmullb.s16 q1, q0, q3
        vmullt.s16 q2, q0, q3
        vqrshl.s32 q1, %[left]
        vqrshl.s32 q2, %[left]
        vqmovnb.s32 q0, q1
        vqmovnt.s32 q0, q2
        vmax.s16 q0, q0, q4
        .if %c[adds]
          vldrh.16 q1, [%[to]]
          vqadd.s16 q0, q0, q1
        .endif
        vstrh.16 q0, [%[to]], #16
        le lr, 1b
      2:
        vpop {d8-d9}
)"
      : [to] "+r"(to), [dy] "+r"(dy)
      : [n] "r"(eights), [mantissa] "r"(mantissa), [left] "r"(left), [adds] "i"(Adds ? 1 : 0)
      : "lr", "cc", "memory", "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7");
}

}  // namespace mve

/// The same values as portable, which takes the last few. dx may lie over dy.
THIMBLE_INLINE void scaled_gradient(arm_mve, const scaled_gradient_args<std::int16_t>& a) {
  const int eights = a.count / 8, halved = a.factor.mantissa >> 15, left = halved - a.factor.shift;
  const int mantissa = a.factor.mantissa >> halved, limited = left < -100 ? -100 : left > 100 ? 100 : left;
  a.adds ? mve::scale_vectors<true>(a.dx, a.dy, eights, mantissa, limited)
         : mve::scale_vectors<false>(a.dx, a.dy, eights, mantissa, limited);
  scaled_gradient(portable{}, scaled_gradient_args<std::int16_t>{a.dy + 8 * eights, a.factor, a.dx + 8 * eights, a.adds,
                                                                 a.count - 8 * eights});
}

}  // namespace thimble::kernels

#endif
