// Output channels made ready for requantization without saturating instructions or divisions of 64 bits.
#pragma once
#include <concepts>

#include <thimble/kernels/arm_thumb1/product.hpp>
#include <thimble/kernels/arm_thumb2/product.hpp>
#include <thimble/kernels/channel.hpp>
#include <thimble/target/target.hpp>
#include <thimble/tensor/requantize.hpp>

#if defined(THIMBLE_THUMB)

namespace thimble::kernels::thumb {

template <class T>
concept target = std::derived_from<T, arm_thumb>;

/// Of a regular channel no accumulator is larger, so |h| <= 2^29, |addend| < 2^29 + 2^22, and nothing wraps or saturates.
inline constexpr std::int32_t most_sum = 1 << 29;

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

THIMBLE_NOINLINE inline void make_rare_channel(channel& c, const channel_source& s, multiplier m) {
  c.kind = any_kind;
  if (!s.masked) set_rare_kind(c, s.most, m, s.y_zero, s.range, nullptr);
}

/// Channels [first, first + count).
THIMBLE_NOINLINE inline void make_channels(channel* to, const channel_source& s, int first, int count) {
  for (int o = first; o < first + count; ++o, ++to) {
    const multiplier m = s.scale[o];
    *to = channel_of(s.bias != nullptr ? s.bias[o] : 0, m, s.y_zero);
    if (!is_regular(m) || s.masked || !s.bounds(to->bias)) make_rare_channel(*to, s, m);
  }
}

}  // namespace thimble::kernels::thumb

#endif
