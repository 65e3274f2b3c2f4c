// The inner loops of convolutions on Armv6-M: six or four pixels times any number of channels, one pixel times four.
#pragma once
#include <thimble/kernels/arm_thumb/tile.hpp>
#include <thimble/kernels/arm_thumb1/outputs.hpp>

#if defined(THIMBLE_THUMB) && THIMBLE_THUMB == 1

namespace thimble::kernels::thumb {

// Three pixels, and one, times the weight r3; accumulators from r8 on.
#define THIMBLE_THREE(a, b, c)                                                                                     \
  "ldm r0!, {r4, r5, r6}\n\tmuls r4, r3\n\tadd " a ", r4\n\tmuls r5, r3\n\tadd " b ", r5\n\tmuls r6, r3\n\tadd " c \
  ", r6\n\t"
#define THIMBLE_ONE(a) "ldm r0!, {r4}\n\tmuls r4, r3\n\tadd " a ", r4\n\t"
#define THIMBLE_SIX_PIXELS THIMBLE_THREE("r8", "r9", "r10") THIMBLE_THREE("r11", "r12", "lr")
#define THIMBLE_FOUR_PIXELS THIMBLE_THREE("r8", "r9", "r10") THIMBLE_ONE("r11")
// Two weights: r1 + r2 and r1 + r7, which hold 0 and 1.
#define THIMBLE_TWO(pixels) "ldrsb r3, [r1, r2]\n\t" pixels "ldrsb r3, [r1, r7]\n\tadds r1, #2\n\t" pixels
#define THIMBLE_SIX_COPIES "mov r8, r4\n\tmov r9, r4\n\tmov r10, r4\n\tmov r11, r4\n\tmov r12, r4\n\tmov lr, r4\n\t"
#define THIMBLE_FOUR_COPIES "mov r8, r4\n\tmov r9, r4\n\tmov r10, r4\n\tmov r11, r4\n\t"
#define THIMBLE_SIX_SUMS                                                                                       \
  "mov r0, r8\n\tmov r1, r9\n\tmov r2, r10\n\tmov r3, r11\n\tmov r4, r12\n\tmov r5, lr\n\tadd r6, sp, #48\n\t" \
  "stm r6!, {r0, r1, r2, r3, r4, r5}\n\t"
#define THIMBLE_FOUR_SUMS                                                         \
  "mov r0, r8\n\tmov r1, r9\n\tmov r2, r10\n\tmov r3, r11\n\tadd r6, sp, #48\n\t" \
  "stm r6!, {r0, r1, r2, r3}\n\t"
#define THIMBLE_FOUR_OUTPUTS(output) output("48") output("52") output("56") output("60")
#define THIMBLE_SIX_OUTPUTS(output) THIMBLE_FOUR_OUTPUTS(output) output("64") output("68")
// The frame: the tile's first nine words at sp, [36] the tile, [40] the caller's sp, [44] floor, [48] accumulators,
// [72] where the loop is entered, in bytes from its begin, [76] whether at the second of two weights.
#define THIMBLE_TILE(bytes_of_one, bytes_of_two, copies, pixels, sums, outputs) \
  ".syntax unified\n\tpush {r7}\n\t"                                                                                 \
  "mov r7, sp\n\tmovs r1, r0\n\tmov r2, sp\n\tsubs r2, #84\n\tmovs r3, #7\n\tbics r2, r3\n\tmov sp, r2\n\t"          \
  "ldm r0!, {r3, r4, r5, r6}\n\tstm r2!, {r3, r4, r5, r6}\n\tldm r0!, {r3, r4, r5, r6}\n\t"                          \
  "stm r2!, {r3, r4, r5, r6}\n\tldm r0!, {r3}\n\tstm r2!, {r3}\n\tldr r0, [r1, #44]\n\t"                             \
  "stm r2!, {r1, r7}\n\tstr r0, [r2]\n\t"                                                                            \
  "ldr r3, [sp, #24]\n\tmovs r4, #1\n\tands r4, r3\n\tstr r4, [sp, #76]\n\tlsrs r3, r3, #1\n\t"                      \
  "movs r5, #" bytes_of_two "\n\tmuls r3, r5\n\tmovs r5, #" bytes_of_one "\n\tmuls r4, r5\n\tadds r3, r3, r4\n\t"    \
  "str r3, [sp, #72]\n"                                                                                              \
  "1:\n\t"                                                                                                           \
  "ldr r3, [sp, #8]\n\tldr r4, [r3]\n\tldr r5, [r3, #4]\n\tcmp r5, #0\n\tbge 2f\n\tb 6f\n"                           \
  "2:\n\t" copies                                                                                                    \
  "ldr r1, [sp, #4]\n\tldr r3, [sp, #76]\n\tsubs r1, r1, r3\n\tldr r0, [sp]\n\tmovs r2, #0\n\tmovs r7, #1\n\t"       \
  "ldr r3, [sp, #72]\n\tadd pc, r3\n\tnop\n"                                                                         \
  "10:\n\t" THIMBLE_TWO(pixels) THIMBLE_TWO(pixels) THIMBLE_TWO(pixels) THIMBLE_TWO(pixels)                          \
  "11:\n\t.if 11b - 10b != 4 * " bytes_of_two "\n\t.error \"bytes_of_two\"\n\t.endif\n\t"                            \
  "ldr r3, [sp, #20]\n\tcmp r0, r3\n\tbne 10b\n\t"                                                                   \
  "str r1, [sp, #4]\n\t" sums                                                                                        \
  "ldr r0, [sp, #8]\n\tldr r5, [r0, #4]\n\tcmp r5, #32\n\tblo 3f\n\tb 7f\n"                                          \
  "3:\n\t" THIMBLE_THUMB1_CHANNEL                                                                                           \
  "ldr r3, [sp, #12]\n\tldr r0, [sp, #16]\n\tmov r10, r0\n\tldr r0, [sp, #44]\n\tmov r9, r0\n\tcmp r0, #0\n\tbne 12f\n\tb 4f\n12:\n\t" \
  outputs(THIMBLE_THUMB1_OUTPUT_FROM_FLOOR) "b 5f\n"                        \
  "4:\n\t" outputs(THIMBLE_THUMB1_OUTPUT)                                                                                   \
  "5:\n\t" /* the next channel */                                                                                    \
  "ldr r0, [sp, #12]\n\tadds r0, #1\n\tstr r0, [sp, #12]\n\tldr r0, [sp, #8]\n\tadds r0, #16\n\tstr r0, [sp, #8]\n\t" \
  "ldr r1, [sp, #28]\n\tcmp r0, r1\n\tbeq 9f\n\tb 1b\n"                                                              \
  "6:\n\t" /* constant */                                                                                            \
  "ldr r1, [sp, #4]\n\tldr r3, [sp, #32]\n\tadds r1, r1, r3\n\tstr r1, [sp, #4]\n\tmovs r3, #0\n\tb 8f\n"            \
  "7:\n\t" /* by requantize() */                                                                                     \
  "add r3, sp, #48\n"                                                                                                \
  "8:\n\t"                                                                                                           \
  "ldr r0, [sp, #36]\n\tldr r1, [sp, #8]\n\tldr r2, [sp, #12]\n\tldr r4, [r0, #36]\n\tblx r4\n\tb 5b\n"              \
  "9:\n\t"                                                                                                           \
  "ldr r2, [sp, #40]\n\tmov sp, r2\n\tpop {r7}\n\t"

/// y[p][o] = requantized bias[o] + sum over k of x[k][p] * w[o][k], for the tile's pixels and channels.
/// Instructions, n inputs: six pixels 15.9 n + 60 a channel, four pixels 11.9 n + 50; and 26 an output, or 6 of those that are
/// -128 where that is zero.
template <int Pixels>
THIMBLE_NOINLINE void multiply_tile(arm_thumb1, const tile* t) {
  static_assert(Pixels == 6 || Pixels == 4);
  register const tile* r0 asm("r0") = t;
  if constexpr (Pixels == 6)
    asm volatile(THIMBLE_TILE("30", "62", THIMBLE_SIX_COPIES, THIMBLE_SIX_PIXELS, THIMBLE_SIX_SUMS, THIMBLE_SIX_OUTPUTS)
                 : "+r"(r0)
                 :
                 : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
  else
    asm volatile(
        THIMBLE_TILE("22", "46", THIMBLE_FOUR_COPIES, THIMBLE_FOUR_PIXELS, THIMBLE_FOUR_SUMS, THIMBLE_FOUR_OUTPUTS)
        : "+r"(r0)
        :
        : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}

#undef THIMBLE_THREE
#undef THIMBLE_ONE
#undef THIMBLE_SIX_PIXELS
#undef THIMBLE_FOUR_PIXELS
#undef THIMBLE_TWO
#undef THIMBLE_SIX_COPIES
#undef THIMBLE_FOUR_COPIES
#undef THIMBLE_SIX_SUMS
#undef THIMBLE_FOUR_SUMS
#undef THIMBLE_FOUR_OUTPUTS
#undef THIMBLE_SIX_OUTPUTS
#undef THIMBLE_TILE

// The activation r6 at place r4 times four channels, whose weights lie at r0 to r3.
#define THIMBLE_PRODUCT(row, sum) "ldrsb r7, [" row ", r4]\n\tmuls r7, r6\n\tadd " sum ", r7\n\t"
#define THIMBLE_ACTIVATION                                                                                     \
  "ldm r5!, {r4, r6}\n\t" THIMBLE_PRODUCT("r0", "r8") THIMBLE_PRODUCT("r1", "r9") THIMBLE_PRODUCT("r2", "r10") \
      THIMBLE_PRODUCT("r3", "r11")

/// As quad says. 13.5 instructions an activation, and 30.
THIMBLE_NOINLINE inline void multiply_quad(arm_thumb1, quad* q) {
  register quad* r0 asm("r0") = q;
  asm volatile(
      ".syntax unified\n\tpush {r7}\n\tmov lr, r0\n\tldr r5, [r0]\n\tldr r4, [r0, #4]\n\tmov r12, r4\n\t"
      "ldr r6, [r0, #16]\n\tldm r6!, {r1, r2, r3, r4}\n\tmov r8, r1\n\tmov r9, r2\n\tmov r10, r3\n\tmov r11, r4\n\t"
      "ldr r4, [r0, #12]\n\tldr r0, [r0, #8]\n\tadds r1, r0, r4\n\tadds r2, r1, r4\n\tadds r3, r2, r4\n"
      "1:\n\t" THIMBLE_ACTIVATION THIMBLE_ACTIVATION THIMBLE_ACTIVATION THIMBLE_ACTIVATION
      "cmp r5, r12\n\tbne 1b\n\t"
      "mov r0, lr\n\tadds r0, #20\n\tmov r1, r8\n\tmov r2, r9\n\tmov r3, r10\n\tmov r4, r11\n\t"
      "stm r0!, {r1, r2, r3, r4}\n\tpop {r7}\n\t"
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}

#undef THIMBLE_PRODUCT
#undef THIMBLE_ACTIVATION

}  // namespace thimble::kernels::thumb

#endif
