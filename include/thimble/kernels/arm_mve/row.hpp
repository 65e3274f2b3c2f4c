// Dense layers whose biases are folded: one pixel times four output channels at a time, straight from the layer's tables.
#pragma once
#include <cstddef>
#include <cstdint>

#include <thimble/config.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels::mve {

/// One call of multiply_row. The assembly below knows the offsets; it copies the first five to its frame.
struct row {
  const std::int8_t* x;
  int size;         ///< K: products of a sum
  int next_groups;  ///< 4 K less K rounded up to sixteen, as the loop leaves a row
  std::int32_t y_zero;
  const std::int8_t* y_end;  ///< a multiple of four channels, at least one four
  const std::int8_t* w;
  const std::int32_t* bias;
  const std::int32_t* mantissa;
  const std::int8_t* shift;  ///< under 0, or 0 with a mantissa of 0
  std::int8_t* y;
  std::int32_t low, high;  ///< the limits less y_zero
};
static_assert(sizeof(void*) != 4 || (offsetof(row, w) == 20 && offsetof(row, low) == 40));

/// y[o] = clamp(requantized bias[o] + sum over k of x[k] * w[o][k] + y_zero). For four channels 10 instructions each sixteen inputs,
/// and 26.
THIMBLE_NOINLINE inline void multiply_row(const row* r) {
  register const row* r0 asm("r0") = r;
  asm volatile(
      R"(
        push {r7, r11}
        vpush {d8-d15}
        sub sp, sp, #32
        vldrw.32 q0, [r0]
        vstrw.32 q0, [sp]
        ldr r1, [r0, #16]
        str r1, [sp, #16]
        movs r1, #0
        strd r1, r1, [sp, #20]
        ldrd r1, r2, [r0, #40]
        vdup.32 q6, r1
        vdup.32 q7, r2
        ldrd r3, r12, [r0, #20]
        ldr r11, [r0, #28]
        ldrd r0, r2, [r0, #32]
        ldr r1, [sp, #4]
        add r5, r3, r1
        add r7, r5, r1
        add r9, r7, r1
      1:
        ldrd r1, lr, [sp, #0]
        ldrd r4, r6, [sp, #20]
        ldrd r8, r10, [sp, #20]
        dlstp.8 lr, lr
      2:
        vldrb.8 q0, [r1], #16
        vldrb.8 q1, [r3], #16
        vmladava.s8 r4, q0, q1
        vldrb.8 q2, [r5], #16
        vmladava.s8 r6, q0, q2
        vldrb.8 q3, [r7], #16
        vmladava.s8 r8, q0, q3
        vldrb.8 q4, [r9], #16
        vmladava.s8 r10, q0, q4
        letp lr, 2b
        vmov q0[2], q0[0], r4, r8
        vmov q0[3], q0[1], r6, r10
        vldrw.32 q1, [r12], #16
        vadd.i32 q0, q0, q1
        vldrw.32 q1, [r11], #16
        vqrdmulh.s32 q0, q0, q1
        vshr.s32 q1, q0, #31
        vqadd.s32 q0, q0, q1
        vldrb.s32 q1, [r0], #4
        vrshl.s32 q0, q0, q1
        ldrd r4, r6, [sp, #8]
        vmin.s32 q0, q0, q7
        vmax.s32 q0, q0, q6
        vadd.i32 q0, q0, r6
        vstrb.32 q0, [r2], #4
        add r3, r3, r4
        add r5, r5, r4
        add r7, r7, r4
        add r9, r9, r4
        ldr r4, [sp, #16]
        cmp r2, r4
        bne 1b
        add sp, sp, #32
        vpop {d8-d15}
        pop {r7, r11}
)"
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory", "d0", "d1", "d2", "d3",
        "d4", "d5", "d6", "d7");
}

}  // namespace thimble::kernels::mve

#endif
