// Output channels made ready for requantization by a multiplication, an addition and a shift.
#pragma once
#include <cstdint>

#include <thimble/kernels/access.hpp>
#include <thimble/tensor/requantize.hpp>

namespace thimble::kernels {

/// One output channel of a layer. Regular, kind in [1, 22]: an accumulator v becomes
///   h = round(v * mantissa / 2^31); y = saturate8((h + (h >> 31) + addend) >> kind),
/// TFLite's double rounding for a right shift `kind`: addend = 2^(kind - 1) + y_zero * 2^kind, and h >> 31 makes halves round
/// away from zero. Others: any_kind, by requantize(); or constant_kind, whose output is `addend` whatever the input.
struct channel {
  std::int32_t bias;
  std::uint32_t kind;
  std::int32_t doubled;  ///< 2 * mantissa - 2^32, the mantissa in [2^30, 2^31)
  std::int32_t addend;
};
inline constexpr std::uint32_t last_regular = 22, any_kind = 0x100, constant_kind = 0x80000000u;

THIMBLE_INLINE bool is_regular(multiplier m) {
  return static_cast<std::uint32_t>(-m.shift - 1) < last_regular && m.mantissa != 0;
}
/// Right if m is regular.
THIMBLE_INLINE channel channel_of(std::int32_t bias, multiplier m, int y_zero) {
  const auto right = static_cast<std::uint32_t>(-m.shift);
  return {bias, right, static_cast<std::int32_t>(static_cast<std::uint32_t>(m.mantissa) << 1),
          static_cast<std::int32_t>(static_cast<std::uint32_t>(1 + 2 * y_zero) << ((right - 1) & 31))};
}

/// Of a channel that is not regular: constant if its output, and its mask where `passes` is asked for, are the same for the smallest and
/// the largest accumulator, bias -+ most, as requantization never falls. Near-dead channels, whose scale is tiny, are.
THIMBLE_INLINE void set_rare_kind(channel& c, std::int64_t most, multiplier m, int y_zero, limits range,
                                  std::uint8_t* passes) {
  c.kind = any_kind;
  const std::int64_t low = c.bias - most, high = c.bias + most;
  if (m.shift > 0 || low < -2147483647 || high > 2147483647) return;
  const int q = clamp(requantize(static_cast<std::int32_t>(low), m) + y_zero, range, passes, 0);
  if (q != clamp(requantize(static_cast<std::int32_t>(high), m) + y_zero, range, passes, 1)) return;
  if (passes != nullptr && (*passes == 1 || *passes == 2)) return;
  c.kind = constant_kind;
  c.addend = q;
}

}  // namespace thimble::kernels
