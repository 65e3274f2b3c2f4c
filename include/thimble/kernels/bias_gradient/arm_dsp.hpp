// The gradient of biases, two channels a word.
#pragma once
#include <thimble/kernels/arm_dsp/words.hpp>
#include <thimble/kernels/bias_gradient.hpp>  // whose end includes this

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {
namespace dsp {

/// Of two channels, or one, `channels` apart: exact over at most 65'535 positions. 2 instructions a value.
struct two_sums {
  std::int32_t low, high;
};
THIMBLE_NOINLINE inline two_sums sum_positions(const std::int16_t* dy, int channels, int positions, bool both) {
  two_sums s{0, 0};
  if (!both) {
    for (; positions > 0; --positions, dy += channels) s.low += *dy;
    return s;
  }
#define THIMBLE_SUMS                                                                                                 \
  "ldr r4, [%[dy]]\n\tldr r5, [%[dy], %[step]]\n\tadd %[dy], %[dy], %[step], lsl #1\n\tsxtah %[low], %[low], r4\n\t" \
  "add %[high], %[high], r4, asr #16\n\tsxtah %[low], %[low], r5\n\tadd %[high], %[high], r5, asr #16\n\t"
  int fours = positions >> 2;
  if (fours > 0)
    asm volatile("1:\n\t" THIMBLE_SUMS THIMBLE_SUMS "subs %[n], #1\n\tbne 1b\n\t"
                 : [low] "+r"(s.low), [high] "+r"(s.high), [dy] "+r"(dy), [n] "+r"(fours)
                 : [step] "r"(2 * channels)
                 : "r4", "r5", "cc", "memory");
#undef THIMBLE_SUMS
  for (int i = positions & 3; i > 0; --i, dy += channels) {
    s.low += dy[0];
    s.high += dy[1];
  }
  return s;
}

/// Over any number of positions, saturated.
THIMBLE_NOINLINE inline two_sums sum_all(const std::int16_t* dy, int channels, int positions, bool both) {
  constexpr int most = 32768;
  if (positions <= most) return sum_positions(dy, channels, positions, both);
  std::int64_t low = 0, high = 0;
  for (; positions > 0; positions -= most, dy += most * channels) {
    const two_sums s = sum_positions(dy, channels, positions < most ? positions : most, both);
    low += s.low;
    high += s.high;
  }
  return {saturate<std::int32_t>(low), saturate<std::int32_t>(high)};
}

/// bias_sink::learn, shorter for a step that is applied as it comes, of [1, 31] bits to drop.
template <learning_rule Rule>
THIMBLE_INLINE void learn_bias(const bias_sink<Rule>& to, int o, multiplier m, std::int32_t sum) {
  if constexpr (Rule.is_plain()) {
    const step_size size = size_for<Rule>(to.step.size, m, to.step.largest_shift);
    const auto less_one = static_cast<std::uint32_t>(-size.exponent - 32);
    if (size.mantissa != 0 && less_one < 31) {
      const std::int32_t high = high_product(sum, static_cast<std::int32_t>(size.mantissa << 1));
      to.bias[o] = limited(saturating_subtract(to.bias[o], ((high >> less_one) + 1) >> 1), to.limit);
      return;
    }
  }
  to.learn(o, m, sum);
}

}  // namespace dsp

/// The same steps as portable.
template <learning_rule Rule>
THIMBLE_INLINE void bias_gradient(arm_dsp, const geometry& g, const bias_gradient_args<std::int16_t, Rule>& a) {
  const int n = g.out.c, positions = g.out.pixels();
  dsp::two_sums s{0, 0};
  for (int o = 0; o < n; ++o) {
    if ((o & 1) == 0) s = dsp::sum_all(a.dy + o, n, positions, o + 1 < n);
    dsp::learn_bias(a.to, o, a.scale[o], (o & 1) == 0 ? s.low : s.high);
  }
}

}  // namespace thimble::kernels

#endif
