// Eight or four output pixels times any number of output channels: the inner loop of convolutions.
#pragma once
#include <cstddef>

#include <thimble/kernels/arm_dsp/channels.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels::dsp {

/// The activations of a tile, widened to int16 with the zero point subtracted: for each four inputs k, for each pixel,
/// {x[k], x[k + 2]}, {x[k + 1], x[k + 3]}, so that weights unpack into the same pairs in two instructions. Inputs past the
/// last are zero, to a multiple of four.
constexpr int padded4(int n) { return (n + 3) / 4 * 4; }

/// One call of multiply_tile. The assembly below knows the offsets.
struct tile {
  const std::uint32_t* x;
  int entry;  ///< where the loop, unrolled by four, is entered: -(words of weights) mod 4
  const channel* next;
  std::int8_t* y;  ///< of the first channel in the first pixel
  int y_step;      ///< bytes from pixel to pixel
  const std::uint32_t* x_end;
  const std::int8_t* w;  ///< of the first channel
  const channel* end;
  int w_skip;  ///< bytes from the last word read of one channel's weights to the first of the next; at most 0
  int w_row;   ///< bytes from one channel's weights to the next
  /// Finishes a channel that is not regular. `sums`: its accumulators, or null for constant_kind.
  void (*rare)(const tile* t, const channel* c, std::int8_t* y, const std::int32_t* sums);
  const void* context;  ///< of `rare`
  int clipped;          ///< masked: bytes from an output in the first pixel to its channel's bits, of each pixel one
};
static_assert(sizeof(void*) != 4 || (offsetof(tile, rare) == 40 && offsetof(tile, clipped) == 48));

// One word of weights, its four products with each pixel. r4 to r11: accumulators.
#define THIMBLE_PIXEL(r) "ldrd r12, lr, [r0], #8\n\tsmlad " r ", r12, r2, " r "\n\tsmlad " r ", lr, r3, " r "\n\t"
#define THIMBLE_WEIGHTS "ldr.w r3, [r1], #4\n\tsxtb16 r2, r3\n\tsxtb16 r3, r3, ror #8\n\t"
#define THIMBLE_OUTPUT(r, at)                                                                                         \
  "smmlar " r ", " r ", r3, " r "\n\tadd.w " r ", " r ", " r ", asr #31\n\tqadd " r ", " r ", r12\n\tasr.w " r ", " r \
  ", r2\n\tssat " r ", #8, " r "\n\tstrb.w " r ", [lr" at "]\n\t"
#define THIMBLE_FOUR_COPIES "mov r5, r4\n\tmov r6, r4\n\tmov r7, r4\n\t"
#define THIMBLE_EIGHT_COPIES THIMBLE_FOUR_COPIES "mov r8, r4\n\tmov r9, r4\n\tmov r10, r4\n\tmov r11, r4\n\t"
#define THIMBLE_FOUR_PIXELS THIMBLE_PIXEL("r4") THIMBLE_PIXEL("r5") THIMBLE_PIXEL("r6") THIMBLE_PIXEL("r7")
#define THIMBLE_EIGHT_PIXELS \
  THIMBLE_FOUR_PIXELS THIMBLE_PIXEL("r8") THIMBLE_PIXEL("r9") THIMBLE_PIXEL("r10") THIMBLE_PIXEL("r11")
#define THIMBLE_FOUR_OUTPUTS   \
  THIMBLE_OUTPUT("r4", "")     \
  THIMBLE_OUTPUT("r5", ", r0") \
  THIMBLE_OUTPUT("r6", ", r0, lsl #1") "add lr, lr, r0, lsl #1\n\t" THIMBLE_OUTPUT("r7", ", r0")
#define THIMBLE_EIGHT_OUTPUTS                                                                         \
  THIMBLE_FOUR_OUTPUTS THIMBLE_OUTPUT("r8", ", r0, lsl #1")                                           \
      THIMBLE_OUTPUT("r10", ", r0, lsl #2") "add lr, lr, r0\n\t" THIMBLE_OUTPUT("r9", ", r0, lsl #1") \
          THIMBLE_OUTPUT("r11", ", r0, lsl #2")
// Masked: outputs are saturated to nine bits first, whose upper two differ where int8 clips. The pairs {p, p + 4} of pixels in r4 to
// r7 then become bits 8 to 11 and 24 to 27, and these a byte.
#define THIMBLE_NINE_BITS(r)                                                                                          \
  "smmlar " r ", " r ", r3, " r "\n\tadd.w " r ", " r ", " r ", asr #31\n\tqadd " r ", " r ", r12\n\tasr.w " r ", " r \
  ", r2\n\tssat " r ", #9, " r "\n\t"
