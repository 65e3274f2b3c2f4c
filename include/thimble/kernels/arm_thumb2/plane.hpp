// The filter of depthwise convolutions on Cortex-M3: eight or four outputs at a time, by MLA.
#pragma once
#include <thimble/kernels/arm_thumb/plane.hpp>

#if defined(THIMBLE_THUMB) && THIMBLE_THUMB == 2

namespace thimble::kernels::thumb {

/// The outputs that filter_plane makes in one go: as many as weights leave registers for.
constexpr int plane_group(arm_thumb2, int taps) { return taps == 3 ? 8 : 4; }

/// One channel's values of some rows, `step` bytes from value to value, `next` from row to row. 1.6 instructions a value.
THIMBLE_NOINLINE inline void gather(arm_thumb2, std::int32_t* to, int width, const std::int8_t* from, int step,
                                    int next, int count, int rows) {
  for (; rows > 0; --rows, to += width, from += next) {
    const std::int8_t* x = from;
    std::int32_t* at = to;
    int left = count;
#define THIMBLE_FOUR                                                                                            \
  "ldrsb r4, [%[x]]\n\tldrsb r5, [%[x], %[s]]\n\tldrsb r6, [%[x], %[s], lsl #1]\n\tldrsb r8, [%[x], %[s3]]\n\t" \
  "add %[x], %[x], %[s], lsl #2\n\tstm %[to]!, {r4, r5, r6, r8}\n\t"
    asm volatile("subs %[n], #8\n\tblt 2f\n1:\n\t" THIMBLE_FOUR THIMBLE_FOUR
                 "subs %[n], #8\n\tbge 1b\n2:\n\ttst %[n], #4\n\tbeq 3f\n\t" THIMBLE_FOUR
                 "3:\n\tands %[n], #3\n\tbeq 5f\n4:\n\tldrsb r4, [%[x]]\n\tadd %[x], %[x], %[s]\n\t"
                 "str r4, [%[to]], #4\n\tsubs %[n], #1\n\tbne 4b\n5:\n\t"
                 : [x] "+r"(x), [to] "+r"(at), [n] "+r"(left)
                 : [s] "r"(step), [s3] "r"(3 * step)
                 : "r4", "r5", "r6", "r8", "cc", "memory");
#undef THIMBLE_FOUR
  }
}

/// y = requantized bias + sum over taps of x * w. Instructions for an output: 24 (3 x 3), 50 (5 x 5), 85 (7 x 7).
/// Accumulators r4 on; x r0; weights of a row of taps: r1, r2, r3, r8 to r11; values of x: r12, lr, and, of 5 taps, r10, r11 before
/// them. Each value is multiplied for all the outputs that see it. Sums: y int32 = accumulators, and may begin where the plane does.
template <int Taps, int Stride, bool Sums = false>
THIMBLE_NOINLINE void filter_plane(arm_thumb2, const plane* p) {
  static_assert((Taps == 3 || Taps == 5 || Taps == 7) && (Stride == 1 || Stride == 2));
  register const plane* r0 asm("r0") = p;
  asm volatile(
      R"(
        .altmacro
        .set th_k, %c[taps]
        .set th_s, %c[stride]
        .set th_sums, %c[sums]
        @ value th_i, in register v, for output j: tap th_i - stride * j
        .macro th_meet j, v
          .set th_t, th_i - th_s * (\j)
          .if th_t >= 0
            .if th_t < 3
              th_multiply %%(4 + \j), \v, %%(1 + th_t)
            .elseif th_t < th_k
              th_multiply %%(4 + \j), \v, %%(5 + th_t)
            .endif
          .endif
        .endm
        .macro th_multiply acc, v, w
          mla r\acc, r\v, r\w, r\acc
        .endm
        .macro th_value v, n
          .set th_j, 0
          .rept \n
            th_meet %%th_j, \v
            .set th_j, th_j + 1
          .endr
          .set th_i, th_i + 1
        .endm
        .macro th_pair at
          ldrd r12, lr, [r0, #\at]
        .endm
        .macro th_last at
          ldr r12, [r0, #\at]
        .endm
        @ the values of a row that n outputs see
        .macro th_row n
          .set th_i, 0
          .set th_count, (\n - 1) * th_s + th_k
          .if th_k == 5
            .rept th_count / 4
              ldm.w r0!, {r10, r11, r12, lr}
              th_value 10, \n
              th_value 11, \n
              th_value 12, \n
              th_value 14, \n
            .endr
            .if th_count - th_count / 4 * 4 == 3
              ldm.w r0!, {r10, r11, r12}
              th_value 10, \n
              th_value 11, \n
              th_value 12, \n
            .elseif th_count - th_count / 4 * 4 == 2
              ldm.w r0!, {r10, r11}
              th_value 10, \n
              th_value 11, \n
            .elseif th_count - th_count / 4 * 4 == 1
              ldr r10, [r0], #4
              th_value 10, \n
            .endif
          .else
            .rept th_count / 2
              th_pair %%(4 * th_i)
              th_value 12, \n
              th_value 14, \n
            .endr
            .if th_count - th_count / 2 * 2 == 1
              th_last %%(4 * th_i)
              th_value 12, \n
            .endif
          .endif
        .endm
        .macro th_weights at
          ldrd r1, r2, [sp, #\at]
          .if th_k == 3
            ldr r3, [sp, #\at + 8]
          .elseif th_k == 5
            ldr r3, [sp, #\at + 8]
            ldrd r8, r9, [sp, #\at + 12]
          .else
            ldr r3, [sp, #\at + 8]
            ldrd r8, r9, [sp, #\at + 12]
            ldrd r10, r11, [sp, #\at + 20]
          .endif
        .endm
        .macro th_copy acc
          mov r\acc, r4
        .endm
        @ as multiply_tile's THIMBLE_OUTPUT
        .macro th_out acc, steps
          .if th_sums
            th_store str.w, \acc, \steps
          .else
            mov.w r0, #0x80000000
            smlal r0, r\acc, r\acc, r1
            add.w r\acc, r\acc, r\acc, asr #31
            add r\acc, r12
            asr.w r\acc, r\acc, lr
            ssat r\acc, #8, r\acc
            th_store strb.w, \acc, \steps
          .endif
        .endm
        .macro th_store op, acc, steps
          .if \steps == 0
            \op r\acc, [r2]
          .elseif \steps == 1
            \op r\acc, [r2, r3]
          .else
            \op r\acc, [r2, r3, lsl #\steps / 2]
          .endif
        .endm
        @ n outputs
        .macro th_group n
          ldr r4, [sp, #20]
          .set th_j, 1
          .rept \n - 1
            th_copy %%(4 + th_j)
            .set th_j, th_j + 1
          .endr
          ldr r0, [sp, #0]
          .set th_y, 0
          .rept th_k
            th_weights %%(56 + 4 * th_k * th_y)
            th_row \n
            .set th_y, th_y + 1
            .if th_y < th_k
              ldr r12, [sp, #4]
              add r0, r12
              .if th_k == 5
                sub r0, #(4 * th_count)
              .endif
            .endif
          .endr
          ldrd r2, r3, [sp, #12]
          ldr lr, [sp, #24]
          ldrd r1, r12, [sp, #28]
          th_out 4, 0
          .if \n > 1
            th_out 5, 1
          .endif
          .if \n == 1
            add r2, r2, r3
          .elseif \n == 2
            add r2, r2, r3, lsl #1
          .else
            th_out 6, 2
            add r2, r2, r3, lsl #1
            th_out 7, 1
            .if \n == 4
              add r2, r2, r3, lsl #1
            .else
              th_out 8, 2
              th_out 10, 4
              add r2, r2, r3
              th_out 9, 2
              th_out 11, 4
              add r2, r2, r3
              add r2, r2, r3, lsl #2
            .endif
          .endif
          str r2, [sp, #12]
          ldr r0, [sp, #0]
          add r0, r0, #(4 * th_s * \n)
          str r0, [sp, #0]
        .endm
        push {r0, r7, r11}
        mov r2, sp
        sub r1, r2, #264
        bic r1, r1, #7
        mov sp, r1
        str r2, [sp, #256]
        .rept (14 + th_k * th_k + 7) / 8
          ldm r0!, {r4, r5, r6, r7, r8, r9, r10, r11}
          stm r1!, {r4, r5, r6, r7, r8, r9, r10, r11}
        .endr
      1:
        ldr r0, [sp, #0]
        ldr r1, [sp, #36]
        cmp r1, #0
        beq.w 3f
        add r1, r1, r0
        str r1, [sp, #252]
      2:
        .if th_k == 3
          th_group 8
        .else
          th_group 4
        .endif
        ldr r1, [sp, #252]
        cmp r0, r1
        bne.w 2b
      3:
        .if th_k == 3
          ldr r1, [sp, #40]
          tst r1, #4
          beq.w 4f
          th_group 4
        .endif
      4:
        ldr r1, [sp, #40]
        tst r1, #2
        beq.w 5f
        th_group 2
      5:
        ldr r1, [sp, #40]
        tst r1, #1
        beq.w 6f
        th_group 1
      6:
        ldr r0, [sp, #0]
        ldr r1, [sp, #8]
        add r0, r0, r1
        str r0, [sp, #0]
        ldr r2, [sp, #12]
        ldrd r1, r3, [sp, #44]
        add r2, r2, r3
        str r2, [sp, #12]
        subs r1, r1, #1
        str r1, [sp, #44]
        bne.w 1b
        ldr r2, [sp, #256]
        mov sp, r2
        pop {r0, r7, r11}
        .noaltmacro
        .irp name, meet, multiply, value, pair, last, row, weights, copy, out, store, group
          .purgem th_\name
        .endr
)"
      : "+r"(r0)
      : [taps] "i"(Taps), [stride] "i"(Stride), [sums] "i"(Sums ? 1 : 0)
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
}

}  // namespace thimble::kernels::thumb

#endif
