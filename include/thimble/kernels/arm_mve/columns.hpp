// Four output channels at a time, pixel after pixel: the inner loop of convolutions on vectors of sixteen int8.
#pragma once
#include <cstddef>
#include <cstdint>

#include <thimble/kernels/access.hpp>
#include <thimble/tensor/requantize.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels::mve {

/// Four output channels. shift: under 0 (to the right).
struct four_channels {
  std::int32_t bias[4];  ///< less the zero point of x times the sum of the weights
  std::int32_t mantissa[4];
  std::int32_t shift[4];
};

/// One call of multiply_columns. The assembly below knows the offsets.
struct columns {
  const std::int8_t* w;  ///< of the first channel; the others follow `size` bytes apart
  const four_channels* first;
  const std::int8_t* x;  ///< of the first pixel
  const four_channels* end;
  std::int8_t* y;
  int size;         ///< K: products of a sum
  int next_groups;  ///< 4 K - K rounded up to sixteen
  int x_step;       ///< bytes from pixel to pixel
  int y_skip;       ///< bytes from behind a pixel's last channel made to the first of the next
  int pixels;
  std::int32_t y_zero, low, high;
};
static_assert(sizeof(void*) != 4 || (offsetof(columns, pixels) == 36 && sizeof(columns) == 52));

/// y[p][o] = clamp(requantized bias[o] + sum over k of x[p][k] * w[o][k] + y_zero). For four channels 10 instructions each
/// sixteen inputs (the last loop reads only those that are left), and 25.
THIMBLE_NOINLINE inline void multiply_columns(const columns* c) {
  register const columns* r0 asm("r0") = c;
  asm volatile(
      "push {r7, r11}\n\tvpush {d8-d15}\n\tsub sp, sp, #64\n\t"
      "vldrw.32 q0, [r0]\n\tvstrw.32 q0, [sp]\n\tvldrw.32 q0, [r0, #16]\n\tvstrw.32 q0, [sp, #16]\n\t"
      "vldrw.32 q0, [r0, #32]\n\tvstrw.32 q0, [sp, #32]\n\t"
      "ldrd r1, r2, [r0, #40]\n\tldr r3, [r0, #48]\n\tvdup.32 q5, r1\n\tvdup.32 q6, r2\n\tvdup.32 q7, r3\n\t"
      "ldr r1, [sp, #8]\n\tldr r0, [sp, #16]\n\tldrd r2, r12, [sp, #20]\n"
      "1:\n\t"  // pixel
      "ldrd r3, r11, [sp, #0]\n\tadd r5, r3, r2\n\tadd r7, r5, r2\n\tadd r9, r7, r2\n"
      "2:\n\t"  // four channels
      "ldrd r4, r6, [r11], #8\n\tldrd r8, r10, [r11], #8\n\t"
      "dlstp.8 lr, r2\n"
      "3:\n\t"
      "vldrb.8 q0, [r1], #16\n\t"
      "vldrb.8 q1, [r3], #16\n\tvmladava.s8 r4, q0, q1\n\t"
      "vldrb.8 q2, [r5], #16\n\tvmladava.s8 r6, q0, q2\n\t"
      "vldrb.8 q3, [r7], #16\n\tvmladava.s8 r8, q0, q3\n\t"
      "vldrb.8 q4, [r9], #16\n\tvmladava.s8 r10, q0, q4\n\t"
      "letp lr, 3b\n\t"
      "vmov q2[2], q2[0], r4, r8\n\tvmov q2[3], q2[1], r6, r10\n\t"
      "vldrw.32 q3, [r11], #16\n\tvldrw.32 q4, [r11], #16\n\t"
      "vqrdmulh.s32 q2, q2, q3\n\t"
      "vshr.s32 q3, q2, #31\n\tvqadd.s32 q2, q2, q3\n\t"  // halves away from zero
      "vrshl.s32 q2, q2, q4\n\tvqadd.s32 q2, q2, q5\n\tvmax.s32 q2, q2, q6\n\tvmin.s32 q2, q2, q7\n\t"
      "vstrb.32 q2, [r0], #4\n\t"
      "ldrd r1, r4, [sp, #8]\n\t"
      "add r3, r3, r12\n\tadd r5, r5, r12\n\tadd r7, r7, r12\n\tadd r9, r9, r12\n\t"
      "cmp r11, r4\n\tbne 2b\n\t"
      "ldrd r4, r6, [sp, #28]\n\tldr r8, [sp, #36]\n\tadd r1, r1, r4\n\tadd r0, r0, r6\n\tstr r1, [sp, #8]\n\t"
      "subs r8, r8, #1\n\tstr r8, [sp, #36]\n\tbne 1b\n\t"
      "add sp, sp, #64\n\tvpop {d8-d15}\n\tpop {r7, r11}\n\t"
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory", "d0", "d1", "d2", "d3",
        "d4", "d5", "d6", "d7");
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
