// One output pixel times any number of output channels: dense layers, and what tiles leave over.
#pragma once
#include <cstddef>

#include <thimble/kernels/access.hpp>
#include <thimble/kernels/arm_dsp/words.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels::dsp {

/// Four channels of one pixel. The assembly below knows the offsets.
struct quad {
  const std::uint32_t* x;  ///< widened as a tile of one pixel
  const std::uint32_t* x_end;
  const std::int8_t* w;  ///< of the first channel; the others follow `row` bytes apart
  int row;
  int entry;                 ///< where the loop, unrolled by four, is entered: -(words of weights) mod 4
  const std::int32_t* bias;  ///< four
  std::int32_t sums[4];
};
static_assert(sizeof(void*) != 4 || offsetof(quad, sums) == 24);

#define THIMBLE_CHANNEL(sum, address)                                                                    \
  "ldr.w r10, " address "\n\tsxtb16 r11, r10\n\tsxtb16 r10, r10, ror #8\n\tsmlad " sum ", r8, r11, " sum \
  "\n\tsmlad " sum ", r9, r10, " sum "\n\t"
#define THIMBLE_CHANNELS                                                                          \
  "ldrd r8, r9, [r0], #8\n\t" THIMBLE_CHANNEL("r5", "[r1, r3]") THIMBLE_CHANNEL("r4", "[r1], #4") \
      THIMBLE_CHANNEL("r7", "[r2, r3]") THIMBLE_CHANNEL("r6", "[r2], #4")

/// sums[j] = bias[j] + sum over k of x[k] * w[j][k]. 5.4 instructions for four products, and 25.
THIMBLE_NOINLINE inline void multiply_quad(quad* q) {
  register quad* r0 asm("r0") = q;
  asm volatile(
      "push {r0, r7, r11}\n\t"
      "ldrd lr, r1, [r0, #16]\n\tldm r1, {r4, r5, r6, r7}\n\t"
      "ldrd r1, r3, [r0, #8]\n\tadd r2, r1, r3, lsl #1\n\tldrd r0, r12, [r0]\n\t"
      "tbb [pc, lr]\n"
      "2: .byte (10f - 2b) / 2, (11f - 2b) / 2, (12f - 2b) / 2, (13f - 2b) / 2\n"
      "10:\n\t" THIMBLE_CHANNELS "\n11:\n\t" THIMBLE_CHANNELS "\n12:\n\t" THIMBLE_CHANNELS "\n13:\n\t" THIMBLE_CHANNELS
      "cmp r0, r12\n\tbne 10b\n\t"
      "ldr r0, [sp]\n\tadd r1, r0, #24\n\tstm r1, {r4, r5, r6, r7}\n\t"
      "pop {r0, r7, r11}\n\t"
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
}

#undef THIMBLE_CHANNEL
#undef THIMBLE_CHANNELS

/// One channel: sum + sum over k of x[k] * w[k], `words` words of weights.
THIMBLE_NOINLINE inline std::int32_t multiply_row(std::int32_t sum, const std::uint32_t* x, const std::int8_t* w,
                                                  int words) {
  for (; words > 0; --words, x += 2, w += 4) {
    const std::uint32_t v = load(w);
    sum = multiply_add(x[0], even(v), sum);
    sum = multiply_add(x[1], odd(v), sum);
  }
  return sum;
}

/// As channel says, for a right shift of less_one + 1; twice = 1 + 2 * y_zero.
THIMBLE_INLINE std::int8_t requantized(std::int32_t v, std::int32_t mantissa, std::uint32_t less_one, int twice) {
  const std::int32_t h = high_product(v, static_cast<std::int32_t>(static_cast<std::uint32_t>(mantissa) << 1));
  const auto addend = static_cast<std::int32_t>(static_cast<std::uint32_t>(twice) << less_one);
  return saturate8(saturating_add(h + (h >> 31), addend) >> (less_one + 1));
}

}  // namespace thimble::kernels::dsp

#endif
