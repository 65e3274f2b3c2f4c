// Clipping of integer gradients by a mask, for both targets of x86.
#pragma once
#include <thimble/kernels/clip.hpp>  // whose middle includes this
#include <thimble/kernels/x86/avx512_vnni.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels {
namespace x86 {

/// The same values as portable, which takes the last few.
template <class V>
THIMBLE_INLINE void clip_marked(const clip_args<std::int16_t>& a) {
  constexpr int step = 2 * V::lanes;
  int i = 0;
  for (; i + step <= a.count; i += step) V::keep_marked(a.dy + i, a.mask + i / 8);
  clip(portable{}, clip_args<std::int16_t>{a.mask + i / 8, a.dy + i, a.count - i});
}

}  // namespace x86

THIMBLE_INLINE void clip(x86_avx2, const clip_args<std::int16_t>& a) { x86::clip_marked<x86::avx2>(a); }
#if defined(__AVX512VNNI__)
THIMBLE_INLINE void clip(x86_avx512_vnni, const clip_args<std::int16_t>& a) { x86::clip_marked<x86::avx512_vnni>(a); }
#endif

}  // namespace thimble::kernels

#endif
