// Learning rates that change from step to step, the same bits on every core: integers make a factor of at most 24 bits, and one
// float multiplication, which IEEE 754 defines to the last bit with an FPU or without, puts it on the rates.
#pragma once
#include <cstdint>

#include <thimble/training/rates.hpp>

namespace thimble {

namespace detail {

/// (1 - cos(pi * k / 128)) / 2 in Q0.16, rounded to nearest, for k in [0, 64]; one more for the interpolation at 64. 132 bytes.
struct descent_table {
  std::uint16_t v[66];
};
inline constexpr descent_table descent = [] {
  descent_table t{};
  for (int k = 0; k < 66; ++k) {
    const double x = 3.14159265358979323846 * k / 128;
    double sum = 0, term = 1;  // 1 - cos(x): 12 terms leave under 1e-18
    for (int n = 1; n <= 12; ++n) sum -= term *= -x * x / ((2 * n - 1) * (2 * n));
    t.v[k] = static_cast<std::uint16_t>(32768 * sum + 0.5);
  }
  return t;
}();

/// (1 - cos(pi * t / steps)) / 2 in Q0.32 for t < steps, to within 2^-14.4: linear between the table's entries (2^-14.7), whose
/// rounding adds 2^-17. Monotone.
constexpr std::uint64_t descended(std::uint32_t t, std::uint32_t steps) {
  constexpr std::uint32_t half = 1u << 22;
  const auto phase = static_cast<std::uint32_t>((std::uint64_t{t} << 23) / steps);
  const std::uint32_t mirrored = phase < half ? phase : 2 * half - phase;
  const std::uint32_t k = mirrored >> 16, low = descent.v[k], next = descent.v[k + 1];
  const std::uint32_t v = (low << 16) + (next - low) * (mirrored & 0xFFFF);  // at most 2^31
  return phase < half ? v : (std::uint64_t{1} << 32) - v;
}

/// rates * factor, each product rounded once, to nearest even. (One under 2^-126 may be a denormal or zero, as the core has it: for
/// a learner both are zero.) What a learner refuses stays as it is.
constexpr rates reduced(rates r, float factor) {
  return {is_valid_rate(r.learning_rate) ? r.learning_rate * factor : r.learning_rate,
          is_valid_rate(r.bias_learning_rate) ? r.bias_learning_rate * factor : r.bias_learning_rate};
}
/// rates * factor * 2^-24 for factor <= 2^24, which is exact in float.
constexpr rates reduced(rates r, std::uint32_t factor) { return reduced(r, static_cast<float>(factor) * 0x1p-24f); }

}  // namespace detail

/// The same rates at each step.
struct constant_rate {
  float learning_rate = 8e-4f;
  float bias_learning_rate = 0.5f * learning_rate;

  [[nodiscard]] constexpr rates at(std::uint32_t /*step*/) const { return {learning_rate, bias_learning_rate}; }
};

/// Half a cosine from the full rates to the final ones, after a linear warm-up. With w = warm_up_steps and step from 0:
///   step >= steps:  rate * final_fraction, exactly, for ever
///   step < w:       rate * (step + 1) / w, the quotient cut to 24 bits; rate itself, exactly, at w - 1
///   else:           rate * (f + (1 - f) * (1 + cos(pi * (step - w) / (steps - w))) / 2), f = final_fraction, to within
///                   2^-14 of the rate; rate itself, exactly, at w
/// It never falls during warm-up and never rises after. A warm-up of `steps` or more is cut off by the end; with steps = 0 all
/// is end. Of the method's published code (github.com/mit-han-lab/tiny-training, CosineLRwithWarmup) but for two things: there
/// the first step learns nothing, and the cosine would end w steps after the training.
/// Costs one 64-bit division: under 1,500 instructions on a Cortex-M0.
struct cosine_rate {
  float learning_rate = 8e-4f;                      ///< the highest
  float bias_learning_rate = 0.5f * learning_rate;  ///< the highest of the biases
  std::uint32_t steps = 0;                          ///< of the whole training, warm-up included
  std::uint32_t warm_up_steps = 0;
  float final_fraction = 0;  ///< in [0, 1]; over 1 counts as 1, negative, infinite or not a number as 0

  [[nodiscard]] constexpr rates at(std::uint32_t step) const {
    const rates full{learning_rate, bias_learning_rate};
    const float f = !is_valid_rate(final_fraction) ? 0 : final_fraction < 1 ? final_fraction : 1;
    if (step >= steps) return detail::reduced(full, f);
    constexpr std::uint32_t one = 1u << 24;
    if (step < warm_up_steps)
      return detail::reduced(full, static_cast<std::uint32_t>(((std::uint64_t{step} + 1) << 24) / warm_up_steps));
    const float last = f * 0x1p24f;
    const auto whole = static_cast<std::uint32_t>(last);
    const std::uint32_t end = whole + (static_cast<float>(whole) < last ? 1 : 0);  // up: never under the final rate
    const std::uint64_t fall = (one - end) * detail::descended(step - warm_up_steps, steps - warm_up_steps) >> 32;
    return detail::reduced(full, one - static_cast<std::uint32_t>(fall));
  }
};

}  // namespace thimble
