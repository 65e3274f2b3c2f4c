// Four output channels at a time, in three pixels or one: the inner loops of convolutions on vectors of sixteen int8.
#pragma once
#include <cstddef>
#include <cstdint>

#include <thimble/config.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels::mve {

/// Four output channels. shift: under 0 (to the right).
struct four_channels {
  std::int32_t bias[4];  ///< less the zero point of x times the sum of the weights; of channels 0, 2, 1, 3
  std::int32_t mantissa[4];
  std::int32_t shift[4];
};

/// One call of multiply_columns, for tiles of `pixels` pixels, 3 or 1. The assembly below knows the offsets; it copies all of it.
struct columns {
  const std::int8_t* x[3];  ///< of the first tile's pixels
  const std::int8_t* w;     ///< of the first channel; the others follow `size` bytes apart
  const four_channels* first;
  const four_channels* end;
  std::int8_t* y;
  int y_step;                      ///< bytes from pixel to pixel
  int next_row;                    ///< K - K rounded up to sixteen, as the loop leaves a row
  int next_groups;                 ///< the same to the next four channels: 3 pixels 3 K less it, 1 pixel 4 K less it
  int x_next;                      ///< bytes from tile to tile
  int y_next;                      ///< bytes from behind a pixel's last channel made to the first of the next tile
  int tiles;                       ///< at least 1
  int size;                        ///< K: products of a sum
  std::int32_t y_zero, low, high;  ///< the limits less y_zero
  const std::int8_t* y_first;      ///< whose bit is the mask's first
  std::uint8_t* mask;              ///< zero so far
  int mask_step;                   ///< bytes from pixel to pixel
  std::uint32_t bits[4];           ///< 1, 2, 4, 8
};
static_assert(sizeof(void*) != 4 || (offsetof(columns, y) == 24 && offsetof(columns, size) == 52 &&
                                     offsetof(columns, y_first) == 68 && sizeof(columns) == 96));

