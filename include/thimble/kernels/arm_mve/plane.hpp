// One channel of a depthwise convolution: a plane of int8 values under a square window of 3, 5 or 7 taps, stride 1 or 2.
#pragma once
#include <cstddef>
#include <cstdint>

#include <thimble/config.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels::mve {

/// One call of filter_plane. The assembly below knows the offsets.
struct plane {
  const std::int8_t* x;  ///< where the first output's window begins
  std::int8_t* y;
  std::int32_t bias;
  std::int32_t mantissa;
  std::int32_t shift;  ///< under 0: to the right
  std::int32_t y_zero;
  int outputs;   ///< in a row
  int groups;    ///< of four outputs, the last may be short
  int part_row;  ///< bytes of the plane's rows under one vector of taps
  int y_group;   ///< bytes of four outputs
  int x_row;     ///< bytes of the plane from an output's row to the next
  int y_row;     ///< bytes of y likewise
  int rows;
  std::uint32_t y_step;      ///< bytes from output to output
  std::uint8_t offsets[16];  ///< of a vector's taps from its first
  std::int8_t w[64];         ///< taps, then zeros. A vector takes three rows of 3 or 5, two rows of 7
  std::int32_t x_zero;
  std::int32_t low, high;      ///< what is masked: within them a bit is set
  const std::int8_t* y_first;  ///< whose bit is the first of the mask
  std::uint8_t* mask;          ///< this channel's bits zero so far
  std::int32_t bit;            ///< this channel's in its byte: channels are a multiple of eight
};
static_assert(sizeof(void*) != 4 || (offsetof(plane, rows) == 48 && offsetof(plane, offsets) == 56 &&
                                     offsetof(plane, x_zero) == 136 && offsetof(plane, bit) == 156));

constexpr int rows_of_vector(int taps) { return taps == 7 ? 2 : 3; }

