// Requantization of unrolled layers, by constants.
#pragma once
#include <thimble/kernels/arm_dsp/channels.hpp>
#include <thimble/kernels/unrolled_convolution.hpp>  // whose middle includes this

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {

THIMBLE_INLINE std::int8_t finished(arm_dsp, std::int32_t v, multiplier m, int y_zero, limits range) {
  if (!is_regular(m)) return finished(portable{}, v, m, y_zero, range);
  const std::int8_t q = dsp::requantized(v, channel_of(0, m, y_zero));
  return clamp(q, range, nullptr, 0);
}

}  // namespace thimble::kernels

#endif
