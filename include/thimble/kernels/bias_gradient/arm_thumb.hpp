// The gradient of biases, the sum of each in 32 bits as long as it fits.
#pragma once
#include <concepts>

#include <thimble/kernels/bias_gradient.hpp>  // whose end includes this

#if defined(THIMBLE_THUMB)

namespace thimble::kernels {
namespace thumb {

/// Of one channel over at most 65'535 positions, `step` values apart. Two and a half instructions a value.
THIMBLE_NOINLINE inline std::int32_t sum_positions(const std::int16_t* dy, int step, int positions) {
  std::int32_t sum = 0;
  for (; positions >= 4; positions -= 4) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i, dy += step) sum += *dy;
  }
  for (; positions > 0; --positions, dy += step) sum += *dy;
  return sum;
}

}  // namespace thumb

/// The same steps as portable.
template <std::derived_from<arm_thumb> Target, learning_rule Rule>
THIMBLE_INLINE void bias_gradient(Target, const geometry& g, const bias_gradient_args<std::int16_t, Rule>& a) {
  constexpr int most = 65535;
  const int n = g.out.c, positions = g.out.pixels();
  for (int o = 0; o < n; ++o) {
    std::int64_t sum = 0;
    for (int p = 0; p < positions; p += most)
      sum += thumb::sum_positions(a.dy + p * n + o, n, positions - p < most ? positions - p : most);
    a.to.learn(o, a.scale[o], saturate<std::int32_t>(sum));
  }
}

}  // namespace thimble::kernels

#endif
