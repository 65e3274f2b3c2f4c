// The gradient of biases, two channels a word.
#pragma once
#include <thimble/kernels/arm_dsp/words.hpp>
#include <thimble/kernels/bias_gradient.hpp>  // whose end includes this

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {
namespace dsp {

struct two_sums {
  std::int32_t low, high;
};
/// Of two channels over at most 65'535 positions, `step` bytes apart. 2 instructions a value.
THIMBLE_NOINLINE inline two_sums sum_positions(const std::int16_t* dy, int step, int positions) {
  two_sums s{0, 0};
#define THIMBLE_SUMS                                                                                                 \
  "ldr r4, [%[dy]]\n\tldr r5, [%[dy], %[step]]\n\tadd %[dy], %[dy], %[step], lsl #1\n\tsxtah %[low], %[low], r4\n\t" \
  "add %[high], %[high], r4, asr #16\n\tsxtah %[low], %[low], r5\n\tadd %[high], %[high], r5, asr #16\n\t"
  int fours = positions >> 2;
  if (fours > 0)
    asm volatile("1:\n\t" THIMBLE_SUMS THIMBLE_SUMS "subs %[n], #1\n\tbne 1b\n\t"
                 : [low] "+r"(s.low), [high] "+r"(s.high), [dy] "+r"(dy), [n] "+r"(fours)
                 : [step] "r"(step)
                 : "r4", "r5", "cc", "memory");
#undef THIMBLE_SUMS
  for (int i = positions & 3; i > 0; --i, dy += step / 2) {
    s.low += dy[0];
    s.high += dy[1];
  }
  return s;
}

}  // namespace dsp

/// The same steps as portable.
template <learning_rule Rule>
THIMBLE_INLINE void bias_gradient(arm_dsp, const geometry& g, const bias_gradient_args<std::int16_t, Rule>& a) {
  constexpr int most = 32768;
  const int n = g.out.c, positions = g.out.pixels();
  for (int o = 0; o < n; o += 2) {
    const bool both = o + 1 < n;
    std::int64_t low = 0, high = 0;
    for (int p = 0; p < positions; p += most) {
      const int count = positions - p < most ? positions - p : most;
      const std::int16_t* dy = a.dy + p * n + o;
      if (both) {
        const dsp::two_sums s = dsp::sum_positions(dy, 2 * n, count);
        low += s.low;
        high += s.high;
      } else {
        for (int i = 0; i < count; ++i) low += dy[i * n];
      }
    }
    a.to.learn(o, a.scale[o], saturate<std::int32_t>(low));
    if (both) a.to.learn(o + 1, a.scale[o + 1], saturate<std::int32_t>(high));
  }
}

}  // namespace thimble::kernels

#endif
