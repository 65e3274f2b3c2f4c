// Pointwise convolutions and dense layers without a loop over their products. `full`: the weights are literals in straight-line code, and
// those that are zero cost nothing. `inner`: one output's products are unrolled, its weights read from flash.
#pragma once
#include <utility>

#include <thimble/kernels/convolution/arguments.hpp>
#include <thimble/kernels/lanes.hpp>

namespace thimble::kernels {

/// Without a mask: requantized and clamped.
THIMBLE_INLINE std::int8_t finished(portable, std::int32_t v, multiplier m, int y_zero, limits range) {
  return clamp(requantize(v, m) + y_zero, range, nullptr, 0);
}

}  // namespace thimble::kernels

#include <thimble/kernels/unrolled_convolution/arm_dsp.hpp>

namespace thimble::kernels {

/// What is not constant. mask: one bit an output, or null.
struct unrolled_args {
  const std::int8_t* x;
  const std::int8_t* w;  ///< of `inner`
  std::int8_t* y;
  std::uint8_t* mask;
};

/// Output pixels that share a literal weight; of one row of output only, as y may lie over x.
constexpr int pixels_at_once(const shape& out) { return out.w % 2 == 0 ? 2 : 1; }

/// A constant that the compiler may not take apart into shifts and sums, which are longer than a multiplication; powers of two it may.
template <int Weight>
THIMBLE_INLINE int literal() {
  constexpr int magnitude = Weight < 0 ? -Weight : Weight;
  int w = Weight;
  if constexpr ((magnitude & (magnitude - 1)) != 0)
    asm volatile("" : "+r"(w));  // volatile: not kept from pixel to pixel on the stack
  return w;
}

template <int Weight, int Pixels>
THIMBLE_INLINE void add_product(lanes<std::uint32_t, Pixels>& sum, const std::int8_t* x, int next) {
  if constexpr (Weight != 0) {
    const int w = literal<Weight>();
#pragma GCC unroll 2
    for (int p = 0; p < Pixels; ++p) sum[p] += static_cast<std::uint32_t>(x[p * next] * w);
  }
}

/// Stores output i, whose accumulator is v.
template <class Target, class Layer>
THIMBLE_INLINE void store_output(const unrolled_args& a, int i, std::int32_t v, multiplier m) {
  if constexpr (Layer::masked)
    a.y[i] = clamp(requantize(v, m) + Layer::y_zero, Layer::range, a.mask, i);
  else
    a.y[i] = finished(Target{}, v, m, Layer::y_zero, Layer::range);
}

/// y[O] of Pixels pixels from x on, the first output's number `at`. Layer: its constants. Sums wrap as unsigned numbers do: the zero point
/// is taken off with the bias, as x_zero times the sum of the weights, and only the result fits int32.
template <class Target, class Layer, int O, int Pixels, int... I>
THIMBLE_INLINE void unrolled_output(const unrolled_args& a, const std::int8_t* x, int at,
                                    std::integer_sequence<int, I...>) {
  constexpr int in = sizeof...(I);
  constexpr int weights = (0 + ... + Layer::weight(O * in + I));
  constexpr multiplier m = Layer::scale(O);
  constexpr std::uint32_t first =
      static_cast<std::uint32_t>(Layer::bias(O)) - static_cast<std::uint32_t>(Layer::x_zero * weights);
  lanes<std::uint32_t, Pixels> sum;
#pragma GCC unroll 2
  for (int p = 0; p < Pixels; ++p) sum[p] = first;
  (add_product<Layer::weight(O * in + I)>(sum, x + I, in), ...);
#pragma GCC unroll 2
  for (int p = 0; p < Pixels; ++p)
    store_output<Target, Layer>(a, at + p * Layer::out.c + O, static_cast<std::int32_t>(sum[p]), m);
}

/// Weights are literals.
template <class Target, class Layer, int... O>
THIMBLE_NOINLINE void convolve_unrolled(unrolled_args a, std::integer_sequence<int, O...>) {
  constexpr shape in = Layer::in, out = Layer::out;
  constexpr int step = pixels_at_once(out);
  for (int n = 0; n < out.pixels(); n += step)
    (unrolled_output<Target, Layer, O, step>(a, a.x + n * in.c, n * out.c, std::make_integer_sequence<int, in.c>{}),
     ...);
}

/// Only the products of one sum are unrolled.
template <class Target, class Layer, int... I>
THIMBLE_NOINLINE void convolve_inner(unrolled_args a, multipliers scale, const std::int32_t* bias,
                                     std::integer_sequence<int, I...>) {
  constexpr shape in = Layer::in, out = Layer::out;
  const std::int8_t* const weights = launder(a.w);
  for (int n = 0; n < out.pixels(); ++n) {
    const std::int8_t *const x = a.x + n * in.c, *w = weights;
    for (int o = 0; o < out.c; ++o, w += in.c)
      store_output<Target, Layer>(
          a, n * out.c + o, (bias != nullptr ? bias[o] : 0) + (0 + ... + ((x[I] - Layer::x_zero) * w[I])), scale[o]);
  }
}

}  // namespace thimble::kernels
