// The logistic function of fixed-point numbers, as gemmlowp computes it, and a double one for derivatives: for tables.
#pragma once
#include <thimble/kernels/reciprocal.hpp>
#include <thimble/tensor/fixed_point.hpp>

namespace thimble::kernels {

/// exp(a) in Q0.31 for a < 0 in Q4.27: gemmlowp's exp_on_negative_values for four integer bits (fixed_point::exp_of_negative
/// is the one for five).
constexpr std::int32_t exp_of_negative_q4(std::int32_t a) {
  constexpr std::int32_t quarter = 1 << 25;
  const std::int32_t mod = (a & (quarter - 1)) - quarter;
  const std::int32_t rest = mod - a;
  std::int32_t y = fixed_point::exp_of_small(mod * 16);
  constexpr std::int32_t factor[] = {1672461947, 1302514674, 790015084,
                                     290630308,  39332535,   720401};  // exp(-2^i), i = -2..3
  for (int i = 0; i < 6; ++i)
    if ((rest >> (25 + i) & 1) != 0) y = doubling_high_multiply(y, factor[i]);
  return y;
}

/// 1 / (1 + exp(-a)) in Q0.31 for a in Q4.27: gemmlowp's logistic, bit for bit.
constexpr std::int32_t logistic_q4(std::int32_t a) {
  if (a == 0) return 1 << 30;
  const std::int32_t positive = one_over_one_plus(exp_of_negative_q4(a < 0 ? a : -a));
  return a > 0 ? positive : std::numeric_limits<std::int32_t>::max() - positive;
}

/// exp(-|x|) in double, relative error under 1e-13; in the compiler only.
constexpr double exp_of_minus(double x) {
  const double magnitude = x < 0 ? -x : x;
  if (magnitude > 700) return 0;
  int halvings = 0;
  double small = -magnitude;
  while (small < -0.5) small /= 2, ++halvings;
  double sum = 1, term = 1;
  for (int n = 1; n < 16; ++n) sum += term *= small / n;
  for (; halvings > 0; --halvings) sum *= sum;
  return sum;
}
/// The derivative of 1 / (1 + exp(-x)), an even function.
constexpr double logistic_derivative(double x) {
  const double e = exp_of_minus(x);
  return e / ((1 + e) * (1 + e));
}

}  // namespace thimble::kernels
