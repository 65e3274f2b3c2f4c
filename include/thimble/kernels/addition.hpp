// Element-wise sum and difference of two tensors, broadcast or not, and the gradient of a side that was not broadcast.
#pragma once
#include <thimble/kernels/addition/reference.hpp>
#include <thimble/kernels/gradient_kind.hpp>
#include <thimble/target/target.hpp>

namespace thimble::kernels {

/// As TFLite's ADD makes them (micro/kernels/add_common.cc): in double.
constexpr addition_scales addition_scales_of(double a, double b, double y) {
  const double twice = 2 * (a > b ? a : b);
  return {quantize_multiplier(a / twice), quantize_multiplier(b / twice), quantize_multiplier(twice / ((1 << 20) * y))};
}
/// As TFLite Micro's SUB makes them (micro/kernels/sub_common.cc): the quotients are float, so they may differ from ADD's.
constexpr addition_scales subtraction_scales_of(float a, float b, float y) {
  const float twice = 2 * (a > b ? a : b);
  return {quantize_multiplier(static_cast<double>(a / twice)), quantize_multiplier(static_cast<double>(b / twice)),
          quantize_multiplier(static_cast<double>(twice / (0x1p20f * y)))};
}

/// The same with a' - b': TFLite's reference SUB.
struct subtraction_args : addition_args {};

THIMBLE_INLINE void subtraction(portable, const subtraction_args& k) {
  for_each_pair(k.pairs, [&](int i, int a, int b) THIMBLE_LAMBDA_INLINE {
    const std::int32_t difference = widened(k.a[a], k.a_zero, k.scales.a) - widened(k.b[b], k.b_zero, k.scales.b);
    k.y[i] = clamp(scale_down(difference, k.scales.y) + k.y_zero, k.range, k.mask, i);
  });
}

/// dx = round(dy * f): the gradient of one side, f = s_x / s_y in gradient units. May lie over dy. For a side that was
/// broadcast, and for the subtracted one, see product_gradient_args.
template <class Gradient>
struct scaled_gradient_args {
  const Gradient* dy;
  typename arithmetic<Gradient>::factor factor;
  Gradient* dx;
  bool adds;
  int count;
};
template <class Gradient>
THIMBLE_INLINE void scaled_gradient(portable, const scaled_gradient_args<Gradient>& a) {
  for (int i = 0; i < a.count; ++i) put(a.dx[i], arithmetic<Gradient>::scaled(a.dy[i], a.factor), a.adds);
}

}  // namespace thimble::kernels

#include <thimble/kernels/addition/arm_dsp.hpp>
#include <thimble/kernels/addition/arm_mve.hpp>
#include <thimble/kernels/addition/arm_thumb.hpp>
#include <thimble/kernels/addition/gradient_arm_dsp.hpp>
#include <thimble/kernels/addition/gradient_arm_mve.hpp>
#include <thimble/kernels/addition/gradient_x86.hpp>
#include <thimble/kernels/addition/x86.hpp>

namespace thimble::kernels {

// These take no geometry: one copy serves every layer of a kind.
template <class Target = native>
THIMBLE_NOINLINE void run(const addition_args& a) {
  addition(Target{}, a);
}
template <class Target = native>
THIMBLE_NOINLINE void run(const subtraction_args& a) {
  subtraction(Target{}, a);
}
template <class Target = native, class Gradient>
THIMBLE_NOINLINE void run(const scaled_gradient_args<Gradient>& a) {
  scaled_gradient(Target{}, a);
}

}  // namespace thimble::kernels
