// The clipping of integer gradients, two a word.
#pragma once
#include <thimble/kernels/arm_dsp/words.hpp>
#include <thimble/kernels/clip.hpp>  // whose end includes this

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {
namespace dsp {

/// Eight values, in words, for each byte of masks; for eight that all pass, little. The bits of odd values are laid 16 above those of
/// even ones, so that USUB16 tells those of two values to SEL at once. 2 instructions a value.
THIMBLE_NOINLINE inline void clip_words(const std::uint8_t* mask, std::int16_t* dy, int bytes) {
  for (; bytes > 0; --bytes, dy += 8) {
    std::uint32_t m = *mask++;
    if (m == 255) continue;
    m |= m << 15;
#define THIMBLE_TWO(v, bits) "and r12, %[m], #" bits "\n\tusub16 r12, r12, %[ones]\n\tsel " v ", " v ", %[zero]\n\t"
    asm volatile("ldrd r4, r5, [%[dy]]\n\tldrd r6, r8, [%[dy], #8]\n\t"  //
                 THIMBLE_TWO("r4", "0x00010001") THIMBLE_TWO("r5", "0x00040004") THIMBLE_TWO("r6", "0x00100010")
                     THIMBLE_TWO("r8", "0x00400040") "strd r4, r5, [%[dy]]\n\tstrd r6, r8, [%[dy], #8]\n\t"
                 :
                 : [dy] "r"(dy), [m] "r"(m), [ones] "r"(0x00010001), [zero] "r"(0)
                 : "r4", "r5", "r6", "r8", "r12", "cc", "memory");
#undef THIMBLE_TWO
  }
}

}  // namespace dsp

/// The same values as portable.
THIMBLE_INLINE void clip(arm_dsp, const clip_args<std::int16_t>& a) {
  if ((reinterpret_cast<std::uintptr_t>(a.dy) & 3) != 0) return clip(portable{}, a);
  const int bytes = a.count >> 3;
  dsp::clip_words(a.mask, a.dy, bytes);
  for (int i = 8 * bytes, m = (a.count & 7) != 0 ? a.mask[bytes] : 0; i < a.count; ++i, m >>= 1)
    if ((m & 1) == 0) a.dy[i] = 0;
}

}  // namespace thimble::kernels

#endif
