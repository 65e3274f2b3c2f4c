// Softmax and cross entropy on Q15.16 logits, in integers.
#pragma once
#include <thimble/kernels/gradient_kind.hpp>
#include <thimble/target/target.hpp>
#include <thimble/tensor/fixed_point.hpp>

namespace thimble::kernels {

/// The largest logit (the first of equals), and sum over classes of exp(logit - largest) in Q.31.
struct softmax_sum {
  int best = 0;
  std::uint64_t sum = 0;
};

/// exp(z - largest) in Q0.31; differences under -32 count as -32.
THIMBLE_INLINE constexpr std::int32_t exp_of_difference(std::int32_t z, std::int32_t largest) {
  const std::int64_t difference = (std::int64_t{z} - largest) * 1024;  // Q15.16 to Q.26
  constexpr std::int64_t lowest = std::numeric_limits<std::int32_t>::min();
  return fixed_point::exp_of_negative(static_cast<std::int32_t>(difference < lowest ? lowest : difference));
}

/// z(i) is a logit in Q15.16. Exact: 2^33 classes would be needed to overflow.
template <class Logits>
THIMBLE_INLINE constexpr softmax_sum sum_of_exponentials(Logits z, int classes) {
  softmax_sum s;
  for (int i = 1; i < classes; ++i)
    if (z(i) > z(s.best)) s.best = i;
  const std::int32_t largest = z(s.best);
  for (int i = 0; i < classes; ++i) s.sum += static_cast<std::uint32_t>(exp_of_difference(z(i), largest));
  return s;
}

/// 2^62 / sum, and probability p = e * reciprocal / 2^31 in Q0.31 (error under 2^-28 for 1,000 classes).
constexpr std::uint64_t reciprocal(std::uint64_t sum) { return (std::uint64_t{1} << 62) / sum; }
THIMBLE_INLINE constexpr std::int32_t probability(std::int32_t e, std::uint64_t reciprocal) {
  const auto p = static_cast<std::int64_t>(static_cast<std::uint64_t>(e) * reciprocal >> 31);
  return saturate<std::int32_t>(p);
}

template <class Gradient>
struct cross_entropy_args {
  const std::int32_t* z;  ///< logits, Q15.16
  int classes, label;
  std::int32_t* difference;  ///< scratch: p - onehot, Q0.31; may be z
  multiplier scale;          ///< of stored logits; no mantissa: 1
  int bits;                  ///< of the largest gradient's magnitude
  Gradient* dz;              ///< gradient of the logits, the largest in [2^(bits - 1), 2^bits)
  int* exponent;             ///< dz = (p - onehot) * scale * 2^-exponent
  std::int32_t* loss;        ///< -log p[label], Q15.16
};

template <class Gradient>
THIMBLE_INLINE void cross_entropy(portable, const cross_entropy_args<Gradient>& a) {
  const softmax_sum s = sum_of_exponentials([&](int i) THIMBLE_LAMBDA_INLINE { return a.z[i]; }, a.classes);
  const std::uint64_t r = reciprocal(s.sum);
  const std::int32_t best = a.z[s.best], below = saturate<std::int32_t>(std::int64_t{best} - a.z[a.label]);
  std::uint32_t largest = 0;
  for (int i = 0; i < a.classes; ++i) {
    const std::int32_t p = probability(exp_of_difference(a.z[i], best), r);
    std::int32_t d = i == a.label ? (p - 1) - std::numeric_limits<std::int32_t>::max() : p;
    if (a.scale.mantissa != 0) d = doubling_high_multiply(d, a.scale.mantissa);
    a.difference[i] = d;
    const auto magnitude = static_cast<std::uint32_t>(d < 0 ? -std::int64_t{d} : std::int64_t{d});
    if (magnitude > largest) largest = magnitude;
  }
  *a.exponent = arithmetic<Gradient>::begin([&](int i) THIMBLE_LAMBDA_INLINE { return a.difference[i]; }, a.classes,
                                            largest, a.bits, a.scale.shift - 31, a.dz);
  *a.loss = saturate<std::int32_t>(std::int64_t{fixed_point::log_of(s.sum)} + below);
}

template <class Target = native, class Gradient>
THIMBLE_NOINLINE void run(const cross_entropy_args<Gradient>& a) {
  cross_entropy(Target{}, a);
}

}  // namespace thimble::kernels
