// Positions of a few channels side by side, and steps of weights on vectors of four.
#pragma once
#include <thimble/kernels/sink.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels::mve {

/// Three rows of `width` bytes from three neighbouring channels of `count` positions, `step` bytes apart; 7 steps take 16 bits. Their
/// sums. 0.75 instructions a value.
struct three_sums {
  std::int32_t v[3];
};
THIMBLE_NOINLINE inline three_sums gather_three(std::int16_t* to, int width, const std::int16_t* from, int step,
                                                int count, int rows) {
  three_sums s{};
  for (int j = 0; j < rows; ++j, to += width / 2) {
    register std::int32_t sum asm("r4") = 0;
    const std::int16_t* at = from + j;
    std::int16_t* row = to;
    asm volatile(
        "movs r6, #0\n\tvidup.u16 q1, r6, #1\n\tvmul.i16 q1, q1, %[step]\n\tlsl r6, %[step], #3\n\t"
        "dlstp.16 lr, %[count]\n1:\n\tvldrh.u16 q0, [%[at], q1]\n\tadd %[at], %[at], r6\n\tvaddva.s16 %[sum], q0\n\t"
        "vstrh.16 q0, [%[row]], #16\n\tletp lr, 1b\n\t"
        : [sum] "+r"(sum), [at] "+r"(at), [row] "+r"(row)
        : [step] "r"(step), [count] "r"(count)
        : "r6", "lr", "cc", "memory", "d0", "d1", "d2", "d3");
    s.v[j] = sum;
  }
  return s;
}

/// Whether weights are kept with eight more bits and steps applied as they come.
constexpr bool learns_plainly(learning_rule r) {
  return r.is_plain() && r.residual_bits == 8 && !r.stochastic && !r.shadow;
}

/// channel::learn for `count` neighbours from `at` on, the gradients sums[i] + more. 3.75 instructions a weight.
template <learning_rule Rule>
THIMBLE_NOINLINE void learn_row(const weights_at<Rule>& to, step_size size, int at, const std::int32_t* sums,
                                std::int32_t more, int count) {
  constexpr std::int32_t low = -(127 << 8) - 128, high = (127 << 8) + 127;
  std::int8_t* value = to.value + at;
  unsigned char* rest = to.residual + at;
  const int exponent = size.exponent + 31, left = exponent < -100 ? -100 : exponent > 100 ? 100 : exponent;
  asm volatile(
      "vdup.32 q3, %[low]\n\tvdup.32 q2, %[high]\n\tvpush {d8-d9}\n\tdlstp.32 lr, %[count]\n1:\n\t"
      "vldrw.32 q0, [%[sums]], #16\n\tvadd.i32 q0, q0, %[more]\n\tvqrdmulh.s32 q0, q0, %[mantissa]\n\t"
      "vqrshl.s32 q0, %[left]\n\tvldrb.s32 q1, [%[value]]\n\tvldrb.s32 q4, [%[rest]]\n\tvshl.i32 q1, q1, #8\n\t"
      "vadd.i32 q1, q1, q4\n\tvqsub.s32 q1, q1, q0\n\tvmax.s32 q1, q1, q3\n\tvmin.s32 q1, q1, q2\n\t"
      "vstrb.32 q1, [%[rest]], #4\n\tvrshr.s32 q1, q1, #8\n\tvstrb.32 q1, [%[value]], #4\n\tletp lr, 1b\n\t"
      "vpop {d8-d9}\n\t"
      : [value] "+l"(value), [rest] "+l"(rest), [sums] "+r"(sums)
      : [count] "r"(count), [more] "r"(more), [mantissa] "r"(size.mantissa), [left] "r"(left), [low] "r"(low),
        [high] "r"(high)
      : "lr", "cc", "memory", "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7");
}

/// The weights [at, at + count) of an output channel.
template <learning_rule Rule>
THIMBLE_INLINE void learn(const typename weight_sink<Rule>::channel& to, int at, const std::int32_t* sums,
                          std::int32_t more, int count) {
  if constexpr (learns_plainly(Rule))
    learn_row(to.to.w, to.size, at, sums, more, count);
  else
    for (int i = 0; i < count; ++i)
      to.learn(at + i,
               static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[i]) + static_cast<std::uint32_t>(more)));
}

}  // namespace thimble::kernels::mve

#endif
