// Sum of two tensors of one shape, on vectors of four.
#pragma once
#include <cstddef>

#include <thimble/kernels/addition/arm_dsp.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels {
namespace mve {

/// As dsp::sum_constants; shifts are negative. The assembly below knows the order.
struct sum_constants {
  std::int32_t half_zero, zero, mantissa, shift, y_mantissa, y_shift, y_zero;
};

/// Five instructions an element.
THIMBLE_NOINLINE inline void add(const std::int8_t* half, const std::int8_t* other, std::int8_t* y, int count,
                                 const sum_constants* k) {
  register const std::int8_t* r0 asm("r0") = half;
  register const std::int8_t* r1 asm("r1") = other;
  register std::int8_t* r2 asm("r2") = y;
  register const sum_constants* r4 asm("r4") = k;
  asm volatile(
      "wlstp.32 lr, %[count], 2f\n\tldm r4, {r4, r5, r6, r8, r9, r10, r12}\n1:\n\t"
      "vldrb.s32 q0, [r0], #4\n\tvldrb.s32 q1, [r1], #4\n\t"
      "vsub.i32 q0, q0, r4\n\tvsub.i32 q1, q1, r5\n\tvshl.i32 q0, q0, #19\n\tvshl.i32 q1, q1, #20\n\t"
      "vqrdmulh.s32 q1, q1, r6\n\tvshr.s32 q2, q1, #31\n\tvadd.i32 q1, q1, q2\n\tvrshl.s32 q1, r8\n\t"
      "vadd.i32 q0, q0, q1\n\t"
      "vqrdmulh.s32 q0, q0, r9\n\tvshr.s32 q2, q0, #31\n\tvadd.i32 q0, q0, q2\n\tvrshl.s32 q0, r10\n\t"
      "vadd.i32 q0, q0, r12\n\tvqmovnb.s32 q0, q0\n\tvqmovnb.s16 q0, q0\n\tvstrb.32 q0, [r2], #4\n\t"
      "letp lr, 1b\n2:\n\t"
      : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r4)
      : [count] "r"(count)
      : "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory", "d0", "d1", "d2", "d3", "d4", "d5");
}

}  // namespace mve

/// The same bytes as portable.
THIMBLE_INLINE void addition(arm_mve, const addition_args& k) {
  const bool a_is_half = dsp::first_is_half(k);
  if (!dsp::is_plain_sum(k, a_is_half)) return addition(portable{}, k);
  const multiplier other = a_is_half ? k.scales.b : k.scales.a, y = k.scales.y;
  const mve::sum_constants constants{a_is_half ? k.a_zero : k.b_zero,
                                     a_is_half ? k.b_zero : k.a_zero,
                                     other.mantissa,
                                     other.shift,
                                     y.mantissa,
                                     y.shift,
                                     k.y_zero};
  mve::add(a_is_half ? k.a : k.b, a_is_half ? k.b : k.a, k.y, k.pairs.out.c, &constants);
}

}  // namespace thimble::kernels

#endif
