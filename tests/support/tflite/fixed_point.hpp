// The integer arithmetic that TensorFlow Lite's specification rests on, by its definitions: gemmlowp's two roundings and
// its exp, reciprocal and logistic. Values are wide; what would not fit 32 bits there throws here.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>

namespace thimble::test::tflite {

using integer = std::int64_t;
inline constexpr integer two_31 = integer{1} << 31;
inline constexpr integer largest = two_31 - 1, smallest = -two_31;

inline integer fits_32(integer x) {
  if (x < smallest || x > largest) throw std::overflow_error("more than 32 bits");
  return x;
}

/// What 32-bit sums do there when a bias is at the end of its range: they wrap.
inline integer wrapped_32(integer x) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(x)); }

/// value = mantissa * 2^(exponent - 31), mantissa in [2^30, 2^31). Under 2^-32 it is 0.
struct multiplier {
  integer mantissa = 0;
  int exponent = 0;
};
inline multiplier quantize_multiplier(double value) {
  multiplier m;
  if (value == 0) return m;
  m.mantissa = std::llround(std::frexp(value, &m.exponent) * static_cast<double>(two_31));
  if (m.mantissa == two_31) m = {two_31 / 2, m.exponent + 1};
  return m.exponent < -31 ? multiplier{} : m;
}

/// a b / 2^31 to nearest, a tie upwards; -2^31 squared saturates.
inline integer high_product(integer a, integer b) {
  const __int128 sum = static_cast<__int128>(a) * b + (integer{1} << 30);
  const auto whole = static_cast<integer>(sum / two_31);
  return std::min(largest, static_cast<__int128>(whole) * two_31 > sum ? whole - 1 : whole);
}
/// x / 2^n to nearest, a tie away from zero.
inline integer halve(integer x, int n) {
  if (n == 0) return x;
  const integer magnitude = ((x < 0 ? -x : x) + (integer{1} << (n - 1))) / (integer{1} << n);
  return x < 0 ? -magnitude : magnitude;
}
/// x times a multiplier: both roundings, the second only for exponents below 0.
inline integer times(integer x, multiplier m) {
  if (m.exponent > 0) return high_product(fits_32(x * (integer{1} << m.exponent)), m.mantissa);
  return halve(high_product(fits_32(x), m.mantissa), -m.exponent);
}

inline integer shift_left_saturated(integer x, int n) {
  return static_cast<integer>(std::clamp<__int128>(static_cast<__int128>(x) << n, smallest, largest));
}

/// A real as a fraction of 31 bits.
inline integer fraction(double value) { return std::llround(value * static_cast<double>(two_31)); }

/// exp(a / 2^31), a in [-2^29, 0): Taylor to the fourth power around -1/8.
inline integer exp_near_zero(integer a) {
  const integer x = a + two_31 / 8;
  const integer x2 = high_product(x, x), x3 = high_product(x2, x), x4 = high_product(x2, x2);
  const integer cubes = high_product(halve(x4, 2) + x3, fraction(1.0 / 3));  // x^4 / 12 + x^3 / 3
  const integer tail = halve(cubes + x2, 1);
  const integer at_eighth = fraction(std::exp(-0.125));
  return at_eighth + high_product(at_eighth, x + tail);
}

/// exp of a <= 0, which has `whole_bits` integer bits; a fraction of 31 bits.
inline integer exp_of_negative(integer a, int whole_bits) {
  if (a == 0) return largest;
  const int fraction_bits = 31 - whole_bits;
  const integer quarter = integer{1} << (fraction_bits - 2);
  const integer within = (a & (quarter - 1)) - quarter;  // in [-1/4, 0)
  integer result = exp_near_zero(shift_left_saturated(within, whole_bits));
  const integer rest = within - a;  // a multiple of 1/4
  for (int power = -2; power < whole_bits && power <= 4; ++power)
    if ((rest >> (fraction_bits + power)) & 1)
      result = high_product(result, fraction(std::exp(-std::ldexp(1.0, power))));
  return result;
}

/// 1 / (1 + a), a in [0, 1), fractions of 31 bits: three Newton steps for 2 / (1 + a) with 2 integer bits.
inline integer reciprocal_of_one_plus(integer a) {
  const auto two_bits = [](double v) { return std::llround(v * (static_cast<double>(two_31) / 4)); };
  const integer half_denominator = (a + largest + 1) / 2;  // a + largest >= 0
  integer x = two_bits(48.0 / 17) + high_product(half_denominator, two_bits(-32.0 / 17));
  for (int step = 0; step < 3; ++step) {
    const integer miss = two_31 / 4 - high_product(half_denominator, x);
    x = fits_32(x + shift_left_saturated(high_product(x, miss), 2));
  }
  return shift_left_saturated(x, 1);  // half of it, with no integer bits
}

/// 1 / (1 + exp(-a)), a with 4 integer bits.
inline integer logistic_of(integer a) {
  if (a == 0) return two_31 / 2;
  const integer of_magnitude = reciprocal_of_one_plus(exp_of_negative(a > 0 ? -a : a, 4));
  return a > 0 ? of_magnitude : largest - of_magnitude;
}

}  // namespace thimble::test::tflite
