// Output channels made ready for requantization without saturating instructions or divisions of 64 bits.
#pragma once
#include <concepts>

#include <thimble/kernels/access.hpp>
#include <thimble/kernels/arm_thumb1/product.hpp>
#include <thimble/kernels/arm_thumb2/product.hpp>
#include <thimble/target/target.hpp>
#include <thimble/tensor/requantize.hpp>

#if defined(THIMBLE_THUMB)

namespace thimble::kernels::thumb {

template <class T>
concept target = std::derived_from<T, arm_thumb>;

/// One output channel of a layer. Regular, kind in [1, 22]: an accumulator v becomes
///   h = round(v * mantissa / 2^31); y = saturate8((h + (h >> 31) + addend) >> kind),
/// TFLite's double rounding for a right shift `kind`: addend = 2^(kind - 1) + y_zero * 2^kind, and h >> 31 makes halves round
/// away from zero. |v| <= most_sum, so |h| <= 2^29, |addend| < 2^29 + 2^22, and nothing wraps.
/// Others: any_kind, by requantize(); or constant_kind, whose output is `addend` whatever the input.
struct channel {
  std::int32_t bias;
  std::uint32_t kind;
  std::int32_t doubled;  ///< 2 * mantissa - 2^32, the mantissa in [2^30, 2^31)
  std::int32_t addend;
};
inline constexpr std::uint32_t last_regular = 22, any_kind = 0x100, constant_kind = 0x80000000u;
inline constexpr std::int32_t most_sum = 1 << 29;

THIMBLE_INLINE bool is_regular(multiplier m) {
  return static_cast<std::uint32_t>(-m.shift - 1) < last_regular && m.mantissa != 0;
}
/// Right if m is regular.
THIMBLE_INLINE channel channel_of(std::int32_t bias, multiplier m, int y_zero) {
  const auto right = static_cast<std::uint32_t>(-m.shift);
  return {bias, right, static_cast<std::int32_t>(static_cast<std::uint32_t>(m.mantissa) << 1),
          static_cast<std::int32_t>(static_cast<std::uint32_t>(1 + 2 * y_zero) << ((right - 1) & 31))};
}

/// What channel says, not yet saturated, for a multiplier that is regular. twice = 1 + 2 * y_zero.
template <target Target>
THIMBLE_INLINE std::int32_t scaled_sum(Target t, std::int32_t v, multiplier m, int twice) {
  const std::int32_t h = high_product(t, v, m.mantissa);
  const auto addend = static_cast<std::int32_t>(static_cast<std::uint32_t>(twice) << ((-m.shift - 1) & 31));
  return (h + (h >> 31) + addend) >> -m.shift;
}

/// What all channels of a layer share.
struct channel_source {
  const std::int32_t* bias;
  multipliers scale;
  int y_zero;
  limits range;
  std::int64_t most;  ///< of |accumulator - bias|
  bool masked;        ///< masks want the value before the clamp: any_kind

  /// Whether no accumulator of a channel leaves most_sum.
  [[nodiscard]] THIMBLE_INLINE bool bounds(std::int32_t start) const {
    const std::int64_t room = std::int64_t{most_sum} - most;
    return start <= room && -start <= room;
  }
};

/// Of a channel that is not regular: constant if its output is the same for the largest and the smallest accumulator, as
/// requantization never falls. Near-dead channels, whose scale is tiny, are.
THIMBLE_NOINLINE inline void make_rare_channel(channel& c, const channel_source& s, multiplier m) {
  c.kind = any_kind;
  const std::int64_t low = std::int64_t{c.bias} - s.most, high = std::int64_t{c.bias} + s.most;
  if (s.masked || m.shift > 0 || low < -2147483647 || high > 2147483647) return;
  const int q = clamp(requantize(static_cast<std::int32_t>(low), m) + s.y_zero, s.range, nullptr, 0);
  if (q != clamp(requantize(static_cast<std::int32_t>(high), m) + s.y_zero, s.range, nullptr, 0)) return;
  c.kind = constant_kind;
  c.addend = q;
}

/// Channels [first, first + count).
THIMBLE_NOINLINE inline void make_channels(channel* to, const channel_source& s, int first, int count) {
  for (int o = first; o < first + count; ++o, ++to) {
    const multiplier m = s.scale[o];
    *to = channel_of(s.bias != nullptr ? s.bias[o] : 0, m, s.y_zero);
    if (!is_regular(m) || s.masked || !s.bounds(to->bias)) make_rare_channel(*to, s, m);
  }
}

/// y[i] = what is within the range of y[i], for outputs that are within int8 already.
THIMBLE_INLINE void clamp_all(std::int8_t* y, int count, limits range) {
  for (int i = 0; i < count; ++i) {
    const int v = y[i];
    y[i] = static_cast<std::int8_t>(v < range.low ? range.low : v > range.high ? range.high : v);
  }
}

}  // namespace thimble::kernels::thumb

#endif
