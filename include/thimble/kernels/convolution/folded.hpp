// Zero points of activations folded into biases by the compiler, for layers of which nothing learns.
#pragma once
#include <cstddef>
#include <cstdint>

#include <thimble/tensor/requantize.hpp>

namespace thimble::kernels {

/// What accumulators begin with when x is multiplied as it is: bias[o] less x_zero times the sum of channel o's weights. It fits int32
/// where the bias is within bias_limit.
template <int Channels>
struct folded_biases {
  std::int32_t v[static_cast<std::size_t>(Channels)];
};

/// Loops per channel: compilers limit each. A null bias stands for zeros; others are cut to [-limit, limit], as the layer's own are.
template <int Channels>
constexpr folded_biases<Channels> fold(const std::int8_t* w, int fan_in, const std::int32_t* bias, std::int32_t limit,
                                       int x_zero) {
  folded_biases<Channels> t{};
  for (int o = 0; o < Channels; ++o, w += fan_in) {
    std::int32_t sum = 0;
    for (int i = 0; i < fan_in; ++i) sum += w[i];
    const std::int32_t b = bias == nullptr ? 0 : bias[o];
    t.v[o] = (b < -limit ? -limit : b > limit ? limit : b) - x_zero * sum;
  }
  return t;
}

/// Whether every channel's multiplier shifts to the right, by one bit at least, or is zero: what kernels with folded biases take.
constexpr bool all_shift_right(multipliers scale, int channels) {
  for (int o = 0; o < channels; ++o)
    if (scale.shift[o] >= 0 && scale.mantissa[o] != 0) return false;
  return true;
}

}  // namespace thimble::kernels
