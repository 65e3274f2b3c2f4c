// The clipping of gradients by masks.
#pragma once
#include <cstdint>

#include <thimble/config.hpp>
#include <thimble/target/target.hpp>

namespace thimble::kernels {

/// dy = 0 where the output was clipped (straight-through rounding, no gradient through saturation).
struct clip_args {
  const std::uint8_t* mask;
  std::int16_t* dy;
  int count;
};
THIMBLE_INLINE void clip(portable, const clip_args& a) {
  for (int i = 0; i < a.count; i += 8)
    for (int j = 0, m = a.mask[i >> 3]; j < 8 && i + j < a.count; ++j, m >>= 1)
      if ((m & 1) == 0) a.dy[i + j] = 0;
}

/// One copy serves every layer.
template <class Target = native>
THIMBLE_NOINLINE void run(const clip_args& a) {
  clip(Target{}, a);
}

}  // namespace thimble::kernels
