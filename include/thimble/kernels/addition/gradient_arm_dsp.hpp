// The integer gradient of a side of a sum, two values a word.
#pragma once
#include <thimble/kernels/addition.hpp>  // whose end includes this
#include <thimble/kernels/arm_dsp/scaled.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {

/// The same values as portable, which takes what is added to, factors that scale up, and the last few. dx may lie over dy.
THIMBLE_INLINE void scaled_gradient(arm_dsp, const scaled_gradient_args<std::int16_t>& a) {
  scaled_gradient_args<std::int16_t> rest = a;
  dsp::word_factor f;
  const int eights = a.count / 8;
  if (!a.adds && eights > 0 && dsp::set(f, a.factor)) {
    auto* const to = reinterpret_cast<std::uint32_t*>(a.dx);  // stored to at any multiple of two
    const dsp::word_scaling k{to,         a.dy,    4,       f.mantissa, f.mantissa, f.rounding,
                              f.rounding, f.shift, f.shift, 0x00010001, eights,     16};
    dsp::scale_words(&k);
    rest.dy += 8 * eights;
    rest.dx += 8 * eights;
    rest.count -= 8 * eights;
  }
  scaled_gradient(portable{}, rest);
}

}  // namespace thimble::kernels

#endif
