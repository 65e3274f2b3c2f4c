// The filter of depthwise convolutions on Armv6-M: four outputs at a time.
#pragma once
#include <thimble/kernels/arm_thumb/plane.hpp>
#include <thimble/kernels/arm_thumb1/outputs.hpp>

#if defined(THIMBLE_THUMB) && THIMBLE_THUMB == 1

namespace thimble::kernels::thumb {

/// The outputs that filter_plane makes in one go.
constexpr int plane_group(arm_thumb1, int) { return 4; }

/// A row of one channel: values `step` bytes apart. The assembly knows the offsets.
struct gathered_row {
  std::int32_t* to;
  std::int32_t* end;  ///< a multiple of three after `to`
  const std::int8_t* from;
  int step;
};
/// 2.3 instructions a value.
THIMBLE_NOINLINE inline void gather_threes(gathered_row* row) {
  register gathered_row* r0 asm("r0") = row;
  asm volatile(
      ".syntax unified\n\tpush {r7}\n\tldm r0!, {r1, r2, r3, r4}\n\tmov r12, r2\n\tsubs r3, r3, r4\n\t"
      "adds r5, r4, r4\n\tadds r6, r5, r4\n"
      "1:\n\tldrsb r0, [r3, r4]\n\tldrsb r2, [r3, r5]\n\tldrsb r7, [r3, r6]\n\tadds r3, r3, r6\n\t"
      "stm r1!, {r0, r2, r7}\n\tcmp r1, r12\n\tbne 1b\n\tpop {r7}\n\t"
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r12", "cc", "memory");
}
/// One channel's values of some rows, `step` bytes from value to value, `next` from row to row.
THIMBLE_NOINLINE inline void gather(arm_thumb1, std::int32_t* to, int width, const std::int8_t* from, int step,
                                    int next, int count, int rows) {
  const int threes = count / 3 * 3;
  for (; rows > 0; --rows, to += width, from += next) {
    gathered_row row{to, to + threes, from, step};
    if (threes != 0) gather_threes(&row);
    for (int i = threes; i < count; ++i) to[i] = from[i * step];
  }
}

// A weight r3 times the values of four outputs. r0: the first output's value, r8 to r11: accumulators.
#define THIMBLE_FOUR                                                                                        \
  "muls r4, r3\n\tadd r8, r4\n\tmuls r5, r3\n\tadd r9, r5\n\tmuls r6, r3\n\tadd r10, r6\n\tmuls r7, r3\n\t" \
  "add r11, r7\n\t"
#define THIMBLE_LAST_TAP "ldm r1!, {r3}\n\tldm r0!, {r4, r5, r6, r7}\n\t" THIMBLE_FOUR
#define THIMBLE_TAP THIMBLE_LAST_TAP "subs r0, #12\n\t"
#define THIMBLE_TAP_OF_TWO(a, b, c, d)                                                                        \
  "ldm r1!, {r3}\n\tldr r4, [r0, #" a "]\n\tldr r5, [r0, #" b "]\n\tldr r6, [r0, #" c "]\n\tldr r7, [r0, #" d \
  "]\n\t" THIMBLE_FOUR
#define THIMBLE_3_TAPS THIMBLE_TAP THIMBLE_TAP THIMBLE_LAST_TAP
#define THIMBLE_5_TAPS THIMBLE_TAP THIMBLE_TAP THIMBLE_3_TAPS
#define THIMBLE_7_TAPS THIMBLE_TAP THIMBLE_TAP THIMBLE_5_TAPS
#define THIMBLE_3_TAPS_OF_TWO               \
  THIMBLE_TAP_OF_TWO("0", "8", "16", "24")  \
  THIMBLE_TAP_OF_TWO("4", "12", "20", "28") \
  THIMBLE_TAP_OF_TWO("8", "16", "24", "32")
#define THIMBLE_5_TAPS_OF_TWO \
  THIMBLE_3_TAPS_OF_TWO THIMBLE_TAP_OF_TWO("12", "20", "28", "36") THIMBLE_TAP_OF_TWO("16", "24", "32", "40")
#define THIMBLE_7_TAPS_OF_TWO \
  THIMBLE_5_TAPS_OF_TWO THIMBLE_TAP_OF_TWO("20", "28", "36", "44") THIMBLE_TAP_OF_TWO("24", "32", "40", "48")
// Outputs 3 to 0, from the one that r0 outputs begin with.
#define THIMBLE_OUTPUTS(output)                                                                   \
  "cmp r0, #2\n\tblo 20f\n\tbeq 21f\n\tcmp r0, #3\n\tbeq 22f\n\t" output("108") "22:\n\t" output( \
      "104") "21:\n\t" output("100") "20:\n\t" output("96")
// What is done with the sums of r0 outputs.
#define THIMBLE_BYTES \
  "ldr r1, [sp, #32]\n\tmov r8, r1\n\tldr r1, [sp, #16]\n\trsbs r2, r1, #0\n\tmov r10, r2\n\tmuls r1, r0\n\t"       \
  "ldr r3, [sp, #12]\n\tadds r3, r3, r1\n\tstr r3, [sp, #12]\n\tadd r3, r10\n\t"                                    \
  "add r1, sp, #80\n\tldm r1!, {r4, r5, r6, r7}\n\tldr r1, [sp, #52]\n\tmov r9, r1\n\tcmp r1, #0\n\tbeq 5f\n\t"     \
  THIMBLE_OUTPUTS(THIMBLE_THUMB1_OUTPUT_FROM_FLOOR) "b 7f\n"                                                                \
  "5:\n\t" THIMBLE_OUTPUTS(THIMBLE_THUMB1_OUTPUT)
// To y in int32, each a step of four bytes.
#define THIMBLE_SUMS                                                                                          \
  "ldr r3, [sp, #12]\n\tadd r1, sp, #96\n30:\n\tldm r1!, {r2}\n\tstm r3!, {r2}\n\tsubs r0, #1\n\tbne 30b\n\t" \
  "str r3, [sp, #12]\n"
// The frame: the plane's first 14 words at sp, then [56] w, [60] its end, [64] the caller's sp, [68] the end of x in whole groups,
// [72] from behind the values of one row of taps to the next, [76] outputs in work, [80] what THIMBLE_THUMB1_CHANNEL makes, [96] sums.
#define THIMBLE_PLANE(taps, stride_log, behind, row_of_taps, finish)                                             \
  ".syntax unified\n\tpush {r7}\n\tmov r7, sp\n\tmov r2, sp\n\tsubs r2, #112\n\tmovs r3, #7\n\tbics r2, r3\n\t"  \
  "mov sp, r2\n\tldm r0!, {r3, r4, r5, r6}\n\tstm r2!, {r3, r4, r5, r6}\n\tldm r0!, {r3, r4, r5, r6}\n\t"        \
  "stm r2!, {r3, r4, r5, r6}\n\tldm r0!, {r3, r4, r5, r6}\n\tstm r2!, {r3, r4, r5, r6}\n\tldm r0!, {r3, r4}\n\t" \
  "stm r2!, {r3, r4}\n\tmovs r3, #4 * " taps " * " taps                                                          \
  "\n\tadds r3, r3, r0\n\tmov r12, r3\n\t"                                                                       \
  "stm r2!, {r0, r3, r7}\n\tldr r3, [sp, #4]\n\tsubs r3, #" behind                                               \
  "\n\tstr r3, [sp, #72]\n\t"                                                                                    \
  "add r0, sp, #20\n\tldr r5, [r0, #4]\n\t" THIMBLE_THUMB1_CHANNEL                                               \
  "add r0, sp, #80\n\tstm r0!, {r4, r5, r6, r7}\n"                                                               \
  "1:\n\tldr r0, [sp]\n\tldr r1, [sp, #36]\n\tadds r1, r1, r0\n\tstr r1, [sp, #68]\n"                            \
  "2:\n\tmovs r3, #4\n\tldr r0, [sp]\n\tldr r1, [sp, #68]\n\tcmp r0, r1\n\tbne 3f\n\t"                           \
  "ldr r3, [sp, #40]\n\tcmp r3, #0\n\tbne 3f\n\tb 6f\n"                                                          \
  "3:\n\tstr r3, [sp, #76]\n\tldr r3, [sp, #20]\n\tmov r8, r3\n\tmov r9, r3\n\tmov r10, r3\n\tmov r11, r3\n\t"   \
  "ldr r1, [sp, #56]\n\tldr r2, [sp, #72]\n"                                                                     \
  "4:\n\t" row_of_taps                                                                                           \
  "adds r0, r0, r2\n\tcmp r1, r12\n\tbne 4b\n\t"                                                                 \
  "mov r0, r8\n\tmov r1, r9\n\tmov r2, r10\n\tmov r3, r11\n\tadd r4, sp, #96\n\tstm r4!, {r0, r1, r2, r3}\n\t"   \
  "ldr r0, [sp, #76]\n\tldr r1, [sp]\n\tlsls r2, r0, #2 + " stride_log                                           \
  "\n\tadds r1, r1, r2\n\tstr r1, [sp]\n\t" finish                                                               \
  "7:\n\tldr r0, [sp, #76]\n\tcmp r0, #4\n\tbne 6f\n\tb 2b\n"                                                    \
  "6:\n\tldr r0, [sp]\n\tldr r1, [sp, #8]\n\tadds r0, r0, r1\n\tstr r0, [sp]\n\tldr r0, [sp, #12]\n\t"           \
  "ldr r1, [sp, #48]\n\tadds r0, r0, r1\n\tstr r0, [sp, #12]\n\tldr r0, [sp, #44]\n\tsubs r0, #1\n\t"            \
  "str r0, [sp, #44]\n\tbeq 8f\n\tb 1b\n"                                                                        \
  "8:\n\tldr r2, [sp, #64]\n\tmov sp, r2\n\tpop {r7}\n\t"
#define THIMBLE_FILTER(taps, stride_log, behind, row_of_taps)                                                         \
  if constexpr (Sums)                                                                                                 \
    asm volatile(THIMBLE_PLANE(taps, stride_log, behind, row_of_taps, THIMBLE_SUMS) : "+r"(r0) : : THIMBLE_CLOBBERS); \
  else                                                                                                                \
    asm volatile(THIMBLE_PLANE(taps, stride_log, behind, row_of_taps, THIMBLE_BYTES) : "+r"(r0) : : THIMBLE_CLOBBERS)
#define THIMBLE_CLOBBERS "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory"

/// y = requantized bias + sum over taps of x * w. Instructions for an output: 2.75 a tap (3.25 at stride 2), 10, and 26, or 6 if it
/// is -128 where that is zero. A group that is not whole reads up to six values behind the plane's. Sums: y int32 = accumulators, side
/// by side, and may begin where the plane does.
template <int Taps, int Stride, bool Sums = false>
THIMBLE_NOINLINE void filter_plane(arm_thumb1, const plane* p) {
  static_assert((Taps == 3 || Taps == 5 || Taps == 7) && (Stride == 1 || Stride == 2));
  register const plane* r0 asm("r0") = p;
  if constexpr (Taps == 3 && Stride == 1) {
    THIMBLE_FILTER("3", "0", "24", THIMBLE_3_TAPS);
  } else if constexpr (Taps == 5 && Stride == 1) {
    THIMBLE_FILTER("5", "0", "32", THIMBLE_5_TAPS);
  } else if constexpr (Taps == 7 && Stride == 1) {
    THIMBLE_FILTER("7", "0", "40", THIMBLE_7_TAPS);
  } else if constexpr (Taps == 3) {
    THIMBLE_FILTER("3", "1", "0", THIMBLE_3_TAPS_OF_TWO);
  } else if constexpr (Taps == 5) {
    THIMBLE_FILTER("5", "1", "0", THIMBLE_5_TAPS_OF_TWO);
  } else {
    THIMBLE_FILTER("7", "1", "0", THIMBLE_7_TAPS_OF_TWO);
  }
}

#undef THIMBLE_FOUR
#undef THIMBLE_LAST_TAP
#undef THIMBLE_TAP
#undef THIMBLE_TAP_OF_TWO
#undef THIMBLE_3_TAPS
#undef THIMBLE_5_TAPS
#undef THIMBLE_7_TAPS
#undef THIMBLE_3_TAPS_OF_TWO
#undef THIMBLE_5_TAPS_OF_TWO
#undef THIMBLE_7_TAPS_OF_TWO
#undef THIMBLE_OUTPUTS
#undef THIMBLE_PLANE
#undef THIMBLE_FILTER
#undef THIMBLE_CLOBBERS
#undef THIMBLE_BYTES
#undef THIMBLE_SUMS

}  // namespace thimble::kernels::thumb

#endif
