// The clipping of integer gradients, two a word.
#pragma once
#include <thimble/kernels/arm_dsp/words.hpp>
#include <thimble/kernels/clip.hpp>  // whose end includes this

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {
namespace dsp {

inline constexpr std::uint32_t halves[4] = {0, 0xffff, 0xffff0000, 0xffffffff};

/// 3 instructions a value; for eight that all pass or are all clipped, less.
THIMBLE_NOINLINE inline void clip_words(const std::uint8_t* mask, std::int16_t* dy, int bytes) {
  const std::uint32_t* const table = halves;
  for (; bytes > 0; --bytes, dy += 8) {
    const std::uint32_t m = *mask++;
    if (m == 255) continue;
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) store(dy + 2 * i, load(dy + 2 * i) & table[m >> 2 * i & 3]);
  }
}

}  // namespace dsp

/// The same values as portable.
THIMBLE_INLINE void clip(arm_dsp, const clip_args<std::int16_t>& a) {
  const int bytes = a.count >> 3;
  dsp::clip_words(a.mask, a.dy, bytes);
  for (int i = 8 * bytes, m = (a.count & 7) != 0 ? a.mask[bytes] : 0; i < a.count; ++i, m >>= 1)
    if ((m & 1) == 0) a.dy[i] = 0;
}

}  // namespace thimble::kernels

#endif
