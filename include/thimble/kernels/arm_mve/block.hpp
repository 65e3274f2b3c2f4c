// Eight channels of int16 gradients under a window: two neighbouring outputs at a time.
#pragma once
#include <cstddef>
#include <cstdint>

#include <thimble/config.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels::mve {

/// Factors of eight channels, even and odd apart as widening multiplications leave them. shift: under 0 to the right.
struct eight_multipliers {
  std::int32_t even_mantissa[4], odd_mantissa[4], even_shift[4], odd_shift[4];
};

/// One call of filter_block. A position of the plane and a tap of w are eight int16. The assembly below knows the offsets.
struct block {
  const std::int16_t* x;  ///< the plane
  const std::int16_t* w;  ///< rows of Taps taps
  int rows_of_taps;
  int above;        ///< rows of taps of the first output that lie above the plane's rows that are not zero
  int inside;       ///< these rows
  int x_row;        ///< bytes of a row of the plane
  int w_row;        ///< bytes of a row of taps
  std::int16_t* y;  ///< afterwards behind the last row
  int outputs;      ///< in a row
  int rows;         ///< of outputs
  int y_step;       ///< bytes from output to output
  int y_row;        ///< bytes from row to row
  int channels;     ///< that are written, at most eight
  eight_multipliers scale;
  int first;  ///< bytes from x to where the first output's window begins, if above the plane too
};
static_assert(sizeof(void*) != 4 ||
              (offsetof(block, y) == 28 && offsetof(block, scale) == 52 && offsetof(block, first) == 116));

