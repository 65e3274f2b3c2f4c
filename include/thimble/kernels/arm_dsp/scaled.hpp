// Gradients scaled per channel to int16, in pairs of channels.
#pragma once
#include <thimble/kernels/arm_dsp/gather.hpp>
#include <thimble/kernels/gradient.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels::dsp {

/// scale16 for shifts in [2, 31]: floor((floor(q * mantissa / 2) + 2^(shift - 2)) / 2^(shift - 1)), saturated.
struct word_factor {
  std::int32_t mantissa;  ///< times 2^15, so that SMLAW halves the product
  std::int32_t rounding, shift;
};
/// False if f is not of that kind.
THIMBLE_INLINE bool set(word_factor& to, gradient_factor f) {
  to = {0, 0, 0};
  if (f.mantissa == 0 || f.shift > 31) return true;  // whatever q, 0
  if (f.shift < 2) return false;
  to = {static_cast<std::int32_t>(static_cast<std::uint32_t>(f.mantissa) << 15),
        static_cast<std::int32_t>(1u << (f.shift - 2)), f.shift - 1};
  return true;
}

/// One call of scale_words. The assembly below knows the offsets.
struct word_scaling {
  std::uint32_t* to;
  const std::int16_t* dy;
  int step;  ///< bytes from pixel to pixel
  std::int32_t low_mantissa, high_mantissa, low_rounding, high_rounding, low_shift, high_shift;
  std::uint32_t ones;  ///< 1, twice
  int tiles;           ///< at least 1
  int to_step;         ///< bytes from tile to tile
};
static_assert(sizeof(void*) != 4 || (offsetof(word_scaling, tiles) == 40 && offsetof(word_scaling, to_step) == 44));

/// Two channels of whole tiles of four pixels to words; limit 32'767. 6 instructions a value.
THIMBLE_NOINLINE inline void scale_words(const word_scaling* k) {
  register const word_scaling* r0 asm("r0") = k;
#define THIMBLE_WORD(at)                                                                                          \
  "ldr r10, [r1]\n\tadd r1, r1, r2\n\tsmlawt r11, r4, r10, r6\n\tsmlawb r10, r3, r10, r5\n\tasr r11, r11, r8\n\t" \
  "asr r10, r10, r7\n\tssat r11, #16, r11\n\tssat r10, #16, r10\n\tpkhbt r10, r10, r11, lsl #16\n\t"              \
  "qsub16 r10, r10, r9\n\tsadd16 r10, r10, r9\n\tstr r10, [r0" at "]\n\t"
  asm volatile(
      "push {r7, r11}\n\tldrd r12, lr, [r0, #40]\n\tldm r0, {r0, r1, r2, r3, r4, r5, r6, r7, r8, r9}\n"
      "1:\n\t" THIMBLE_WORD("") THIMBLE_WORD(", #4") THIMBLE_WORD(", #8")
          THIMBLE_WORD(", #12") "add r0, r0, lr\n\tsubs r12, #1\n\tbne 1b\n\tpop {r7, r11}\n\t"
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
#undef THIMBLE_WORD
}

/// Words of two values to [-limit, limit], for limit in [2^14, 2^15): the ends saturate at one side, then at the other.
THIMBLE_NOINLINE inline void limit_words(std::uint32_t* v, int count, int limit) {
  const int above = 32767 - limit;
  const std::uint32_t a = pair_of(above, above), b = pair_of(2 * above + 1, 2 * above + 1),
                      c = pair_of(above + 1, above + 1);
  for (; count > 0; --count, ++v)
    asm("qadd16 %0, %0, %1\n\tqsub16 %0, %0, %2\n\tsadd16 %0, %0, %3" : "+r"(*v) : "r"(a), "r"(b), "r"(c));
}

/// t of `count` pixels for gather_tiles: dy int16 [pixel][channels], each value as scale16 makes it.
THIMBLE_NOINLINE inline void scale_tiles(std::uint32_t* to, const std::int16_t* dy, int channels, int count,
                                         multipliers scale, int raise, int limit) {
  const int pairs = (channels + 1) / 2;
  for (int o = 0; o < channels; o += 2, to += 4) {
    const bool whole = o + 1 < channels;
    const gradient_factor a = factor_of(scale[o], raise),
                          b = whole ? factor_of(scale[o + 1], raise) : gradient_factor{};
    word_factor low, high;
    int p = 0;
    if (set(low, a) && set(high, b) && whole && limit >= 1 << 14 && count >= 4) {
      const word_scaling k{to,           dy + o,        2 * channels, low.mantissa, high.mantissa,
                           low.rounding, high.rounding, low.shift,    high.shift,   0x00010001,
                           count / 4,    16 * pairs};
      scale_words(&k);
      p = count & ~3;
      if (limit < 32767)
        for (int i = 0; i < p; i += 4) limit_words(to + i * pairs, 4, limit);
    }
    for (; p < count; ++p) {
      const std::int16_t* at = dy + p * channels + o;
      to[(p >> 2) * 4 * pairs + (p & 3)] = pair_of(scale16(at[0], a, limit), whole ? scale16(at[1], b, limit) : 0);
    }
  }
}

}  // namespace thimble::kernels::dsp

#endif
