// MEAN over any of rows, columns and channels, forward and backward.
#pragma once
#include <bit>

#include <thimble/kernels/gradient_kind.hpp>
#include <thimble/target/target.hpp>
#include <thimble/tensor/quantization.hpp>
#include <thimble/tensor/shape.hpp>

namespace thimble::kernels {

/// The axes that a mean is over.
struct axes {
  bool rows = false, columns = false, channels = false;
  friend constexpr bool operator==(axes, axes) = default;
};
/// The shape that is left (reduced extents are 1), and how many inputs make an output.
constexpr shape reduced(shape in, axes over) {
  return {over.rows ? 1 : in.h, over.columns ? 1 : in.w, over.channels ? 1 : in.c};
}
constexpr int reduced_count(shape in, axes over) { return in.size() / reduced(in, over).size(); }

/// How a sum of stored values becomes the output: requantize(sum - x_zeros, scale) + y_zero, clamped; x_zeros = count * x_zero.
/// 1 / count is in the multiplier, whose mantissa is cut, not rounded, and lies in (2^29, 2^31): reference_ops::QuantizedMeanOrSum,
/// which TensorFlow Lite Micro takes for every axes, rank and quantization. (Versions before about 2024 divided, towards zero,
/// where input and output share one quantization.)
struct mean_scale {
  int x_zeros = 0;
  multiplier scale;
  int y_zero = 0;
};
constexpr mean_scale mean_scale_of(quantization x, quantization y, int count) {
  const multiplier whole = quantize_multiplier(static_cast<double>(x.scale) / static_cast<double>(y.scale));
  int shift = 31 - std::countl_zero(static_cast<std::uint32_t>(count));
  if (shift > 31 + whole.shift) shift = 31 + whole.shift;
  const auto mantissa = static_cast<std::int32_t>((std::int64_t{whole.mantissa} << shift) / count);
  return {count * x.zero_point, {mantissa, whole.shift - shift}, y.zero_point};
}

/// y = the mean of x over the axes. The sum is exact for at most 2^23 inputs an output.
struct mean_args {
  const std::int8_t* x;
  shape in;
  axes over;
  mean_scale scale;
  std::int8_t* y;
  std::uint8_t* mask;  ///< bit i: the gradient passes output i; or null
};
THIMBLE_INLINE void mean(portable, const mean_args& k) {
  const shape out = reduced(k.in, k.over);
  const shape many{k.in.h / out.h, k.in.w / out.w, k.in.c / out.c};
  int i = 0;
  for (int y = 0; y < out.h; ++y)
    for (int x = 0; x < out.w; ++x)
      for (int c = 0; c < out.c; ++c, ++i) {
        std::int32_t sum = 0;
        for (int v = y; v < y + many.h; ++v)
          for (int u = x; u < x + many.w; ++u) {
            const std::int8_t* const pixel = k.x + (v * k.in.w + u) * k.in.c + c;
            for (int d = 0; d < many.c; ++d) sum += pixel[d];
          }
        const int q = requantize(sum - k.scale.x_zeros, k.scale.scale) + k.scale.y_zero;
        k.y[i] = clamp(q, {}, k.mask, i);
      }
}

/// dx = round(dy * factor) for every input of an output: factor = s_x / (count s_y) in gradient units.
template <class Gradient>
struct mean_gradient_args {
  const Gradient* dy;
  shape in;
  axes over;
  typename arithmetic<Gradient>::factor factor;
  Gradient* dx;
  bool adds;
};
template <class Gradient>
THIMBLE_INLINE void mean_gradient(portable, const mean_gradient_args<Gradient>& k) {
  const shape out = reduced(k.in, k.over);
  int i = 0;
  for (int y = 0; y < k.in.h; ++y)
    for (int x = 0; x < k.in.w; ++x) {
      const Gradient* const dy = k.dy + ((k.over.rows ? 0 : y) * out.w + (k.over.columns ? 0 : x)) * out.c;
      for (int c = 0; c < k.in.c; ++c, ++i)
        put(k.dx[i], arithmetic<Gradient>::scaled(dy[k.over.channels ? 0 : c], k.factor), k.adds);
    }
}

template <class Target = native>
THIMBLE_NOINLINE void run(const mean_args& a) {
  mean(Target{}, a);
}
template <class Target = native, class Gradient>
THIMBLE_NOINLINE void run(const mean_gradient_args<Gradient>& a) {
  mean_gradient(Target{}, a);
}

}  // namespace thimble::kernels