/// y = saturate16(round(high product(sum over taps of x * w, mantissa) * 2^shift)), halves up; sums int32. Rows of taps outside the
/// plane are passed over. For two outputs of eight channels 10 instructions a tap, and 35.
template <int Taps>
THIMBLE_NOINLINE void filter_block(block* b) {
  register block* r0 asm("r0") = b;
  asm volatile(
      R"(
        .altmacro
        .macro th_tap even, odd
          vldrh.16 \odd, [r1], #16
          vldrh.16 q2, [r2], #16
          vmullb.s16 q3, \even, q2
          vadd.i32 q4, q4, q3
          vmullt.s16 q3, \even, q2
          vadd.i32 q5, q5, q3
          vmullb.s16 q3, \odd, q2
          vadd.i32 q6, q6, q3
          vmullt.s16 q3, \odd, q2
          vadd.i32 q7, q7, q3
        .endm
        push {r7, r11}
        vpush {d8-d15}
        ldr r1, [r0, #48]
        vctp.16 r1
        ldr r10, [r0, #0]
        ldr r1, [r0, #116]
        add r10, r10, r1
        ldrd r12, r11, [r0, #12]
        add r11, r12, r11
        ldr r7, [r0, #36]
      1:
        @ row: r10: its first window, r12 and r11: taps' rows above the plane and to its end
        ldr r2, [r0, #8]
        cmp r11, r2
        it lt
        movlt r2, r11
        bic r1, r12, r12, asr #31
        subs r8, r2, r1
        it lt
        movlt r8, #0
        ldrd r2, r3, [r0, #20]
        mla r9, r1, r2, r10
        ldr r2, [r0, #4]
        mla r5, r1, r3, r2
        ldrd r4, r3, [r0, #28]
        ldr r6, [r0, #20]
        sub r6, r6, #(16 * %c[taps] + 16)
      2:
        mov r1, r9
        mov r2, r5
        vmov.i32 q4, #0
        vmov.i32 q5, #0
        vmov.i32 q6, #0
        vmov.i32 q7, #0
        wls lr, r8, 4f
      3:
        vldrh.16 q0, [r1], #16
        .rept %c[taps] / 2
          th_tap q0, q1
          th_tap q1, q0
        .endr
        .if %c[taps] %% 2
          th_tap q0, q1
        .endif
        add r1, r1, r6
        le lr, 3b
      4:
        add r9, r9, #32
        add r1, r0, #52
        vldrw.32 q0, [r1]
        vldrw.32 q1, [r1, #16]
        vldrw.32 q2, [r1, #32]
        vldrw.32 q3, [r1, #48]
        vqrdmulh.s32 q4, q4, q0
        vqrdmulh.s32 q5, q5, q1
        vqrdmulh.s32 q6, q6, q0
        vqrdmulh.s32 q7, q7, q1
        vqrshl.s32 q4, q4, q2
        vqrshl.s32 q5, q5, q3
        vqrshl.s32 q6, q6, q2
        vqrshl.s32 q7, q7, q3
        vqmovnb.s32 q4, q4
        vqmovnt.s32 q4, q5
        vqmovnb.s32 q6, q6
        vqmovnt.s32 q6, q7
        vpst
        vstrht.16 q4, [r4]
        ldr r1, [r0, #40]
        add r4, r4, r1
        subs r3, r3, #1
        beq 5f
        vpst
        vstrht.16 q6, [r4]
        add r4, r4, r1
        subs r3, r3, #1
        bne 2b
      5:
        ldr r2, [r0, #20]
        add r10, r10, r2
        ldrd r2, r3, [r0, #28]
        ldr r1, [r0, #44]
        add r2, r2, r1
        str r2, [r0, #28]
        sub r12, r12, #1
        sub r11, r11, #1
        subs r7, r7, #1
        bne 1b
        vpop {d8-d15}
        pop {r7, r11}
        .noaltmacro
        .purgem th_tap
)"
      : "+r"(r0)
      : [taps] "i"(Taps)
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory", "d0", "d1", "d2", "d3",
        "d4", "d5", "d6", "d7");
}

/// `rows` rows of `count` positions of `channels` values, at most eight, `step` and `next` bytes apart; eight values a position of
/// `to`, the others zero, rows `width` bytes apart. Half an instruction a value.
THIMBLE_NOINLINE inline void pack_block(std::int16_t* to, int width, const std::int16_t* from, int step, int next,
                                        int count, int rows, int channels) {
  asm volatile(
      "vctp.16 %[channels]\n1:\n\tmov r4, %[from]\n\tmov r5, %[to]\n\tdls lr, %[count]\n2:\n\t"
      "vpst\n\tvldrht.16 q0, [r4]\n\tadd r4, r4, %[step]\n\tvstrh.16 q0, [r5], #16\n\tle lr, 2b\n\t"
      "add %[from], %[from], %[next]\n\tadd %[to], %[to], %[width]\n\tsubs %[rows], #1\n\tbne 1b\n\t"
      : [to] "+r"(to), [from] "+r"(from), [rows] "+r"(rows)
      : [width] "r"(width), [step] "r"(step), [next] "r"(next), [count] "r"(count), [channels] "r"(channels)
      : "r4", "r5", "lr", "cc", "memory", "d0", "d1");
}

/// The same of int8 values, widened; `step` and `next` of either sign.
THIMBLE_NOINLINE inline void pack_taps(std::int16_t* to, const std::int8_t* from, int step, int next, int count,
                                       int rows, int channels) {
  asm volatile(
      "vctp.16 %[channels]\n1:\n\tmov r4, %[from]\n\tdls lr, %[count]\n2:\n\t"
      "vpst\n\tvldrbt.s16 q0, [r4]\n\tadd r4, r4, %[step]\n\tvstrh.16 q0, [%[to]], #16\n\tle lr, 2b\n\t"
      "add %[from], %[from], %[next]\n\tsubs %[rows], #1\n\tbne 1b\n\t"
      : [to] "+l"(to), [from] "+r"(from), [rows] "+r"(rows)
      : [step] "r"(step), [next] "r"(next), [count] "r"(count), [channels] "r"(channels)
      : "r4", "lr", "cc", "memory", "d0", "d1");
}

}  // namespace thimble::kernels::mve

#endif
