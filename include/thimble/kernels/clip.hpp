// The clipping of gradients by masks.
#pragma once
#include <cstdint>

#include <thimble/config.hpp>
#include <thimble/target/target.hpp>
#include <thimble/tensor/limits.hpp>

namespace thimble::kernels {

/// dy = 0 where the output was clipped (straight-through rounding, no gradient through saturation).
template <class Gradient>
struct clip_args {
  const std::uint8_t* mask;
  Gradient* dy;
  int count;
};
template <class Gradient>
THIMBLE_INLINE void clip(portable, const clip_args<Gradient>& a) {
  for (int i = 0; i < a.count; i += 8)
    for (int j = 0, m = a.mask[i >> 3]; j < 8 && i + j < a.count; ++j, m >>= 1)
      if ((m & 1) == 0) a.dy[i + j] = 0;
}

/// dy = 0 where y lies at a limit narrower than int8. Without a mask a value that was at the limit unclamped counts as clipped.
template <class Gradient>
struct clip_at_limits_args {
  const std::int8_t* y;
  limits range;
  Gradient* dy;
  int count;
};
template <class Gradient>
THIMBLE_INLINE void clip_at_limits(portable, const clip_at_limits_args<Gradient>& a) {
  for (int i = 0; i < a.count; ++i)
    if ((a.range.low > -128 && a.y[i] <= a.range.low) || (a.range.high < 127 && a.y[i] >= a.range.high)) a.dy[i] = 0;
}

}  // namespace thimble::kernels

#include <thimble/kernels/clip/arm_dsp.hpp>
#include <thimble/kernels/clip/arm_mve.hpp>
#include <thimble/kernels/clip/arm_thumb.hpp>
#include <thimble/kernels/clip/x86.hpp>

namespace thimble::kernels {

/// One copy serves every layer.
template <class Target = native, class Gradient>
THIMBLE_NOINLINE void run(const clip_args<Gradient>& a) {
  clip(Target{}, a);
}

template <class Target = native, class Gradient>
THIMBLE_NOINLINE void run(const clip_at_limits_args<Gradient>& a) {
  clip_at_limits(Target{}, a);
}

}  // namespace thimble::kernels
