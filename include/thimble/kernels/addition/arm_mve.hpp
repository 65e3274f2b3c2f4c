// Sum of two tensors of one shape, on vectors of four.
#pragma once
#include <cstddef>

#include <thimble/kernels/addition/arm_dsp.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels {
namespace mve {

/// One call of add. As dsp::sum_constants; shifts are negative. The assembly below knows the order.
struct sum {
  const std::int8_t *half, *other;
  std::int8_t* y;
  std::uint8_t* mask;
  int count;  ///< masked: in eights
  std::int32_t half_zero, zero, mantissa, shift, y_mantissa, y_shift, y_zero, low, high;
  std::uint32_t bits[8];  ///< 1, 2, 4, ... 128
};
static_assert(sizeof(void*) != 4 || (offsetof(sum, half_zero) == 20 && offsetof(sum, bits) == 56));

/// Five instructions an element; masked 5.5.
template <bool Masked>
THIMBLE_NOINLINE void add(const sum* k) {
  register const sum* r0 asm("r0") = k;
  asm volatile(
      R"(
        .macro th_four bits
          vldrb.s32 q0, [r1], #4
          vldrb.s32 q1, [r2], #4
          vsub.i32 q0, q0, r4
          vsub.i32 q1, q1, r5
          vshl.i32 q0, q0, #19
          vshl.i32 q1, q1, #20
          vqrdmulh.s32 q1, q1, r6
          vshr.s32 q2, q1, #31
          vadd.i32 q1, q1, q2
          vrshl.s32 q1, r8
          vadd.i32 q0, q0, q1
          vqrdmulh.s32 q0, q0, r9
          vshr.s32 q2, q0, #31
          vadd.i32 q0, q0, q2
          vrshl.s32 q0, r10
          vadd.i32 q0, q0, r12
          vmin.s32 q1, q0, q7
          vmax.s32 q1, q1, q6
          .if %c[masked]
            vpt.i32 eq, q1, q0
            vaddvat.u32 r0, \bits
          .endif
          vstrb.32 q1, [r3], #4
        .endm
        push {r7, r11}
        vpush {d8-d15}
        add r1, r0, #56
        vldrw.32 q4, [r1]
        vldrw.32 q5, [r1, #16]
        ldrd r1, r2, [r0, #48]
        vdup.32 q6, r1
        vdup.32 q7, r2
        ldm r0, {r1, r2, r3, r7, r11}
        add r0, r0, #20
        ldm r0, {r4, r5, r6, r8, r9, r10, r12}
        .if %c[masked]
          dls lr, r11
        1:
          movs r0, #0
          th_four q4
          th_four q5
          strb r0, [r7], #1
          le lr, 1b
        .else
          dlstp.32 lr, r11
        1:
          th_four q4
          letp lr, 1b
        .endif
        vpop {d8-d15}
        pop {r7, r11}
        .purgem th_four
)"
      : "+r"(r0)
      : [masked] "i"(Masked ? 1 : 0)
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory", "d0", "d1", "d2", "d3",
        "d4", "d5");
}

}  // namespace mve

/// The same bytes as portable, which takes what is broadcast or of equal scales, and the last few elements of what is masked.
THIMBLE_INLINE void addition(arm_mve, const addition_args& k) {
  const bool a_is_half = dsp::first_is_half(k), masked = k.mask != nullptr;
  addition_args rest = k;
  rest.mask = nullptr;
  rest.range = {};
  const int count = masked ? k.pairs.out.c / 8 : k.pairs.out.c;
  if (!dsp::is_plain_sum(rest, a_is_half) || count == 0) return addition(portable{}, k);
  const multiplier other = a_is_half ? k.scales.b : k.scales.a, y = k.scales.y;
  const mve::sum s{a_is_half ? k.a : k.b,
                   a_is_half ? k.b : k.a,
                   k.y,
                   k.mask,
                   count,
                   a_is_half ? k.a_zero : k.b_zero,
                   a_is_half ? k.b_zero : k.a_zero,
                   other.mantissa,
                   other.shift,
                   y.mantissa,
                   y.shift,
                   k.y_zero,
                   k.range.low,
                   k.range.high,
                   {1, 2, 4, 8, 16, 32, 64, 128}};
  if (!masked) return mve::add<false>(&s);
  mve::add<true>(&s);
  if (k.pairs.out.c % 8 == 0) return;
  rest = k;
  rest.a += 8 * count;
  rest.b += 8 * count;
  rest.y += 8 * count;
  rest.mask += count;
  rest.pairs.out.c -= 8 * count;
  addition(portable{}, rest);
}

}  // namespace thimble::kernels

#endif
