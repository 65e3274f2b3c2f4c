// Requantization on Armv6-M, in assembly: what tiles and planes end with.
#pragma once
#include <thimble/target/target.hpp>

#if defined(THIMBLE_THUMB) && THIMBLE_THUMB == 1

// Beforehand: r0 the channel, r5 its kind; afterwards its mantissa is 2^16 r5 + r4, r7 = 2 r5, r6 its kind, r8 its addend.
#define THIMBLE_THUMB1_CHANNEL                                                                 \
  "movs r6, r5\n\tldr r1, [r0, #12]\n\tmov r8, r1\n\tldr r4, [r0, #8]\n\tlsrs r5, r4, #17\n\t" \
  "adds r7, r5, r5\n\tlsrs r4, r4, #1\n\tuxth r4, r4\n\t"
// r2 = the accumulator r0 times the mantissa / 2^31, as high_product (arm_thumb1) has it: the shift by 15 leaves the half in the
// carry, and products leave it there.
#define THIMBLE_THUMB1_HIGH_PRODUCT                                                                          \
  "sxth r1, r0\n\tsubs r0, r0, r1\n\tasrs r0, r0, #16\n\tmovs r2, r1\n\tmuls r2, r4\n\tasrs r2, r2, #16\n\t" \
  "muls r1, r5\n\tadds r2, r2, r1\n\tmovs r1, r0\n\tmuls r1, r4\n\tadds r2, r2, r1\n\tmuls r0, r7\n\t"       \
  "asrs r2, r2, #15\n\tadcs r2, r0\n\t"
// The output of the accumulator at sp + at, as channel says, to r3, which then moves by r10. 26 instructions.
#define THIMBLE_THUMB1_OUTPUT(at)                                                                             \
  "ldr r0, [sp, #" at "]\n\t" THIMBLE_THUMB1_HIGH_PRODUCT                                                     \
  "asrs r0, r2, #31\n\tadds r2, r2, r0\n\tadd r2, r8\n\t"                                                     \
  "asrs r2, r6\n\tsxtb r0, r2\n\tcmp r0, r2\n\tbeq 30f\n\tasrs r2, r2, #31\n\tmovs r0, #127\n\teors r2, r0\n" \
  "30:\n\tstrb r2, [r3]\n\tadd r3, r10\n\t"
// The same where the output's zero point is -128, which r9 holds: sums that are not positive make that. 23 instructions, or 6.
#define THIMBLE_THUMB1_OUTPUT_FROM_FLOOR(at)                                                     \
  "ldr r0, [sp, #" at "]\n\tmov r2, r9\n\tcmp r0, #0\n\tble 30f\n\t" THIMBLE_THUMB1_HIGH_PRODUCT \
  "add r2, r8\n\tasrs r2, r6\n\tcmp r2, #127\n\tble 30f\n\tmovs r2, #127\n30:\n\tstrb r2, [r3]\n\tadd r3, r10\n\t"

#endif
