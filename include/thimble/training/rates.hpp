// Learning rates enter as float and go on as integers, taken from their bits.
#pragma once
#include <bit>
#include <cstdint>

#include <thimble/kernels/gradient.hpp>

namespace thimble {

/// Rates of one step, for the real-valued parameters: quantization-aware scaling makes an int8 step equal to a float one.
struct rates {
  float learning_rate = 8e-4f;
  float bias_learning_rate = 0.5f * learning_rate;
};

/// mantissa * 2^exponent, the 24 bits of the float at the top of 31. Zero for zero and denormals.
constexpr kernels::step_size rate_of(float rate) {
  const auto bits = std::bit_cast<std::uint32_t>(rate);
  const auto exponent = static_cast<int>(bits >> 23 & 0xFF);
  if (exponent == 0) return {};
  return {((bits & 0x7FFFFF) | 0x800000) << 7, exponent - 127 - 30};
}
constexpr bool is_valid_rate(float rate) {
  return std::bit_cast<std::uint32_t>(rate) < 0x7F800000u;
}  // finite, no sign

/// rate * factor * 2^raise, the mantissa rounded to nearest.
constexpr kernels::step_size scaled(kernels::step_size rate, multiplier factor, int raise) {
  if (rate.mantissa == 0 || factor.mantissa == 0) return {};
  const std::uint64_t product = std::uint64_t{rate.mantissa} * static_cast<std::uint32_t>(factor.mantissa);
  const int low = (product >> 61) != 0 ? 31 : 30;
  const std::uint64_t rounded = (product + (std::uint64_t{1} << (low - 1))) >> low;  // may reach 2^31
  const int carry = static_cast<int>(rounded >> 31);
  return {static_cast<std::uint32_t>(rounded >> carry), rate.exponent + factor.shift - 31 + low + carry + raise};
}

}  // namespace thimble
