// Element-wise product of two tensors, broadcast or not; the gradient of products, sums and differences.
#pragma once
#include <thimble/kernels/gradient_kind.hpp>
#include <thimble/kernels/pairing.hpp>
#include <thimble/target/target.hpp>

namespace thimble::kernels {

/// The multiplier s_a s_b / s_y, as TFLite's MUL makes it (micro/kernels/mul_common.cc).
constexpr multiplier product_scale_of(double a, double b, double y) { return quantize_multiplier(a * b / y); }

/// y = clamp(requantize((a - a_zero) * (b - b_zero)) + y_zero): TFLite's reference MUL, bit for bit. The product is at most
/// 255^2. y may lie over an input that is not broadcast, if backward does not need it.
struct multiplication_args {
  pairing pairs;
  const std::int8_t *a, *b;
  int a_zero, b_zero, y_zero;
  multiplier scale;
  limits range;
  std::int8_t* y;
  std::uint8_t* mask;  ///< bit i: the gradient passes output i; or null
};
THIMBLE_INLINE void multiplication(portable, const multiplication_args& k) {
  for_each_pair(k.pairs, [&](int i, int a, int b) THIMBLE_LAMBDA_INLINE {
    const std::int32_t product = (k.a[a] - k.a_zero) * (k.b[b] - k.b_zero);
    k.y[i] = clamp(requantize(product, k.scale) + k.y_zero, k.range, k.mask, i);
  });
}

/// dx[j] = sum * value(factor) * 2^raise, sum = the sum over the outputs that x[j] was broadcast to of
/// dy * (other - other_zero): a product's gradient for x (factor s_x s_other / s_y). Without `other` (null) the second term is
/// 1: the gradient of one side of a sum or difference that was broadcast (factor s_x / s_y); `negative` for the side
/// subtracted. The sum is exact in 64 bits, saturated to int32, then scale16's two roundings, saturated to int16. dx may lie
/// over dy if x has the output's shape and the other side has been served.
template <class Gradient>
struct product_gradient_args {
  pairing pairs;  ///< pair(x, other): x is its a
  const Gradient* dy;
  const std::int8_t* other;
  int other_zero;
  multiplier factor;
  int raise;
  bool negative;
  Gradient* dx;
  bool adds;
};
template <class Gradient>
THIMBLE_INLINE void product_gradient(portable, const product_gradient_args<Gradient>& k) {
  using math = arithmetic<Gradient>;
  using term = typename math::term;
  gather_pairs<typename math::sum>(
      k.pairs,
      [&](int i, int, int b) THIMBLE_LAMBDA_INLINE {
        return k.other == nullptr ? term{k.dy[i]} : k.dy[i] * static_cast<term>(k.other[b] - k.other_zero);
      },
      [&](int j, typename math::sum sum)
          THIMBLE_LAMBDA_INLINE { put(k.dx[j], math::scaled(k.negative ? -sum : sum, k.factor, k.raise), k.adds); });
}

template <class Target = native>
THIMBLE_NOINLINE void run(const multiplication_args& a) {
  multiplication(Target{}, a);
}
template <class Target = native, class Gradient>
THIMBLE_NOINLINE void run(const product_gradient_args<Gradient>& a) {
  product_gradient(Target{}, a);
}

}  // namespace thimble::kernels