#define THIMBLE_EIGHT_BITS(r, at) "ssat r2, #8, " r "\n\tstrb.w r2, [lr" at "]\n\t"
#define THIMBLE_FOUR_MASKED        \
  THIMBLE_NINE_BITS("r4")          \
  THIMBLE_NINE_BITS("r5")          \
  THIMBLE_NINE_BITS("r6")          \
  THIMBLE_NINE_BITS("r7")          \
  THIMBLE_EIGHT_BITS("r4", "")     \
  THIMBLE_EIGHT_BITS("r5", ", r0") \
  THIMBLE_EIGHT_BITS("r6", ", r0, lsl #1") "add lr, lr, r0, lsl #1\n\t" THIMBLE_EIGHT_BITS("r7", ", r0")
#define THIMBLE_EIGHT_MASKED \
  THIMBLE_NINE_BITS("r8") THIMBLE_NINE_BITS("r9") THIMBLE_NINE_BITS("r10") THIMBLE_NINE_BITS("r11")                    \
  THIMBLE_FOUR_MASKED THIMBLE_EIGHT_BITS("r8", ", r0, lsl #1") THIMBLE_EIGHT_BITS("r10", ", r0, lsl #2")               \
  "add lr, lr, r0\n\t" THIMBLE_EIGHT_BITS("r9", ", r0, lsl #1") THIMBLE_EIGHT_BITS("r11", ", r0, lsl #2")             \
  "pkhbt r4, r4, r8, lsl #16\n\tpkhbt r5, r5, r9, lsl #16\n\tpkhbt r6, r6, r10, lsl #16\n\t"                        \
  "pkhbt r7, r7, r11, lsl #16\n\t"
#define THIMBLE_CLIPPED                                                                                       \
  "mov.w r3, #0x01000100\n\tldr r2, [sp, #12]\n\tldr r12, [sp, #44]\n\t"                                      \
  "eor r4, r4, r4, lsl #1\n\teor r5, r5, r5, lsl #1\n\teor r6, r6, r6, lsl #1\n\teor r7, r7, r7, lsl #1\n\t"  \
  "and r4, r4, r3\n\tand r5, r5, r3\n\tand r6, r6, r3\n\tand r7, r7, r3\n\t"                                  \
  "orr r4, r4, r5, lsl #1\n\torr r4, r4, r6, lsl #2\n\torr r4, r4, r7, lsl #3\n\torr r4, r4, r4, lsr #12\n\t" \
  "lsr r4, r4, #8\n\tstrb r4, [r2, r12]\n\t"
// The frame: the tile's first nine words at sp, `next` and `end` 4 bytes on, at the kinds; then [36] the tile, [40] the caller's sp,
// [44] tile::clipped, [48] the accumulators for `rare`.
#define THIMBLE_TILE(first_copy, pixels, outputs)                                                                                       \
  "push {r7, r11}\n\t"                                                                                                                  \
  "mov r2, sp\n\tsub r3, r2, #80\n\tbic r3, r3, #7\n\tmov sp, r3\n\tstr r0, [sp, #36]\n\tstr r2, [sp, #40]\n\t"                         \
  "ldm r0, {r1, r2, r3, r4, r5, r6, r7, r8, r9}\n\tadds r3, #4\n\tadd.w r8, r8, #4\n\tstm sp, {r1, r2, r3, r4, r5, r6, r7, r8, r9}\n\t" \
  "ldr r12, [r0, #48]\n\tstr r12, [sp, #44]\n\t"                                                                                        \
  "mov r1, r7\n\tmov r2, r3\n"                                                                                                          \
  "1:\n\t" /* channel's kind r2, weights r1 */                                                                                          \
  "ldrd r4, lr, [r2, #-4]\n\tcmp lr, #0\n\tblt 6f\n\tldrd r0, r12, [sp]\n\t" first_copy                                                 \
  "tbb [pc, r12]\n"                                                                                                                     \
  "2: .byte (10f - 2b) / 2, (11f - 2b) / 2, (12f - 2b) / 2, (13f - 2b) / 2\n"                                                           \
  "10:\n\t" THIMBLE_WEIGHTS pixels "\n11:\n\t" THIMBLE_WEIGHTS pixels "\n12:\n\t" THIMBLE_WEIGHTS pixels                                \
  "\n13:\n\t" THIMBLE_WEIGHTS pixels                                                                                                    \
  "ldr r12, [sp, #20]\n\tcmp r0, r12\n\tbne 10b\n\t"                                                                                    \
  "ldr r0, [sp, #8]\n\tldm r0, {r2, r3, r12}\n\tcmp r2, #32\n\tbhs 7f\n\t"                                                              \
  "ldrd lr, r0, [sp, #12]\n\t" outputs                                                                                                  \
  "5:\n\t" /* the next channel; end r12 */                                                                                              \
  "ldrd r12, r3, [sp, #28]\n\tadd r1, r1, r3\n"                                                                                         \
  "8:\n\t"                                                                                                                              \
  "ldrd r2, r3, [sp, #8]\n\tadds r2, #16\n\tadds r3, #1\n\tstrd r2, r3, [sp, #8]\n\tcmp r2, r12\n\tbne 1b\n\t"                          \
  "ldr r2, [sp, #40]\n\tmov sp, r2\n\tpop {r7, r11}\n\tb 9f\n"                                                                          \
  "6:\n\t" /* constant */                                                                                                               \
  "ldr r0, [sp, #36]\n\tldr r12, [r0, #36]\n\tadd r4, r1, r12\n\tldrd r1, r2, [sp, #8]\n\tsubs r1, #4\n\t"                              \
  "movs r3, #0\n\tldr r12, [r0, #40]\n\tblx r12\n\tmov r1, r4\n\tldr r12, [sp, #28]\n\tb 8b\n"                                          \
  "7:\n\t" /* by requantize() */                                                                                                        \
  "add r3, sp, #48\n\tstm r3, {r4, r5, r6, r7, r8, r9, r10, r11}\n\tmov r4, r1\n\t"                                                     \
  "ldr r0, [sp, #36]\n\tldrd r1, r2, [sp, #8]\n\tsubs r1, #4\n\tldr r12, [r0, #40]\n\tblx r12\n\tmov r1, r4\n\tb 5b\n"                  \
  "9:\n\t"

