// The gradient of biases, eight channels at a time.
#pragma once
#include <thimble/kernels/bias_gradient/arm_dsp.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels {
namespace mve {

/// Sums of eight channels in int32, over at most 65'535 positions `step` bytes apart; of `channels`, at most eight, the others 0.
/// An instruction a value.
THIMBLE_NOINLINE inline void sum_positions(std::int32_t* sums, const std::int16_t* dy, int step, int positions,
                                           int channels) {
  asm volatile(
      "vctp.16 %[channels]\n\tvmov.i32 q0, #0\n\tvmov.i32 q1, #0\n\tdls lr, %[n]\n1:\n\t"
      "vpst\n\tvldrht.16 q2, [%[dy]]\n\tadd %[dy], %[dy], %[step]\n\tvmovlb.s16 q3, q2\n\tvadd.i32 q0, q0, q3\n\t"
      "vmovlt.s16 q3, q2\n\tvadd.i32 q1, q1, q3\n\tle lr, 1b\n\t"
      "vst20.32 {q0, q1}, [%[sums]]\n\tvst21.32 {q0, q1}, [%[sums]]\n\t"
      : [dy] "+r"(dy)
      : [sums] "r"(sums), [step] "r"(step), [n] "r"(positions), [channels] "r"(channels)
      : "lr", "cc", "memory", "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7");
}

/// step_of and bias_sink's plain apply for n biases, their sums and sizes. shift: under 0 to the right.
struct bias_steps {
  std::int32_t sum[8], mantissa[8], shift[8];
};
THIMBLE_NOINLINE inline void move_biases(std::int32_t* bias, const bias_steps& s, int n, std::int32_t limit) {
  const std::int32_t *sum = s.sum, *mantissa = s.mantissa, *shift = s.shift;
  asm volatile(
      "vdup.32 q2, %[low]\n\tvdup.32 q3, %[high]\n\tdlstp.32 lr, %[n]\n1:\n\t"
      "vldrw.32 q0, [%[sum]], #16\n\tvldrw.32 q1, [%[mantissa]], #16\n\tvqrdmulh.s32 q0, q0, q1\n\t"
      "vldrw.32 q1, [%[shift]], #16\n\tvqrshl.s32 q0, q0, q1\n\tvldrw.32 q1, [%[bias]]\n\tvqsub.s32 q0, q1, q0\n\t"
      "vmax.s32 q0, q0, q2\n\tvmin.s32 q0, q0, q3\n\tvstrw.32 q0, [%[bias]], #16\n\tletp lr, 1b\n\t"
      : [bias] "+r"(bias), [sum] "+r"(sum), [mantissa] "+r"(mantissa), [shift] "+r"(shift)
      : [n] "r"(n), [low] "r"(-limit), [high] "r"(limit)
      : "lr", "cc", "memory", "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7");
}

}  // namespace mve

/// The same steps as portable.
template <learning_rule Rule>
THIMBLE_INLINE void bias_gradient(arm_mve, const geometry& g, const bias_gradient_args<std::int16_t, Rule>& a) {
  const int n = g.out.c, positions = g.out.pixels();
  if (positions > 65535) return bias_gradient(arm_dsp{}, g, a);
  mve::bias_steps s;
  for (int o = 0; o < n; o += 8) {
    const int channels = n - o < 8 ? n - o : 8;
    mve::sum_positions(s.sum, a.dy + o, 2 * n, positions, channels);
    if constexpr (Rule.is_plain()) {
      for (int i = 0; i < channels; ++i) {
        const step_size size = size_for<Rule>(a.to.step.size, a.scale[o + i], a.to.step.largest_shift);
        const int left = size.exponent + 31;
        s.mantissa[i] = static_cast<std::int32_t>(size.mantissa);
        s.shift[i] = left < -100 ? -100 : left > 100 ? 100 : left;
      }
      mve::move_biases(a.to.bias + o, s, channels, a.to.limit);
    } else {
      for (int i = 0; i < channels; ++i) a.to.learn(o + i, a.scale[o + i], s.sum[i]);
    }
  }
}

}  // namespace thimble::kernels

#endif
