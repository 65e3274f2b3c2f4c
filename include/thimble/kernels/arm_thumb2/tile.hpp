// The inner loops of convolutions on Cortex-M3: eight or four pixels times any number of channels, one pixel times four.
#pragma once
#include <thimble/kernels/arm_thumb/tile.hpp>

#if defined(THIMBLE_THUMB) && THIMBLE_THUMB == 2

namespace thimble::kernels::thumb {

// One weight times eight or four pixels. r4 on: accumulators.
#define THIMBLE_EIGHT_PRODUCTS                                                                        \
  "ldrsb.w r2, [r1], #1\n\tldm.w r0!, {r3, r12, lr}\n\tmla r4, r3, r2, r4\n\tmla r5, r12, r2, r5\n\t" \
  "mla r6, lr, r2, r6\n\tldm.w r0!, {r3, r12, lr}\n\tmla r7, r3, r2, r7\n\tmla r8, r12, r2, r8\n\t"   \
  "mla r9, lr, r2, r9\n\tldm.w r0!, {r3, r12}\n\tmla r10, r3, r2, r10\n\tmla r11, r12, r2, r11\n\t"
#define THIMBLE_FOUR_PRODUCTS                                                                             \
  "ldrsb.w r2, [r1], #1\n\tldm.w r0!, {r8, r9, r10, r11}\n\tmla r4, r8, r2, r4\n\tmla r5, r9, r2, r5\n\t" \
  "mla r6, r10, r2, r6\n\tmla r7, r11, r2, r7\n\t"
// One output at r2 + at, as channel says: with 2^31 below it and the accumulator above, the 64 bits to which the product by the
// doubled mantissa less 2^32 is added have the rounded doubled product in their upper half. lr: kind, r12: addend.
#define THIMBLE_OUTPUT(r, at)                                                                           \
  "mov.w r1, #0x80000000\n\tsmlal r1, " r ", " r ", r3\n\tadd.w " r ", " r ", " r ", asr #31\n\tadd " r \
  ", r12\n\tasr.w " r ", " r ", lr\n\tssat " r ", #8, " r "\n\tstrb.w " r ", [r2" at "]\n\t"
#define THIMBLE_FOUR_OUTPUTS   \
  THIMBLE_OUTPUT("r4", "")     \
  THIMBLE_OUTPUT("r5", ", r0") \
  THIMBLE_OUTPUT("r6", ", r0, lsl #1") "add r2, r2, r0, lsl #1\n\t" THIMBLE_OUTPUT("r7", ", r0")
#define THIMBLE_EIGHT_OUTPUTS                                                                         \
  THIMBLE_FOUR_OUTPUTS THIMBLE_OUTPUT("r8", ", r0, lsl #1")                                           \
      THIMBLE_OUTPUT("r10", ", r0, lsl #2") "add r2, r2, r0\n\t" THIMBLE_OUTPUT("r9", ", r0, lsl #1") \
          THIMBLE_OUTPUT("r11", ", r0, lsl #2")
// The frame: the tile's first nine words at sp, then [36] the tile, [40] the caller's sp, [48] the accumulators for `rare`.
#define THIMBLE_TILE(first_copy, products, outputs)                                                             \
  "push {r7, r11}\n\t"                                                                                          \
  "mov r2, sp\n\tsub r3, r2, #80\n\tbic r3, r3, #7\n\tmov sp, r3\n\tstr r0, [sp, #36]\n\tstr r2, [sp, #40]\n\t" \
  "ldm r0, {r1, r2, r3, r4, r5, r6, r7, r8, r9}\n\tstm sp, {r1, r2, r3, r4, r5, r6, r7, r8, r9}\n\t"            \
  "mov r1, r2\n\tmov r2, r3\n"                                                                                  \
  "1:\n\t" /* channel r2, weights r1 */                                                                         \
  "ldrd r4, lr, [r2]\n\tcmp lr, #0\n\tblt 6f\n\tldr r0, [sp, #0]\n\tldr r12, [sp, #24]\n\t" first_copy          \
  "tbb [pc, r12]\n"                                                                                             \
  "2: .byte (10f - 2b) / 2, (11f - 2b) / 2, (12f - 2b) / 2, (13f - 2b) / 2, (14f - 2b) / 2, (15f - 2b) / 2, "   \
  "(16f - 2b) / 2, (17f - 2b) / 2\n"                                                                            \
  "10:\n\t" products "\n11:\n\t" products "\n12:\n\t" products "\n13:\n\t" products "\n14:\n\t" products        \
  "\n15:\n\t" products "\n16:\n\t" products "\n17:\n\t" products                                                \
  "ldr r12, [sp, #20]\n\tcmp r0, r12\n\tbne.w 10b\n\t"                                                          \
  "str r1, [sp, #4]\n\tldr r0, [sp, #8]\n\tldrd r2, lr, [r0]\n\tcmp lr, #32\n\tbhs 7f\n\t"                      \
  "ldrd r3, r12, [r0, #8]\n\tldrd r2, r0, [sp, #12]\n\t" outputs                                                \
  "5:\n\t" /* the next channel */                                                                               \
  "ldr r1, [sp, #4]\n\tldrd r2, r3, [sp, #8]\n\tadds r2, #16\n\tadds r3, #1\n\tstrd r2, r3, [sp, #8]\n\t"       \
  "ldr r12, [sp, #28]\n\tcmp r2, r12\n\tbne.w 1b\n\t"                                                           \
  "ldr r2, [sp, #40]\n\tmov sp, r2\n\tpop {r7, r11}\n\tb 9f\n"                                                  \
  "6:\n\t" /* constant */                                                                                       \
  "ldr r12, [sp, #32]\n\tadd r1, r12\n\tstr r1, [sp, #4]\n\tmovs r3, #0\n\tb 8f\n"                              \
  "7:\n\t" /* by requantize() */                                                                                \
  "add r3, sp, #48\n\tstm r3, {r4, r5, r6, r7, r8, r9, r10, r11}\n"                                             \
  "8:\n\t"                                                                                                      \
  "ldr r0, [sp, #36]\n\tldrd r1, r2, [sp, #8]\n\tldr r12, [r0, #36]\n\tblx r12\n\tb 5b\n"                       \
  "9:\n\t"

/// y[p][o] = requantized bias[o] + sum over k of x[k][p] * w[o][k], for the tile's pixels and channels.
/// Instructions, n inputs: eight pixels 12.4 n + 90 a channel, four pixels 6.4 n + 58.
template <int Pixels>
THIMBLE_NOINLINE void multiply_tile(arm_thumb2, const tile* t) {
  static_assert(Pixels == 8 || Pixels == 4);
  register const tile* r0 asm("r0") = t;
  if constexpr (Pixels == 8)
    asm volatile(
        THIMBLE_TILE(
            "mov r5, r4\n\tmov r6, r4\n\tmov r7, r4\n\tmov r8, r4\n\tmov r9, r4\n\tmov r10, r4\n\tmov r11, r4\n\t",
            THIMBLE_EIGHT_PRODUCTS, THIMBLE_EIGHT_OUTPUTS)
        : "+r"(r0)
        :
        : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
  else
    asm volatile(THIMBLE_TILE("mov r5, r4\n\tmov r6, r4\n\tmov r7, r4\n\t", THIMBLE_FOUR_PRODUCTS, THIMBLE_FOUR_OUTPUTS)
                 : "+r"(r0)
                 :
                 : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
}

#undef THIMBLE_EIGHT_PRODUCTS
#undef THIMBLE_FOUR_PRODUCTS
#undef THIMBLE_OUTPUT
#undef THIMBLE_FOUR_OUTPUTS
#undef THIMBLE_EIGHT_OUTPUTS
#undef THIMBLE_TILE

// Two activations, x r9 at place r8 and x r11 at r10, times four channels, whose weights lie at r1, r2, r3, lr.
#define THIMBLE_CHANNEL(k, x, sum, row) "ldrsb.w r12, [" row ", " k "]\n\tmla " sum ", r12, " x ", " sum "\n\t"
#define THIMBLE_CHANNELS(k, x)      \
  THIMBLE_CHANNEL(k, x, "r4", "r1") \
  THIMBLE_CHANNEL(k, x, "r5", "r2") THIMBLE_CHANNEL(k, x, "r6", "r3") THIMBLE_CHANNEL(k, x, "r7", "lr")
#define THIMBLE_TWO "ldm.w r0!, {r8, r9, r10, r11}\n\t" THIMBLE_CHANNELS("r8", "r9") THIMBLE_CHANNELS("r10", "r11")

/// As quad says. 8.9 instructions an activation, and 25.
THIMBLE_NOINLINE inline void multiply_quad(arm_thumb2, quad* q) {
  register quad* r0 asm("r0") = q;
  asm volatile(
      "push {r0, r7, r11}\n\tldrd r0, r12, [r0]\n\tpush {r12}\n\tldr r12, [sp, #4]\n\t"
      "ldrd r1, r3, [r12, #8]\n\tldr r12, [r12, #16]\n\tldm r12, {r4, r5, r6, r7}\n\t"
      "add r2, r1, r3\n\tadd lr, r2, r3, lsl #1\n\tadd r3, r2\n"
      "1:\n\t" THIMBLE_TWO THIMBLE_TWO THIMBLE_TWO THIMBLE_TWO
      "ldr r12, [sp]\n\tcmp r0, r12\n\tbne 1b\n\t"
      "pop {r12}\n\tldr r0, [sp]\n\tadd r1, r0, #20\n\tstm r1, {r4, r5, r6, r7}\n\t"
      "pop {r0, r7, r11}\n\t"
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
}

#undef THIMBLE_CHANNEL
#undef THIMBLE_CHANNELS
#undef THIMBLE_TWO

}  // namespace thimble::kernels::thumb

#endif
