// A plane of int16 values under a square window, eight outputs at a time: the inner loop of depthwise convolutions and their gradients.
#pragma once
#include <thimble/kernels/arm_dsp/plane.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels::dsp {

/// y = requantized bias + sum over taps of x * w. Instructions for eight outputs: 140 (3 x 3), 245 (5 x 5).
/// Accumulators r4 on, word of x r12. An output's taps meet the words of x two by two; where its window begins in the middle of a
/// word, it takes the first tap alone and the pairs {1, 2}, {3, 4} for the rest; else {0, 1}, {2, 3} and the last tap alone.
/// Gradient: y int16 = saturate16(round(high_product(sum, doubled) * addend / 2^32)), y_step and y_row in bytes as ever.
/// Masked: where there is a mask, outputs are saturated to nine bits first, whose upper two differ where int8 clips; 8 instructions
/// more an output.
/// The frame: what changes, and what is read most: [0] x, [4] where it ends under the groups of eight, [8] the plane's row, [12] the
/// plane, [16] y, [20] y_step, [24] rest, [28] the rows that are left.
template <int Taps, int Stride, bool Gradient = false, bool Masked = false>
THIMBLE_NOINLINE void filter_plane(const plane* p) {
  static_assert((Taps == 3 || Taps == 5 || Taps == 7) && (Stride == 1 || Stride == 2));
  register const plane* r0 asm("r0") = p;
  asm volatile(
      R"(
        .altmacro
        .set th_k, %c[taps]
        .set th_s, %c[stride]
        .set th_wide, %c[gradient]
        .set th_masked, %c[masked]
        .set th_half, (th_k - 1) / 2
        @ th_reg: the register of pair {t, t + 1}
        .macro th_find t
          .if th_k == 3
            .set th_reg, 2 + \t
          .elseif th_k == 5
            .set th_reg, 1 + \t
            .if \t == 3
              .set th_reg, 14
            .endif
          .elseif th_s == 1
            .set th_reg, 8 + \t
            .if \t > 3
              .set th_reg, \t - 2
            .endif
          .else
            .set th_reg, 1 + \t / 2
            .if \t == 5
              .set th_reg, 14
            .endif
          .endif
        .endm
        .macro th_emit op, acc, w
          \op r\acc, r12, r\w, r\acc
        .endm
        .macro th_use op, j, t
          th_find \t
          th_emit \op, %%(4 + \j), %%th_reg
        .endm
        @ what word th_i gives to output j
        .macro th_meet j
          .if th_s == 2
            .set th_m, th_i - \j
          .elseif (\j) & 1
            .if th_i == (\j) / 2
              th_use smlatb, \j, 0
            .endif
            .set th_m, th_i - (\j) / 2 - 1
            .if th_m >= 0
              .if th_m < th_half
                th_use smlad, \j, %%(2 * th_m + 1)
              .endif
            .endif
            .set th_m, -1
          .else
            .set th_m, th_i - (\j) / 2
          .endif
          .if th_m >= 0
            .if th_m < th_half
              th_use smlad, \j, %%(2 * th_m)
            .elseif th_m == th_half
              th_use smlabt, \j, %%(th_k - 2)
            .endif
          .endif
        .endm
        .macro th_load at
          ldr r12, [r0, #\at]
        .endm
        .macro th_words n
          .if th_s == 1
            .set th_count, (\n + th_k) / 2
          .else
            .set th_count, \n + th_half
          .endif
          .set th_i, 0
          .rept th_count
            th_load %%(4 * th_i)
            .set th_j, 0
            .rept \n
              th_meet %%th_j
              .set th_j, th_j + 1
            .endr
            .set th_i, th_i + 1
          .endr
        .endm
        @ lr: the plane
        .macro th_weights at
          .if th_k == 3
            ldrd r2, r3, [lr, #\at]
          .elseif th_k == 5
            ldrd r1, r2, [lr, #\at]
            ldrd r3, lr, [lr, #\at + 8]
          .elseif th_s == 1
            ldrd r8, r9, [lr, #\at]
            ldrd r10, r11, [lr, #\at + 8]
            ldrd r2, r3, [lr, #\at + 16]
          .else
            ldr r1, [lr, #\at]
            ldr r2, [lr, #\at + 8]
            ldrd r3, lr, [lr, #\at + 16]
          .endif
        .endm
        .macro th_begin n
          ldr r4, [lr, #20]
          .set th_j, 1
          .rept \n - 1
            th_copy %%(4 + th_j)
            .set th_j, th_j + 1
          .endr
        .endm
        .macro th_copy acc
          mov r\acc, r4
        .endm
        @ to: the register that is stored
        .macro th_put op, to, steps
          .if \steps == 0
            \op \to, [r2]
          .elseif \steps == 1
            \op \to, [r2, r3]
          .else
            \op \to, [r2, r3, lsl #\steps / 2]
          .endif
        .endm
        .macro th_out acc, steps, masks
          smmlar r\acc, r\acc, r0, r\acc
          .if th_wide
          smmulr r\acc, r\acc, r1
          ssat r\acc, #16, r\acc
          th_put strh, r\acc, \steps
          .else
          add r\acc, r\acc, r\acc, asr #31
          qadd r\acc, r\acc, r1
          asr r\acc, r\acc, lr
          .if \masks
            ssat r\acc, #9, r\acc
          .endif
          ssat r12, #8, r\acc
          th_put strb, r12, \steps
          .endif
        .endm
        @ n outputs, r2 behind them
        .macro th_outs n, masks
          th_out 4, 0, \masks
          .if \n > 1
            th_out 5, 1, \masks
          .endif
          .if \n == 1
            add r2, r2, r3
          .elseif \n == 2
            add r2, r2, r3, lsl #1
          .else
            th_out 6, 2, \masks
            add r2, r2, r3, lsl #1
            th_out 7, 1, \masks
            .if \n == 4
              add r2, r2, r3, lsl #1
            .else
              th_out 8, 2, \masks
              th_out 10, 4, \masks
              add r2, r2, r3
              th_out 9, 2, \masks
              th_out 11, 4, \masks
              add r2, r2, r3
              add r2, r2, r3, lsl #2
            .endif
          .endif
        .endm
        .macro th_bit acc
          eor r\acc, r\acc, r\acc, lsl #1
          lsr r\acc, r\acc, r1
          ldrb r12, [r2]
          bic r\acc, r0, r\acc
          orr r12, r12, r\acc
          strb r12, [r2]
          add r2, r2, r3
        .endm
        @ n outputs
        .macro th_group n
          .if th_k == 3 || (th_k == 7 && th_s == 1)
            ldrd r1, lr, [sp, #8]
          .else
            ldr lr, [sp, #12]
          .endif
          th_begin \n
          ldr r0, [sp, #0]
          .set th_y, 0
          .rept th_k
            th_weights %%(52 + 4 * (th_k - 1) * th_y)
            th_words \n
            .set th_y, th_y + 1
            .if th_y < th_k
              .if th_k == 3 || (th_k == 7 && th_s == 1)
                add r0, r0, r1
              .else
                ldrd r12, lr, [sp, #8]
                add r0, r0, r12
              .endif
            .endif
          .endr
          .if th_k == 5 || (th_k == 7 && th_s == 2)
            ldr lr, [sp, #12]
          .endif
          ldrd r0, r1, [lr, #28]
          .if th_masked
            ldr r12, [lr, #220]
          .endif
          .if !th_wide
            ldr lr, [lr, #24]
          .endif
          ldrd r2, r3, [sp, #16]
          .if th_masked
            cmp r12, #0
            beq 7f
            th_outs \n, 1
            ldr r0, [sp, #16]
            str r2, [sp, #16]
            ldr lr, [sp, #12]
            ldrd r1, r2, [lr, #220]
            sub r0, r0, r2
            add r2, r1, r0, lsr #3
            lsr r3, r3, #3
            ldrd r0, r1, [lr, #228]
            .set th_j, 0
            .rept \n
              th_bit %%(4 + th_j)
              .set th_j, th_j + 1
            .endr
            b 8f
          .endif
        7:
          th_outs \n, 0
          str r2, [sp, #16]
        8:
          ldr r0, [sp, #0]
          add r0, r0, #(2 * th_s * \n)
          str r0, [sp, #0]
        .endm
        push {r7, r11}
        sub sp, sp, #32
        ldm r0, {r1, r2, r3, r4, r5}
        strd r2, r0, [sp, #8]
        strd r4, r5, [sp, #16]
        ldrd r2, r3, [r0, #40]
        strd r2, r3, [sp, #24]
        mov r0, r1
        str r0, [sp, #0]
      1:
        ldr r1, [sp, #12]; ldr r1, [r1, #36]
        cmp r1, #0
        beq 3f
        add r1, r1, r0
        str r1, [sp, #4]
      2:
        .if th_k == 7 && th_s == 1
          th_group 4
        .else
          th_group 8
        .endif
        ldr r1, [sp, #4]
        cmp r0, r1
        bne 2b
      3:
        .if th_k != 7 || th_s != 1
          ldr r1, [sp, #24]; tst r1, #4; beq 4f
          th_group 4
        .endif
      4:
        ldr r1, [sp, #24]; tst r1, #2; beq 5f
        th_group 2
      5:
        ldr r1, [sp, #24]; tst r1, #1; beq 6f
        th_group 1
      6:
        ldr r3, [sp, #12]; ldr r1, [r3, #8]; add r0, r0, r1; str r0, [sp, #0]
        ldr r2, [sp, #16]; ldr r3, [r3, #48]; add r2, r2, r3; str r2, [sp, #16]
        ldr r1, [sp, #28]; subs r1, r1, #1; str r1, [sp, #28]; bne 1b
        add sp, sp, #32; pop {r7, r11}
        .noaltmacro
        .irp name, find, emit, use, meet, load, words, weights, begin, copy, put, out, outs, bit, group
          .purgem th_\name
        .endr
)"
      : "+r"(r0)
      : [taps] "i"(Taps), [stride] "i"(Stride), [gradient] "i"(Gradient ? 1 : 0), [masked] "i"(Masked ? 1 : 0)
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
}

}  // namespace thimble::kernels::dsp

#endif