/// y[p][o] = requantized bias[o] + sum over k of x[p][k] * w[o][k], for the tile's pixels and channels.
/// Instructions, n inputs: eight pixels 6.9 n + 95 a channel, masked 6.9 n + 125; four pixels 3.9 n + 60.
template <int Pixels, bool Masked>
THIMBLE_NOINLINE void multiply_tile(const tile* t) {
  static_assert(Pixels == 8 || Pixels == 4);
  register const tile* r0 asm("r0") = t;
#define THIMBLE_RUN(...)                 \
  asm volatile(THIMBLE_TILE(__VA_ARGS__) \
               : "+r"(r0)                \
               :                         \
               : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory")
  if constexpr (Pixels == 8 && Masked)
    THIMBLE_RUN(THIMBLE_EIGHT_COPIES, THIMBLE_EIGHT_PIXELS, THIMBLE_EIGHT_MASKED THIMBLE_CLIPPED);
  else if constexpr (Pixels == 8)
    THIMBLE_RUN(THIMBLE_EIGHT_COPIES, THIMBLE_EIGHT_PIXELS, THIMBLE_EIGHT_OUTPUTS);
  else if constexpr (Masked)
    THIMBLE_RUN(THIMBLE_FOUR_COPIES, THIMBLE_FOUR_PIXELS, THIMBLE_FOUR_MASKED THIMBLE_CLIPPED);
  else
    THIMBLE_RUN(THIMBLE_FOUR_COPIES, THIMBLE_FOUR_PIXELS, THIMBLE_FOUR_OUTPUTS);
#undef THIMBLE_RUN
}

#undef THIMBLE_PIXEL
#undef THIMBLE_WEIGHTS
#undef THIMBLE_OUTPUT
#undef THIMBLE_FOUR_PIXELS
#undef THIMBLE_EIGHT_PIXELS
#undef THIMBLE_FOUR_OUTPUTS
#undef THIMBLE_EIGHT_OUTPUTS
#undef THIMBLE_FOUR_COPIES
#undef THIMBLE_EIGHT_COPIES
#undef THIMBLE_NINE_BITS
#undef THIMBLE_EIGHT_BITS
#undef THIMBLE_FOUR_MASKED
#undef THIMBLE_EIGHT_MASKED
#undef THIMBLE_CLIPPED
#undef THIMBLE_TILE

/// The masks of eight channels in each pixel of a tile, `step` bytes from pixel to pixel: the bits of tile::clipped transposed (Hacker's
/// Delight, 7-3) and turned.
THIMBLE_INLINE void store_masks(std::uint8_t* mask, int step, const std::uint8_t* clipped, int pixels) {
  std::uint32_t low = load(clipped), high = load(clipped + 4);
  const auto swap_within = [](std::uint32_t v) THIMBLE_LAMBDA_INLINE {
    std::uint32_t t = (v ^ v >> 7) & 0x00aa00aa;
    v ^= t ^ t << 7;
    t = (v ^ v >> 14) & 0x0000cccc;
    return v ^ t ^ t << 14;
  };
  low = swap_within(low);
  high = swap_within(high);
  const std::uint32_t t = (low ^ high << 4) & 0xf0f0f0f0;
  low = ~(low ^ t);
  high = ~(high ^ t >> 4);
  for (int p = 0; p < 4; ++p, mask += step) *mask = static_cast<std::uint8_t>(low >> 8 * p);
  if (pixels == 4) return;
  for (int p = 0; p < 4; ++p, mask += step) *mask = static_cast<std::uint8_t>(high >> 8 * p);
}

}  // namespace thimble::kernels::dsp

#endif