/// y[p][o] = clamp(requantized bias[o] + sum over k of x[p][k] * w[o][k] + y_zero); Masked: and a bit for each, set if not clamped (y_step
/// a multiple of eight). For four channels of three pixels 24 instructions each sixteen inputs (the last loop reads only those that
/// are left), and 60, masked 80; of one pixel 10, and 25, masked 34.
template <int Pixels, bool Masked>
THIMBLE_NOINLINE void multiply_columns(const columns* c) {
  static_assert(Pixels == 3 || Pixels == 1);
  register const columns* r0 asm("r0") = c;
  asm volatile(
      R"(
        .altmacro
        @ the products of two channels: accumulators r0 to r10, then two lanes of q3 to q5
        .macro th_two first, second
          ldrd r1, r3, [sp, #0]
          ldr r5, [sp, #8]
          ldr lr, [sp, #52]
          ldrd r0, r2, [r12]
          ldrd r4, r6, [r12]
          ldrd r8, r10, [r12], #8
          dlstp.8 lr, lr
        3:
          vldrb.8 q0, [r1], #16
          vldrb.8 q1, [r11], #16
          vmladava.s8 r0, q0, q1
          vldrb.8 q2, [r9], #16
          vmladava.s8 r2, q0, q2
          vldrb.8 q0, [r3], #16
          vmladava.s8 r4, q0, q1
          vmladava.s8 r6, q0, q2
          vldrb.8 q0, [r5], #16
          vmladava.s8 r8, q0, q1
          vmladava.s8 r10, q0, q2
          letp lr, 3b
          vmov q3[\second], q3[\first], r0, r2
          vmov q4[\second], q4[\first], r4, r6
          vmov q5[\second], q5[\first], r8, r10
        .endm
        @ mantissas q0, shifts q1; halves away from zero
        .macro th_requantize sum
          vqrdmulh.s32 \sum, \sum, q0
          vshr.s32 q2, \sum, #31
          vqadd.s32 \sum, \sum, q2
          vrshl.s32 \sum, \sum, q1
        .endm
        @ place: of y, r0: y_zero, r5: of the mask, q1: bits
        .macro th_store sum, place
          vmin.s32 q0, \sum, q7
          vmax.s32 q0, q0, q6
          .if %c[masked]
            ldrb r6, [r5]
            vpt.i32 eq, q0, \sum
            vaddvat.u32 r6, q1
            strb r6, [r5]
          .endif
          vadd.i32 q0, q0, r0
          vstrb.32 q0, [\place]
        .endm
        .macro th_find_mask
          .if %c[masked]
            ldrd r8, r5, [sp, #68]
            sub r8, r7, r8
            add r5, r5, r8, lsr #3
            and r8, r8, #4
            vldrw.32 q1, [sp, #80]
            vshl.s32 q1, r8
            ldr r8, [sp, #76]
          .endif
        .endm
        .macro th_next_mask
          .if %c[masked]
            add r5, r5, r8
          .endif
        .endm

        push {r7, r11}
        vpush {d8-d15}
        sub sp, sp, #96
        vldrw.32 q0, [r0]
        vldrw.32 q1, [r0, #16]
        vldrw.32 q2, [r0, #32]
        vldrw.32 q3, [r0, #48]
        vldrw.32 q4, [r0, #64]
        vldrw.32 q5, [r0, #80]
        vstrw.32 q0, [sp]
        vstrw.32 q1, [sp, #16]
        vstrw.32 q2, [sp, #32]
        vstrw.32 q3, [sp, #48]
        vstrw.32 q4, [sp, #64]
        vstrw.32 q5, [sp, #80]
        ldrd r1, r2, [sp, #60]
        vdup.32 q6, r1
        vdup.32 q7, r2
        ldr r7, [sp, #24]
      1:
        ldrd r11, r12, [sp, #12]
        ldr r2, [sp, #52]
        .if %c[pixels] == 3
          add r9, r11, r2, lsl #1
        .else
          mov r3, r11
          add r5, r3, r2
          add r11, r5, r2
          add r9, r11, r2
        .endif
      2:
        .if %c[pixels] == 3
          th_two 0, 2
          ldr r0, [sp, #32]
          add r11, r11, r0
          add r9, r9, r0
          th_two 1, 3
          ldr r0, [sp, #36]
          add r11, r11, r0
          add r9, r9, r0
          vldrw.32 q0, [r12], #16
          vldrw.32 q1, [r12], #16
          th_requantize q3
          th_requantize q4
          th_requantize q5
          ldr r0, [sp, #56]
          ldr r2, [sp, #28]
          add r4, r7, r2
          add r2, r4, r2
          th_find_mask
          th_store q3, r7
          th_next_mask
          th_store q4, r4
          th_next_mask
          th_store q5, r2
        .else
          ldr r1, [sp, #0]
          ldr lr, [sp, #52]
          ldrd r4, r8, [r12], #8
          ldrd r6, r10, [r12], #8
          dlstp.8 lr, lr
        3:
          vldrb.8 q0, [r1], #16
          vldrb.8 q1, [r3], #16
          vmladava.s8 r4, q0, q1
          vldrb.8 q2, [r5], #16
          vmladava.s8 r6, q0, q2
          vldrb.8 q3, [r11], #16
          vmladava.s8 r8, q0, q3
          vldrb.8 q4, [r9], #16
          vmladava.s8 r10, q0, q4
          letp lr, 3b
          vmov q3[2], q3[0], r4, r8
          vmov q3[3], q3[1], r6, r10
          vldrw.32 q0, [r12], #16
          vldrw.32 q1, [r12], #16
          th_requantize q3
          ldr r0, [sp, #36]
          add r3, r3, r0
          add r5, r5, r0
          add r11, r11, r0
          add r9, r9, r0
          ldr r0, [sp, #56]
          mov r10, r5
          th_find_mask
          th_store q3, r7
          mov r5, r10
        .endif
        add r7, r7, #4
        ldr r0, [sp, #20]
        cmp r12, r0
        bne 2b
        ldrd r4, r6, [sp, #40]
        add r7, r7, r6
        ldrd r1, r3, [sp, #0]
        ldr r5, [sp, #8]
        add r1, r1, r4
        add r3, r3, r4
        add r5, r5, r4
        strd r1, r3, [sp, #0]
        str r5, [sp, #8]
        ldr r8, [sp, #48]
        subs r8, r8, #1
        str r8, [sp, #48]
        bne 1b
        add sp, sp, #96
        vpop {d8-d15}
        pop {r7, r11}
        .noaltmacro
        .purgem th_two
        .purgem th_requantize
        .purgem th_store
        .purgem th_find_mask
        .purgem th_next_mask
)"
      : "+r"(r0)
      : [pixels] "i"(Pixels), [masked] "i"(Masked ? 1 : 0)
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory", "d0", "d1", "d2", "d3",
        "d4", "d5", "d6", "d7");
}

/// sums[j] = sum over k < n of w[j * n + k], j < 4.
THIMBLE_NOINLINE inline void sum_rows(const std::int8_t* w, int n, std::int32_t* sums) {
  register const std::int8_t* r0 asm("r0") = w;
  register int r1 asm("r1") = n;
  register std::int32_t* r2 asm("r2") = sums;
  asm volatile(
      "push {r7}\n\tadd r3, r0, r1\n\tadd r5, r3, r1\n\tadd r9, r5, r1\n\t"
      "movs r4, #0\n\tmovs r6, #0\n\tmov r8, #0\n\tmov r10, #0\n\tdlstp.8 lr, r1\n1:\n\t"
      "vldrb.8 q0, [r0], #16\n\tvaddva.s8 r4, q0\n\tvldrb.8 q0, [r3], #16\n\tvaddva.s8 r6, q0\n\t"
      "vldrb.8 q0, [r5], #16\n\tvaddva.s8 r8, q0\n\tvldrb.8 q0, [r9], #16\n\tvaddva.s8 r10, q0\n\tletp lr, 1b\n\t"
      "strd r4, r6, [r2]\n\tstrd r8, r10, [r2, #8]\n\tpop {r7}\n\t"
      : "+r"(r0), "+r"(r1), "+r"(r2)
      :
      : "r3", "r4", "r5", "r6", "r8", "r9", "r10", "lr", "cc", "memory", "d0", "d1");
}

/// sum over k < n of x[k] * w[k].
THIMBLE_NOINLINE inline std::int32_t dot_product(const std::int8_t* x, const std::int8_t* w, int n) {
  register std::int32_t sum asm("r4") = 0;
  asm volatile(
      "dlstp.8 lr, %[n]\n1:\n\tvldrb.8 q0, [%[x]], #16\n\tvldrb.8 q1, [%[w]], #16\n\tvmladava.s8 %[sum], q0, q1\n\tletp lr, 1b\n\t"
      : [x] "+r"(x), [w] "+r"(w), [sum] "+r"(sum)
      : [n] "r"(n)
      : "lr", "cc", "memory", "d0", "d1", "d2", "d3");
  return sum;
}

/// Bytes that do not overlap.
THIMBLE_INLINE void copy_vector(std::int8_t* to, const std::int8_t* from, int n) {
  asm volatile(
      "wlstp.8 lr, %[n], 2f\n1:\n\tvldrb.8 q0, [%[from]], #16\n\tvstrb.8 q0, [%[to]], #16\n\tletp lr, 1b\n2:\n\t"
      : [from] "+r"(from), [to] "+r"(to)
      : [n] "r"(n)
      : "lr", "cc", "memory", "d0", "d1");
}

/// The sum of n values.
THIMBLE_NOINLINE inline std::int32_t sum_of(const std::int8_t* w, int n) {
  register std::int32_t sum asm("r4") = 0;
  asm volatile("dlstp.8 lr, %[n]\n1:\n\tvldrb.8 q0, [%[w]], #16\n\tvaddva.s8 %[sum], q0\n\tletp lr, 1b\n\t"
               : [w] "+r"(w), [sum] "+r"(sum)
               : [n] "r"(n)
               : "lr", "cc", "memory", "d0", "d1");
  return sum;
}

}  // namespace thimble::kernels::mve

#endif
