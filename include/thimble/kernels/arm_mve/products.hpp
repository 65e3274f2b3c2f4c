// Sums of products of three rows of int16 and two of int8: the inner loop of gradients.
#pragma once
#include <cstddef>
#include <cstdint>

#include <thimble/config.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels::mve {

/// What is done with the sums of a tile: written, or added to what is there, as gradients; or kept as they are.
enum class sums_are { written, added, kept };

/// One call of multiply_rows. The assembly below knows the offsets; it copies all of it.
struct row_products {
  const std::int16_t* t[3];
  const std::int8_t* w[2];
  int n;     ///< products of a sum, at least 1
  int next;  ///< bytes from row to row: of t; of w, if sums are kept. What n takes in eights
  int tiles;
  unsigned char* to;
  int to_next;         ///< bytes from tile to tile; if sums are kept, from row to row of sums
  std::int32_t shift;  ///< under 0: to the right
  std::int32_t zeros[2];
  std::uint16_t offsets[8];  ///< where gradients lie: of t's rows 0, 2, 1, 2 with w's first row, and with its second
};
static_assert(sizeof(void*) != 4 || (offsetof(row_products, n) == 20 && offsetof(row_products, shift) == 40 &&
                                     offsetof(row_products, offsets) == 52 && sizeof(row_products) == 68));

/// sum[r][j] = sum over k < n of t[r][k] * w[j][k], in int32. A gradient is saturate16(round(sum * 2^shift)), halves up, its tiles take
/// the next three rows of t. If sums are kept, tiles take the next two rows of w, and sum[r][j] is int32 at
/// to + r * to_next + 4 * j, the next tile's behind. 12 instructions for eight products of each of the six, and 27 (written).
template <sums_are Kind>
THIMBLE_NOINLINE void multiply_rows(const row_products* p) {
  register const row_products* r0 asm("r0") = p;
  asm volatile(
      R"(
        push {r7, r11}
        sub sp, sp, #56
        add r1, r0, #52
        vldrh.16 q3, [r1]
        vldrw.32 q0, [r0]
        vldrw.32 q1, [r0, #16]
        vldrw.32 q2, [r0, #32]
        ldr r1, [r0, #48]
        vstrw.32 q0, [sp]
        vstrw.32 q1, [sp, #16]
        vstrw.32 q2, [sp, #32]
        str r1, [sp, #48]
        ldrd r5, r7, [sp, #0]
        ldrd r9, r1, [sp, #8]
        ldrd r3, r12, [sp, #16]
        ldr r11, [sp, #32]
      1:
        ldrd r0, r2, [sp, #44]
        ldrd r4, r6, [sp, #44]
        ldrd r8, r10, [sp, #44]
        dlstp.16 lr, r12
      2:
        vldrh.16 q0, [r5], #16
        vldrb.s16 q1, [r1], #8
        vmladava.s16 r0, q0, q1
        vldrb.s16 q2, [r3], #8
        vmladava.s16 r2, q0, q2
        vldrh.16 q0, [r7], #16
        vmladava.s16 r4, q0, q1
        vmladava.s16 r6, q0, q2
        vldrh.16 q0, [r9], #16
        vmladava.s16 r8, q0, q1
        vmladava.s16 r10, q0, q2
        letp lr, 2b
        .if %c[kept]
          strd r0, r2, [r11]
          ldrd r0, r2, [sp, #24]
          ldr r5, [sp, #36]
          add r7, r11, r5
          strd r4, r6, [r7]
          add r7, r7, r5
          strd r8, r10, [r7]
          add r11, r11, #8
          mov r1, r3
          add r3, r3, r0
          ldrd r5, r7, [sp, #0]
          ldr r9, [sp, #8]
        .else
          vmov q0[2], q0[0], r0, r2
          vmov q0[3], q0[1], r4, r6
          vmov q1[2], q1[0], r8, r10
          vmov q1[3], q1[1], r8, r10
          ldr r0, [sp, #40]
          vrshl.s32 q0, r0
          vrshl.s32 q1, r0
          vqmovnb.s32 q2, q0
          vqmovnt.s32 q2, q1
          .if %c[added]
            vldrh.u16 q0, [r11, q3]
            vqadd.s16 q2, q2, q0
          .endif
          vstrh.16 q2, [r11, q3]
          ldrd r0, r2, [sp, #24]
          ldr r4, [sp, #36]
          add r11, r11, r4
          mov r5, r9
          add r7, r5, r0
          add r9, r7, r0
          ldrd r1, r3, [sp, #12]
        .endif
        subs r2, r2, #1
        str r2, [sp, #28]
        bne 1b
        add sp, sp, #56
        pop {r7, r11}
)"
      : "+r"(r0)
      : [kept] "i"(Kind == sums_are::kept ? 1 : 0), [added] "i"(Kind == sums_are::added ? 1 : 0)
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory", "d0", "d1", "d2", "d3",
        "d4", "d5", "d6", "d7");
}

}  // namespace thimble::kernels::mve

#endif
