// One channel of a depthwise convolution of 3 x 3 taps at stride 1, two rows of four outputs at a time.
#pragma once
#include <cstddef>
#include <cstdint>

#include <thimble/config.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels::mve {

/// One call of filter_patches: at least two rows of at least four outputs. The assembly below knows the offsets.
struct patches {
  const std::int8_t* x;  ///< where the first output's window begins
  std::int8_t* y;
  std::int32_t bias;
  std::int32_t mantissa;
  std::int32_t shift;  ///< under 0: to the right
  std::int32_t y_zero;
  int x_row;    ///< bytes of a row of the plane, at most 84
  int y_row;    ///< bytes from row to row of outputs
  int y_step;   ///< bytes from output to output
  int outputs;  ///< in a row
  int rows;
  std::int32_t x_zero;
  std::uint8_t offsets[16];  ///< of a patch of 4 x 4 values from its first
  std::uint16_t places[8];   ///< of the outputs (0, 0) (0, 2) (0, 1) (0, 3) (1, 0) (1, 2) (1, 1) (1, 3) from the first
  std::int8_t w[24];         ///< 5 zeros, then taps, a row every four; zeros between
};
static_assert(sizeof(void*) != 4 ||
              (offsetof(patches, outputs) == 36 && offsetof(patches, offsets) == 48 && offsetof(patches, w) == 80));

/// y = saturate8(requantized bias + sum over taps of (x - x_zero) * w + y_zero). A patch of 4 x 4 values has the windows of 2 x 2
/// outputs, each with its own shift of the weights. The last of a row, and the last row of two, lie over those before, which
/// are made again. 35 instructions for eight outputs.
THIMBLE_NOINLINE inline void filter_patches(const patches* p) {
  register const patches* r0 asm("r0") = p;
  asm volatile(
      R"(
        .macro th_patch at
          vldrb.u8 q0, [\at, q5]
          vmladav.s8 r4, q0, q1
          vmladav.s8 r6, q0, q2
          vmladav.s8 r8, q0, q3
          vmladav.s8 r10, q0, q4
        .endm
        .macro th_requantize sum
          vadd.i32 \sum, \sum, r2
          vqrdmulh.s32 \sum, \sum, r3
          vshr.s32 q6, \sum, #31
          vqadd.s32 \sum, \sum, q6
          vrshl.s32 \sum, r5
        .endm
        push {r7, r11}
        vpush {d8-d15}
        sub sp, sp, #24
        add r1, r0, #80
        vldrb.8 q4, [r1]
        vldrb.8 q3, [r1, #1]
        vldrb.8 q2, [r1, #4]
        vldrb.8 q1, [r1, #5]
        vaddv.s8 r4, q1
        ldrd r2, r3, [r0, #8]
        ldrd r5, r7, [r0, #16]
        ldr r6, [r0, #44]
        mls r2, r4, r6, r2
        add r1, r0, #48
        vldrb.8 q5, [r1]
        ldr r9, [r0, #32]
        lsl r9, r9, #2
        ldrd r4, r6, [r0, #36]
        str r6, [sp, #0]
        add r8, r4, #3
        lsr r8, r8, #2
        str r8, [sp, #4]
        and r4, r4, #3
        rsb r4, r4, #4
        and r4, r4, #3
        str r4, [sp, #8]
        ldrd r12, r1, [r0, #0]
        strd r12, r1, [sp, #12]
      1:
        ldr lr, [sp, #4]
        b 4f
      2:
        @ four columns
        th_patch r12
        vmov q7[2], q7[0], r4, r8
        vmov q7[3], q7[1], r6, r10
        add r12, r12, #2
        th_patch r12
        vmov q0[2], q0[0], r4, r8
        vmov q0[3], q0[1], r6, r10
        add r12, r12, #2
        th_requantize q7
        th_requantize q0
        add r4, r0, #64
        vldrh.16 q6, [r4]
        vqmovnb.s32 q7, q7
        vqmovnt.s32 q7, q0
        vqadd.s16 q7, q7, r7
        vqmovnb.s16 q7, q7
        vstrb.16 q7, [r1, q6]
        add r1, r1, r9
      4:
        subs lr, lr, #1
        bgt 2b
        blt 5f
        @ the last: back to the end of the row
        ldr r4, [sp, #8]
        sub r12, r12, r4
        ldr r6, [r0, #32]
        mls r1, r4, r6, r1
        b 2b
      5:
        ldr r8, [sp, #0]
        subs r8, r8, #2
        beq 6f
        ldrd r12, r1, [sp, #12]
        ldrd r4, r6, [r0, #24]
        cmp r8, #1
        itt gt
        addgt r12, r12, r4
        addgt r1, r1, r6
        it eq
        moveq r8, #2
        add r12, r12, r4
        add r1, r1, r6
        strd r12, r1, [sp, #12]
        str r8, [sp, #0]
        b 1b
      6:
        add sp, sp, #24
        vpop {d8-d15}
        pop {r7, r11}
        .purgem th_patch
        .purgem th_requantize
)"
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory", "d0", "d1", "d2", "d3",
        "d4", "d5", "d6", "d7");
}

}  // namespace thimble::kernels::mve

#endif
