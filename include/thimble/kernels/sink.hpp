// Where gradients of trained parameters go: applied as they are made, or summed over samples first; and in which form a weight is
// kept between steps.
#pragma once
#include <thimble/kernels/gradient.hpp>
#include <thimble/tensor/mixed.hpp>

namespace thimble::kernels {

/// What code a gradient's kernel ends with. Equal rules share one copy.
struct learning_rule {
  int residual_bits = 8;    ///< fractional bits kept beside each int8 weight: 8, 4 or 0
  bool stochastic = false;  ///< without a residual: rounded up with the probability of the fraction
  bool shadow = false;      ///< a float beside each weight: for comparison
  bool scales = true;       ///< quantization-aware scaling
  bool clips = false;
  bool decays = false;
  bool has_momentum = false;
  bool accumulates = false;

  /// Whether a step is applied as it comes, which needs no more bits than the weight's form has.
  [[nodiscard]] constexpr bool is_plain() const { return !clips && !decays && !has_momentum && !accumulates; }
  /// Fractional bits of a weight's step.
  [[nodiscard]] constexpr int step_bits() const { return is_plain() && !stochastic && !shadow ? residual_bits : 24; }
  /// Bytes of the residuals of `weights` weights.
  [[nodiscard]] constexpr int residual_bytes(int weights) const {
    return shadow ? 4 * weights : (weights * residual_bits + 7) / 8;
  }
};

/// Weights in SRAM. The int8 values are one contiguous array, so forward kernels read them as any other weights; what lies
/// beside depends on the form:
/// - 8 or 4 residual bits r: q = 2^r * value + residual, value = floor((q + 2^(r-1)) / 2^r), residuals of 4 bits two a byte, low
///   nibble first. A step is rounded to nearest.
/// - stochastic: nothing; value = floor(value - step + u), u uniform in [0, 1) with 24 bits, a hash of (seed, step, layer, index).
/// - shadow: float: value + residual is the float weight, value its nearest integer.
/// Values saturate to [-127, 127], and with them what lies beside. A step in units of 2^-24 is at most 128.
template <learning_rule Rule>
struct weights_at {
  std::int8_t* value;
  unsigned char* residual;
  std::uint32_t salt;  ///< stochastic: hash of seed, step and layer

  /// The same weights, counted from number i on; i even.
  [[nodiscard]] THIMBLE_INLINE constexpr weights_at from(int i) const {
    return {value + i, residual + Rule.residual_bytes(i), salt + static_cast<std::uint32_t>(i) * 0x9e3779b9u};
  }
  /// -= step * 2^-step_bits.
  THIMBLE_INLINE constexpr void subtract(int i, std::int32_t step) const {
    if constexpr (Rule.shadow) {
      auto* rest = reinterpret_cast<float*>(residual) + i;
      const float w = static_cast<float>(value[i]) + (*rest - static_cast<float>(step) * 0x1p-24f);
      set_shadow(i, rest, w);
    } else if constexpr (Rule.stochastic) {
      const std::uint32_t u = detail::mixed(salt + static_cast<std::uint32_t>(i) * 0x9e3779b9u) >> 8;
      const std::int64_t moved = std::int64_t{value[i]} * (1 << 24) - step + u;
      const auto v = static_cast<std::int32_t>(moved >> 24);
      value[i] = static_cast<std::int8_t>(v < -127 ? -127 : v > 127 ? 127 : v);
    } else {
      constexpr int r = Rule.residual_bits, half = 1 << r >> 1;
      const std::int32_t units = Rule.step_bits() == r ? step : narrow32(step, Rule.step_bits() - r);
      const std::int64_t moved = std::int64_t{stored(i)} - units;
      constexpr std::int32_t low = -(127 << r) - half, high = (127 << r) + half - (half > 0 ? 1 : 0);
      const auto q = static_cast<std::int32_t>(moved < low ? low : moved > high ? high : moved);
      const int v = (q + half) >> r;
      value[i] = static_cast<std::int8_t>(v);
      set_residual(i, q - v * (1 << r));
    }
  }

  /// The weight with all its bits, in units of 2^-step_bits; exact but for shadows.
  THIMBLE_INLINE std::int32_t with_fraction(int i) const {
    if constexpr (Rule.shadow)
      return static_cast<std::int32_t>((static_cast<float>(value[i]) + reinterpret_cast<const float*>(residual)[i]) *
                                       0x1p24f);
    else if constexpr (Rule.stochastic)
      return value[i] * (1 << 24);
    else
      return stored(i) * (1 << (Rule.step_bits() - Rule.residual_bits));
  }

