// Requantization, rounding, exponentials: the values that the specification states.
#include <thimble/kernels/gradient.hpp>
#include <thimble/kernels/softmax.hpp>
#include <thimble/tensor/fixed_point.hpp>
#include <thimble/training/exponents.hpp>
#include <thimble/training/rates.hpp>

using namespace thimble;

constexpr std::int32_t low = -2147483647 - 1, high = 2147483647;

// TensorFlow Lite's QuantizeMultiplier
static_assert(quantize_multiplier(0.5) == multiplier{1 << 30, 0});
static_assert(quantize_multiplier(1.0) == multiplier{1 << 30, 1});
static_assert(quantize_multiplier(0.75) == multiplier{1610612736, 0});
static_assert(quantize_multiplier(0.9999999999) == multiplier{1 << 30, 1});  // the mantissa rounds up to 2^31
static_assert(quantize_multiplier(0.0) == multiplier{} && quantize_multiplier(1e-11) == multiplier{});  // dead channels
static_assert(scale_factor(0x1p-40) == multiplier{1 << 30, -39});  // no flush for factors of learning

// gemmlowp: the one overflow saturates; halves go up in the product, away from zero in the shift
static_assert(doubling_high_multiply(low, low) == high);
static_assert(doubling_high_multiply(1 << 30, 1) == 1 && doubling_high_multiply(-(1 << 30), 1) == 0);
static_assert(rounding_divide(5, 1) == 3 && rounding_divide(-5, 1) == -3 && rounding_divide(-4, 3) == -1);
static_assert(rounding_divide(low, 31) == -1 && rounding_divide(high, 31) == 1 && rounding_divide(7, 0) == 7);
static_assert(requantize(100, quantize_multiplier(0.25)) == 25 && requantize(-6, quantize_multiplier(0.25)) == -2);
static_assert(requantize(3, quantize_multiplier(4.0)) == 12);

// Rounding shifts of gradients: to nearest, halves up, saturating, any shift
static_assert(shift_round(5, 1) == 3 && shift_round(-5, 1) == -2 && shift_round(1, 64) == 0 &&
              shift_round(-1, 63) == 0);
static_assert(shift_round(3, -4) == 48 && shift_round(-3, -62) == -(std::int64_t{1} << 62));
static_assert(narrow16(65536, 1) == 32767 && narrow16(-65537, 1) == -32768 && narrow16(3, -2) == 12);
static_assert(narrow16(low, 16) == -32768 && narrow16(high, 31) == 1 && narrow16(low, 31) == -1 &&
              narrow16(low, 32) == 0);
static_assert(bit_length(0) == 0 && bit_length(1) == 1 && bit_length(255) == 8 && bit_length(0x80000000u) == 32);

// exp and log
constexpr int distance(std::int64_t a, double b) {
  const double d = static_cast<double>(a) - b;
  return static_cast<int>(d < 0 ? -d : d);
}
static_assert(fixed_point::exp_of_negative(0) == high);
static_assert(distance(fixed_point::exp_of_negative(-(1 << 26)), 0.36787944117144233 * 0x1p31) < 512);      // e^-1
static_assert(distance(fixed_point::exp_of_negative(-(10 << 26)), 4.5399929762484854e-05 * 0x1p31) < 512);  // e^-10
static_assert(fixed_point::exp_of_negative(low) == 0);
static_assert(fixed_point::log_of(std::uint64_t{1} << 31) == 0);
static_assert(distance(fixed_point::log_of(std::uint64_t{10} << 31), 2.302585092994046 * 65536) < 2);
static_assert(distance(fixed_point::log_of(std::uint64_t{1000} << 31), 6.907755278982137 * 65536) < 2);

// A thousand equal logits: sums are wide enough, each probability is a thousandth
struct thousand {
  std::int32_t v[1000]{};
};
constexpr thousand equal{};
constexpr auto sum = kernels::sum_of_exponentials([](int i) { return equal.v[i]; }, 1000);
static_assert(sum.sum == std::uint64_t{1000} * high && sum.best == 0);
static_assert(distance(kernels::probability(high, kernels::reciprocal(sum.sum)), 0x1p31 / 1000) < 8);

// Rates: the float's own bits
static_assert(rate_of(1.0f).mantissa == 1u << 30 && rate_of(1.0f).exponent == -30);
static_assert(rate_of(0.75f).mantissa == 3u << 29 && rate_of(0.75f).exponent == -31);
static_assert(rate_of(0.0f).mantissa == 0 && rate_of(1e-40f).mantissa == 0);
static_assert(is_valid_rate(0.0f) && is_valid_rate(3e38f) && !is_valid_rate(-1e-3f) && !is_valid_rate(-0.0f));
static_assert(!is_valid_rate(__builtin_inff()) && !is_valid_rate(__builtin_nanf("")));
static_assert(rates{.learning_rate = 0.5f}.bias_learning_rate == 0.25f);

// Steps: a sum of 1000 at rate 2^-3 over a multiplier of one half
constexpr auto eighth = scaled(rate_of(0.125f), scale_factor(1.0), 0);
static_assert(eighth.mantissa == 1u << 30 && eighth.exponent == -33);

// Learnt weights: Q8.8, nearest, saturating at +-127
constexpr int moved(int value, int residual, std::int32_t step) {
  auto v = static_cast<std::int8_t>(value);
  auto r = static_cast<unsigned char>(residual);
  kernels::weights_at<kernels::learning_rule{}>{&v, &r, 0}.subtract(0, step);
  return v * 256 + static_cast<std::int8_t>(r);
}
static_assert(moved(5, 0, 3) == 5 * 256 - 3);  // the published device makes 4 of 5 - 0.01
static_assert(moved(127, 0, -3 * 256) == 32639 && moved(-127, 0, 3 * 256) == -32640);  // and -126 of 127 + 3
static_assert(moved(0, 0, low) == 32639 && moved(0, 0, high) == -32640);
static_assert(moved(0, 127, -1) == 128);

// Exponents: room for four standard deviations
static_assert(detail::exponent_for(32767.0 * 32767 / 16, 32767) == 0);
static_assert(detail::exponent_for(32768.0 * 32768 / 16, 32767) == 1);
static_assert(detail::exponent_for(1.0 / 16, 32767) == -14);
static_assert(gradient_limit(1) == 32767 && gradient_limit(512) == 32767 && gradient_limit(1024) == 16383);
static_assert(std::int64_t{gradient_limit(4608)} * 128 * 4608 <= high);
