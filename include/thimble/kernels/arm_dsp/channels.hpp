// Output channels made ready for requantization in six instructions.
#pragma once
#include <thimble/kernels/access.hpp>
#include <thimble/kernels/arm_dsp/words.hpp>
#include <thimble/tensor/requantize.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels::dsp {

/// One output channel of a layer. Regular, kind in [1, 22]: an accumulator v becomes
///   h = high_product(v, doubled); y = saturate8((h + (h >> 31) + addend) >> kind), the last + saturating,
/// TFLite's double rounding for a right shift `kind`: addend = 2^(kind - 1) + y_zero * 2^kind, and h >> 31 makes halves round
/// away from zero. A sum that saturates is far outside int8, as kind <= 22.
/// Others: any_kind, by requantize(); or constant_kind, whose output is `addend` whatever the input, and whose mask is `bias`.
struct channel {
  std::int32_t bias;
  std::uint32_t kind;
  std::int32_t doubled;
  std::int32_t addend;
};
inline constexpr std::uint32_t last_regular = 22, any_kind = 0x100, constant_kind = 0x80000000u;

/// y before it is saturated to int8; if the addition saturates, far outside.
THIMBLE_INLINE std::int32_t unclamped(std::int32_t v, const channel& c) {
  const std::int32_t h = high_product(v, c.doubled);
  return saturating_add(h + (h >> 31), c.addend) >> c.kind;
}
THIMBLE_INLINE std::int8_t requantized(std::int32_t v, const channel& c) { return saturate8(unclamped(v, c)); }

THIMBLE_INLINE bool is_regular(multiplier m) {
  return static_cast<std::uint32_t>(-m.shift - 1) < last_regular && m.mantissa != 0;
}
/// Right if m is regular.
THIMBLE_INLINE channel channel_of(std::int32_t bias, multiplier m, int y_zero) {
  const auto right = static_cast<std::uint32_t>(-m.shift);
  return {bias, right, static_cast<std::int32_t>(static_cast<std::uint32_t>(m.mantissa) << 1),
          static_cast<std::int32_t>(static_cast<std::uint32_t>(1 + 2 * y_zero) << ((right - 1) & 31))};
}

/// What all channels of a layer share.
struct channel_source {
  const std::int32_t* bias;
  multipliers scale;
  int y_zero;
  limits range;
  std::int32_t most;  ///< of |accumulator - bias|
  bool masks_slowly;  ///< regular channels, too, by requantize(): masks want the value before the clamp
};

/// Constant if the output and its mask are the same for the largest and the smallest accumulator, as requantization never falls.
/// Near-dead channels, whose scale is tiny, are.
THIMBLE_NOINLINE inline void make_rare_channel(channel& c, const channel_source& s, multiplier m) {
  c.kind = any_kind;
  const std::int64_t low = std::int64_t{c.bias} - s.most, high = std::int64_t{c.bias} + s.most;
  if (m.shift > 0 || low < -2147483647 || high > 2147483647) return;
  std::uint8_t passes = 0;
  const int q = clamp(requantize(static_cast<std::int32_t>(low), m) + s.y_zero, s.range, &passes, 0);
  if (q != clamp(requantize(static_cast<std::int32_t>(high), m) + s.y_zero, s.range, &passes, 1)) return;
  if (passes == 1 || passes == 2) return;
  c.kind = constant_kind;
  c.addend = q;
  c.bias = passes & 1;
}

/// Channels [first, first + count).
THIMBLE_NOINLINE inline void make_channels(channel* to, const channel_source& s, int first, int count) {
  for (int o = first; o < first + count; ++o, ++to) {
    const multiplier m = s.scale[o];
    *to = channel_of(s.bias != nullptr ? s.bias[o] : 0, m, s.y_zero);
    if (!is_regular(m) || s.masks_slowly) make_rare_channel(*to, s, m);
  }
}

/// y[i] = what is within the range of y[i], for outputs that are within int8 already.
THIMBLE_INLINE void clamp_all(std::int8_t* y, int count, limits range) {
  for (int i = 0; i < count; ++i) {
    const int v = y[i];
    y[i] = static_cast<std::int8_t>(v < range.low ? range.low : v > range.high ? range.high : v);
  }
}

}  // namespace thimble::kernels::dsp

#endif