 private:
  [[nodiscard]] THIMBLE_INLINE constexpr std::int32_t stored(int i) const {
    if constexpr (Rule.residual_bits == 0)
      return value[i];
    else if constexpr (Rule.residual_bits == 8)
      return value[i] * 256 + static_cast<std::int8_t>(residual[i]);
    else
      return value[i] * 16 + ((((residual[i >> 1] >> 4 * (i & 1)) & 15) ^ 8) - 8);
  }
  THIMBLE_INLINE constexpr void set_residual(int i, int v) const {
    if constexpr (Rule.residual_bits == 8) {
      residual[i] = static_cast<unsigned char>(v);
    } else if constexpr (Rule.residual_bits == 4) {
      const int shift = 4 * (i & 1), old = residual[i >> 1];
      residual[i >> 1] = static_cast<unsigned char>((old & ~(15 << shift)) | (v & 15) << shift);
    }
  }
  THIMBLE_INLINE void set_shadow(int i, float* rest, float w) const {
    const float limited = w < -127 ? -127.0f : w > 127 ? 127.0f : w;
    const int nearest = static_cast<int>(limited + (limited < 0 ? -0.5f : 0.5f));
    value[i] = static_cast<std::int8_t>(nearest);
    *rest = limited - static_cast<float>(nearest);
  }
};

/// |v| <= limit.
THIMBLE_INLINE constexpr std::int32_t limited(std::int32_t v, std::int32_t limit) {
  return v < -limit ? -limit : v > limit ? limit : v;
}
/// v * factor * 2^-15, towards zero: what is left of a velocity, which so comes to rest.
THIMBLE_INLINE constexpr std::int32_t slowed(std::int32_t v, int factor) {
  return static_cast<std::int32_t>(std::int64_t{v} * factor / 32768);
}
/// The whole number of size * 2^bits, saturated to int32.
THIMBLE_INLINE constexpr std::int32_t whole(step_size size) {
  return narrow32(static_cast<std::int32_t>(size.mantissa), -size.exponent);
}
THIMBLE_INLINE constexpr std::int32_t sum_of(std::int32_t a, std::int32_t b) {
  return saturate<std::int32_t>(std::int64_t{a} + b);
}

/// What all parameters of a layer share. size: the rate with the layer's constant factors, in units of a step.
struct step_of_layer {
  step_size size;
  step_size clip;   ///< rate * the largest gradient that is let through, in the same way
  step_size decay;  ///< rate * weight decay
  int momentum;     ///< Q15
  int largest_shift;
};

/// size for one output channel: by its multiplier m divided, if gradients are scaled; else multiplied.
template <learning_rule Rule>
THIMBLE_INLINE constexpr step_size size_for(step_size size, multiplier m, int largest_shift) {
  if constexpr (Rule.scales)
    return over(size, m, largest_shift);
  else
    return times(size, m);
}

/// Where the gradients of a layer's weights go.
template <learning_rule Rule>
struct weight_sink {
  step_of_layer step;
  weights_at<Rule> w;
  std::int16_t* velocity;  ///< Q4.12, or null
  std::int32_t* sum;       ///< Q8.24, or null

  struct channel {
    const weight_sink& to;
    step_size size;
    std::int32_t limit;
    /// Weight i has the gradient `gradient` (an exact sum, without the channel's factor).
    template <class Gradient>
    THIMBLE_INLINE void learn(int i, Gradient gradient) const {
      std::int32_t move = step_of(gradient, size);
      if constexpr (Rule.clips) move = limited(move, limit);
      if constexpr (Rule.accumulates)
        to.sum[i] = sum_of(to.sum[i], move);
      else
        to.apply(i, move, size.mantissa != 0);
    }
  };
  /// For the weights of an output channel with multiplier m. Dead channels have size zero: they stay as they are.
  [[nodiscard]] THIMBLE_INLINE channel of(multiplier m) const {
    std::int32_t limit = 0;
    if constexpr (Rule.clips) limit = whole(size_for<Rule>(step.clip, m, step.largest_shift));
    return {*this, size_for<Rule>(step.size, m, step.largest_shift), limit};
  }

  /// The same from weight i on; i even.
  [[nodiscard]] THIMBLE_INLINE weight_sink from(int i) const {
    return {step, w.from(i), velocity == nullptr ? nullptr : velocity + i, sum == nullptr ? nullptr : sum + i};
  }
  /// Moves weight i by -step, in units of 2^-step_bits.
  THIMBLE_INLINE void apply(int i, std::int32_t move, bool is_alive) const {
    if constexpr (Rule.decays)
      if (is_alive) move = sum_of(move, step_of(w.with_fraction(i), step.decay));
    if constexpr (Rule.has_momentum) {
      const std::int32_t v = sum_of(slowed(velocity[i], step.momentum), narrow32(move, 12));
      velocity[i] = saturate16(v);
      move = velocity[i] * (1 << 12);
    }
    w.subtract(i, move);
  }
};

/// Where the gradients of a layer's biases go: int32 at scale s_x * s_w, to nearest, saturated to [-limit, limit], within which
/// the layer's accumulator cannot overflow. Neither residual nor decay.
template <learning_rule Rule>
struct bias_sink {
  step_of_layer step;
  std::int32_t* bias;
  std::int32_t limit;
  std::int32_t* velocity;
  std::int32_t* sum;

  /// The same from channel o on.
  [[nodiscard]] THIMBLE_INLINE bias_sink from(int o) const {
    return {step, bias + o, limit, velocity == nullptr ? nullptr : velocity + o, sum == nullptr ? nullptr : sum + o};
  }
  template <class Gradient>
  THIMBLE_INLINE void learn(int o, multiplier m, Gradient gradient) const {
    std::int32_t move = step_of(gradient, size_for<Rule>(step.size, m, step.largest_shift));
    if constexpr (Rule.clips) move = limited(move, whole(size_for<Rule>(step.clip, m, step.largest_shift)));
    if constexpr (Rule.accumulates)
      sum[o] = sum_of(sum[o], move);
    else
      apply(o, move);
  }
  THIMBLE_INLINE void apply(int o, std::int32_t move) const {
    if constexpr (Rule.has_momentum) move = velocity[o] = sum_of(slowed(velocity[o], step.momentum), move);
    const std::int64_t moved = std::int64_t{bias[o]} - move;
    bias[o] = static_cast<std::int32_t>(moved < -limit ? -limit : moved > limit ? limit : moved);
  }
};

}  // namespace thimble::kernels
