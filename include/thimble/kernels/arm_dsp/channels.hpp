// Output channels made ready for requantization in six instructions.
#pragma once
#include <thimble/kernels/arm_dsp/words.hpp>
#include <thimble/kernels/channel.hpp>
#include <thimble/tensor/requantize.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels::dsp {

/// y of a regular channel before it is saturated to int8; a sum that saturates is far outside, as kind <= 22.
THIMBLE_INLINE std::int32_t unclamped(std::int32_t v, const channel& c) {
  const std::int32_t h = high_product(v, c.doubled);
  return saturating_add(h + (h >> 31), c.addend) >> c.kind;
}
THIMBLE_INLINE std::int8_t requantized(std::int32_t v, const channel& c) { return saturate8(unclamped(v, c)); }

/// What all channels of a layer share.
struct channel_source {
  const std::int32_t* bias;
  multipliers scale;
  int y_zero;
  limits range;
  std::int32_t most;  ///< of |accumulator - bias|
  bool masks_slowly;  ///< regular channels, too, by requantize(): masks want the value before the clamp
};

/// Of a constant channel the mask is its bias.
THIMBLE_NOINLINE inline void make_rare_channel(channel& c, const channel_source& s, multiplier m) {
  std::uint8_t passes = 0;
  set_rare_kind(c, s.most, m, s.y_zero, s.range, &passes);
  if (c.kind == constant_kind) c.bias = passes & 1;
}

/// Channels [first, first + count).
THIMBLE_NOINLINE inline void make_channels(channel* to, const channel_source& s, int first, int count) {
  for (int o = first; o < first + count; ++o, ++to) {
    const multiplier m = s.scale[o];
    *to = channel_of(s.bias != nullptr ? s.bias[o] : 0, m, s.y_zero);
    if (!is_regular(m) || s.masks_slowly) make_rare_channel(*to, s, m);
  }
}

}  // namespace thimble::kernels::dsp

#endif