/// y = saturate8(requantized bias + sum over taps of (x - x_zero) * w + y_zero). The taps of an output are gathered into one to four vectors.
/// Instructions for four outputs: 27 (3 x 3), 42 (5 x 5), 66 (7 x 7); masked 13 more.
template <int Taps, int Stride, bool Masked>
THIMBLE_NOINLINE void filter_plane(const plane* p) {
  register const plane* r0 asm("r0") = p;
  asm volatile(
      R"(
        .altmacro
        .macro th_sum acc, offsets
          vldrb.u8 q0, [r0, \offsets]
          vmladav.s8 \acc, q0, q1
          .if %c[taps] > 3
            add r12, r0, r11
            vldrb.u8 q0, [r12, \offsets]
            vmladava.s8 \acc, q0, q2
          .endif
          .if %c[taps] > 5
            add r12, r12, r11
            vldrb.u8 q0, [r12, \offsets]
            vmladava.s8 \acc, q0, q3
            add r12, r12, r11
            vldrb.u8 q0, [r12, \offsets]
            vmladava.s8 \acc, q0, q4
          .endif
        .endm
        push {r0, r7, r11}
        vpush {d8-d15}
        sub sp, sp, #56
        ldr r1, [r0, #4]
        ldrd r2, r3, [r0, #8]
        ldrd r5, r7, [r0, #16]
        ldr r11, [r0, #32]
        ldrd r8, r10, [r0, #24]
        strd r8, r10, [sp, #0]
        ldrd r8, r10, [r0, #36]
        strd r8, r10, [sp, #8]
        ldrd r8, r10, [r0, #44]
        strd r8, r10, [sp, #16]
        .if %c[masked]
          ldrd r8, r10, [r0, #140]
          strd r8, r10, [sp, #32]
          ldrd r8, r10, [r0, #148]
          strd r8, r10, [sp, #40]
          ldr r8, [r0, #156]
          str r8, [sp, #48]
        .endif
        movs r8, #0
        vidup.u32 q6, r8, #1
        ldr r8, [r0, #52]
        vmul.i32 q6, q6, r8
        add r8, r0, #56
        vldrb.8 q5, [r8]
        add r8, r0, #72
        movs r9, #%c[lanes]
        vctp.8 r9
        vpst
        vldrbt.8 q1, [r8]
        vaddv.s8 r4, q1
        .if %c[taps] > 3
          vpst
          vldrbt.8 q2, [r8, #%c[lanes]]
          vaddva.s8 r4, q2
        .endif
        .if %c[taps] > 5
          vpstt
          vldrbt.8 q3, [r8, #2 * %c[lanes]]
          vldrbt.8 q4, [r8, #3 * %c[lanes]]
          vaddva.s8 r4, q3
          vaddva.s8 r4, q4
        .endif
        ldr r9, [r0, #136]
        mls r2, r4, r9, r2
        .if %c[taps] == 3
          movs r8, #%c[stride]
          vadd.i8 q2, q5, r8
          vadd.i8 q3, q2, r8
          vadd.i8 q4, q3, r8
        .endif
        ldr r0, [r0, #0]
        strd r0, r1, [sp, #24]
      1:
        ldrd r9, lr, [sp, #0]
        dls lr, lr
      2:
        .if %c[taps] > 3
          th_sum r4, q5
          add r0, r0, #%c[stride]
          th_sum r6, q5
          add r0, r0, #%c[stride]
          th_sum r8, q5
          add r0, r0, #%c[stride]
          th_sum r10, q5
          add r0, r0, #%c[stride]
        .else
          th_sum r4, q5
          th_sum r6, q2
          th_sum r8, q3
          th_sum r10, q4
          add r0, r0, #(4 * %c[stride])
        .endif
        vmov q0[2], q0[0], r4, r8
        vmov q0[3], q0[1], r6, r10
        vadd.i32 q0, q0, r2
        vqrdmulh.s32 q0, q0, r3
        vshr.s32 q7, q0, #31
        vqadd.s32 q0, q0, q7
        vrshl.s32 q0, r5
        vqadd.s32 q0, q0, r7
        vqmovnb.s32 q7, q0
        vqmovnb.s16 q7, q7
        vctp.32 r9
        .if %c[masked]
          ldrd r8, r10, [sp, #32]
          vpsttt
          vstrbt.32 q7, [r1, q6]
          vcmpt.s32 ge, q0, r8
          vcmpt.s32 le, q0, r10
          ldrd r4, r6, [sp, #40]
          ldr r8, [sp, #48]
          sub r4, r1, r4
          add r4, r6, r4, lsr #3
          vshr.u32 q7, q6, #3
          vpsttt
          vldrbt.u32 q0, [r4, q7]
          vaddt.i32 q0, q0, r8
          vstrbt.32 q0, [r4, q7]
        .else
          vpst
          vstrbt.32 q7, [r1, q6]
        .endif
        subs r9, r9, #4
        ldr r12, [sp, #8]
        add r1, r1, r12
        le lr, 2b
        ldrd r0, r1, [sp, #24]
        ldrd r8, r10, [sp, #12]
        add r0, r0, r8
        add r1, r1, r10
        strd r0, r1, [sp, #24]
        ldr r8, [sp, #20]
        subs r8, r8, #1
        str r8, [sp, #20]
        bne 1b
        add sp, sp, #56
        vpop {d8-d15}
        pop {r0, r7, r11}
        .noaltmacro
        .purgem th_sum
)"
      : "+r"(r0)
      : [taps] "i"(Taps), [stride] "i"(Stride), [lanes] "i"(rows_of_vector(Taps) * Taps), [masked] "i"(Masked ? 1 : 0)
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory", "d0", "d1", "d2", "d3",
        "d4", "d5", "d6", "d7");
}

/// `rows` rows of `count` values, `step` bytes from value to value, to rows of `width` bytes. Half an instruction a value, and 12 a row;
/// 6 a row of at most eight.
THIMBLE_NOINLINE inline void gather_bytes(std::int8_t* to, int width, const std::int8_t* from, int step, int next,
                                          int count, int rows) {
  asm volatile(
      "movs r4, #0\n\tvidup.u16 q1, r4, #1\n\tvmul.i16 q1, q1, %[step]\n\tlsl r6, %[step], #3\n\t"
      "cmp %[count], #8\n\tble 3f\n"
      "1:\n\tmov r4, %[from]\n\tmov r5, %[to]\n\tdlstp.16 lr, %[count]\n"
      "2:\n\tvldrb.u16 q0, [r4, q1]\n\tvstrb.16 q0, [r5], #8\n\tadd r4, r4, r6\n\tletp lr, 2b\n\t"
      "add %[from], %[from], %[next]\n\tadd %[to], %[to], %[width]\n\tsubs %[rows], #1\n\tbne 1b\n\tb 5f\n"
      "3:\n\tvctp.16 %[count]\n\tdls lr, %[rows]\n"
      "4:\n\tvpstt\n\tvldrbt.u16 q0, [%[from], q1]\n\tvstrbt.16 q0, [%[to]]\n\t"
      "add %[from], %[from], %[next]\n\tadd %[to], %[to], %[width]\n\tle lr, 4b\n5:\n\t"
      : [to] "+l"(to), [from] "+r"(from), [rows] "+r"(rows)
      : [width] "r"(width), [step] "r"(step), [next] "r"(next), [count] "r"(count)
      : "r4", "r5", "r6", "lr", "cc", "memory", "d0", "d1", "d2", "d3");
}

}  // namespace thimble::kernels::mve

#endif
