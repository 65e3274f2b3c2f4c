// What TensorFlow Lite's specification says of single operations, for the tests of kernels. Straightforward, with libm and wide
// integers; it shares no code with the library.
#pragma once
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace thimble::test::spec {

/// gemmlowp's SaturatingRoundingDoublingHighMul: its own words, with a nudge and C's division.
inline std::int32_t high_multiply(std::int32_t a, std::int32_t b) {
  if (a == b && a == INT32_MIN) return INT32_MAX;
  const std::int64_t product = std::int64_t{a} * b;
  const std::int64_t nudge = product >= 0 ? std::int64_t{1} << 30 : 1 - (std::int64_t{1} << 30);
  return static_cast<std::int32_t>((product + nudge) / (std::int64_t{1} << 31));
}
/// RoundingDivideByPOT: to nearest, halves away from zero.
inline std::int32_t divide_by_power(std::int32_t v, int exponent) {
  const std::int64_t magnitude = std::abs(std::int64_t{v}), half = exponent > 0 ? std::int64_t{1} << (exponent - 1) : 0;
  const std::int64_t q = (magnitude + half) >> exponent;
  return static_cast<std::int32_t>(v < 0 ? -q : q);
}

struct factor {
  std::int32_t mantissa = 0;
  int shift = 0;
};
/// QuantizeMultiplier, by frexp and round; of either sign.
inline factor quantize(double v) {
  if (v == 0) return {};
  int shift = 0;
  auto q = static_cast<std::int64_t>(std::round(std::frexp(v, &shift) * 0x1p31));
  if (q == std::int64_t{1} << 31) q /= 2, ++shift;
  if (shift < -31) return {};
  return {static_cast<std::int32_t>(q), shift};
}
/// MultiplyByQuantizedMultiplier with two roundings.
inline std::int32_t multiply(std::int32_t v, factor f) {
  const int left = f.shift > 0 ? f.shift : 0, right = f.shift > 0 ? 0 : -f.shift;
  return divide_by_power(
      high_multiply(static_cast<std::int32_t>(std::int64_t{v} * (std::int64_t{1} << left)), f.mantissa), right);
}
inline int clamp(int v, int low, int high) { return v < low ? low : v > high ? high : v; }

/// A fixed-point number's rescaling to fewer integer bits: saturating.
inline std::int32_t shift_left(std::int32_t v, int exponent) {
  const std::int64_t wide = std::int64_t{v} * (std::int64_t{1} << exponent);
  return wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : static_cast<std::int32_t>(wide);
}

/// gemmlowp's exp_on_negative_values of a number with `bits` integer bits (at most 5); the result has none.
inline std::int32_t exp_on_negative_values(std::int32_t a, int bits) {
  const int fraction = 31 - bits;
  const std::int32_t quarter = 1 << (fraction - 2);
  const std::int32_t mod = (a & (quarter - 1)) - quarter;
  const std::int32_t x = shift_left(mod, bits) + (1 << 28);
  const std::int32_t constant = 1895147668, third = 715827883;
  const std::int32_t x2 = high_multiply(x, x), x3 = high_multiply(x2, x), x4 = high_multiply(x2, x2);
  const std::int32_t series = divide_by_power(high_multiply(divide_by_power(x4, 2) + x3, third) + x2, 1);
  std::int32_t result = constant + high_multiply(constant, x + series);
  const std::int32_t remainder = mod - a;
  for (int exponent = -2; exponent < bits; ++exponent) {
    const double real = std::exp(-std::pow(2.0, exponent));
    const auto multiplier = static_cast<std::int32_t>(std::round(real * 0x1p31));
    if ((remainder & (1 << (fraction + exponent))) != 0) result = high_multiply(result, multiplier);
  }
  return a == 0 ? INT32_MAX : result;
}
/// gemmlowp's one_over_one_plus_x_for_x_in_0_1.
inline std::int32_t one_over_one_plus_x(std::int32_t a) {
  const auto half_denominator = static_cast<std::int32_t>((std::int64_t{a} + INT32_MAX + 1) / 2);
  std::int32_t x = 1515870810 + high_multiply(half_denominator, -1010580540);
  for (int i = 0; i < 3; ++i) x = x + shift_left(high_multiply(x, (1 << 29) - high_multiply(half_denominator, x)), 2);
  return shift_left(x, 1);
}

// ---- random data

class random_values {
 public:
  explicit random_values(unsigned seed) : bits_(seed) {}
  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(bits_); }
  double real(double low, double high) { return std::uniform_real_distribution<double>(low, high)(bits_); }
  /// Values of [low, high], the two ends among them.
  template <class T>
  std::vector<T> tensor(int count, int low, int high) {
    std::vector<T> v(static_cast<std::size_t>(count));
    for (T& x : v) x = static_cast<T>(between(0, 7) == 0 ? (between(0, 1) == 0 ? low : high) : between(low, high));
    return v;
  }
  std::vector<std::int8_t> int8(int count) { return tensor<std::int8_t>(count, -128, 127); }
  std::vector<std::int16_t> int16(int count, int most = 32767) { return tensor<std::int16_t>(count, -most, most); }

 private:
  std::mt19937 bits_;
};

inline std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// A gradient is right within `slack` units of real, which saturates.
inline bool near(std::int16_t gradient, double real, double slack) {
  const double limited = real > 32767 ? 32767 : real < -32768 ? -32768 : real;
  return std::abs(gradient - limited) <= slack + 1e-6 * std::abs(limited);
}

}  // namespace thimble::test::spec
