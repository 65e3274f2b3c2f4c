// Element-wise sum of two tensors of one shape, forward and backward.
#pragma once
#include <thimble/kernels/gradient.hpp>
#include <thimble/target/target.hpp>

namespace thimble::kernels {

/// Multipliers as TFLite's ADD makes them: a = s_a / (2 max(s_a, s_b)), b likewise, y = 2 max(s_a, s_b) / (2^20 s_y).
struct addition_args {
  const std::int8_t *a, *b;
  int a_zero, b_zero, y_zero;
  multiplier a_scale, b_scale, y_scale;
  limits range;
  std::int8_t* y;
  std::uint8_t* mask;
  int begin, end;
};

/// y = clamp(requantize(a' + b') + y_zero), each input widened by 20 bits first: TFLite's reference ADD, bit for bit.
THIMBLE_INLINE void addition(portable, const addition_args& k) {
  for (int i = k.begin; i < k.end; ++i) {
    const std::int32_t a = requantize((k.a[i] - k.a_zero) * (1 << 20), k.a_scale);
    const std::int32_t b = requantize((k.b[i] - k.b_zero) * (1 << 20), k.b_scale);
    k.y[i] = clamp(requantize(a + b, k.y_scale) + k.y_zero, k.range, k.mask, i);
  }
}

/// dx = round(dy * f): the gradient of one side, f = s_x / s_y in gradient units. May lie over dy.
struct scaled_gradient_args {
  const std::int16_t* dy;
  gradient_factor factor;
  std::int16_t* dx;
  bool adds;
  int count;
};
THIMBLE_INLINE void scaled_gradient(portable, const scaled_gradient_args& a) {
  for (int i = 0; i < a.count; ++i) put(a.dx[i], scale16(a.dy[i], a.factor, 32767), a.adds);
}

// These take no geometry: one copy serves every layer of a kind.
template <class Target = native>
THIMBLE_NOINLINE void run(const addition_args& a) {
  addition(Target{}, a);
}
template <class Target = native>
THIMBLE_NOINLINE void run(const scaled_gradient_args& a) {
  scaled_gradient(Target{}, a);
}

}  // namespace thimble::kernels
