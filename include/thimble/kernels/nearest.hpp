// RESIZE_NEAREST_NEIGHBOR by tables of row and column numbers, forward and backward.
#pragma once
#include <array>
#include <cstddef>

#include <thimble/kernels/gradient_kind.hpp>
#include <thimble/target/target.hpp>
#include <thimble/tensor/shape.hpp>

namespace thimble::kernels {

/// The input along one axis that output i takes: TFLite's GetNearestNeighbor, in float as there. Runs in the compiler.
constexpr int nearest_index(int i, int in, int out, bool align_corners, bool half_pixel_centers) {
  const bool aligned = align_corners && out > 1;
  const float scale = static_cast<float>(aligned ? in - 1 : in) / static_cast<float>(aligned ? out - 1 : out);
  const float real = (static_cast<float>(i) + (half_pixel_centers ? 0.5f : 0.0f)) * scale;  // not negative
  int index = static_cast<int>(real);
  if (align_corners && real - static_cast<float>(index) >= 0.5f) ++index;  // round half away from zero, exact
  return index < in - 1 ? index : in - 1;
}
/// The table of one axis: never decreasing.
template <std::size_t Out>
constexpr std::array<std::int16_t, Out> nearest_indices(int in, bool align_corners, bool half_pixel_centers) {
  std::array<std::int16_t, Out> t{};
  int i = 0;
  for (std::int16_t& index : t)
    index = static_cast<std::int16_t>(nearest_index(i++, in, static_cast<int>(Out), align_corners, half_pixel_centers));
  return t;
}

/// y[i, j] = x[rows[i], columns[j]]: a copy, the quantization is kept.
struct nearest_args {
  const std::int8_t* x;
  shape in, out;
  const std::int16_t *rows, *columns;  ///< out.h and out.w of them
  std::int8_t* y;
};
THIMBLE_INLINE void nearest(portable, const nearest_args& k) {
  std::int8_t* y = k.y;
  for (int i = 0; i < k.out.h; ++i)
    for (int j = 0; j < k.out.w; ++j) {
      const std::int8_t* const x = k.x + (k.rows[i] * k.in.w + k.columns[j]) * k.in.c;
      for (int c = 0; c < k.in.c; ++c) *y++ = x[c];
    }
}

/// dx = round(2^-shift * sum of dy over the outputs that took this input), saturated to int16; the sum in 64 bits.
template <class Gradient>
struct nearest_gradient_args {
  const Gradient* dy;
  shape in, out;
  const std::int16_t *rows, *columns;
  int shift;  ///< e_x - e_y
  Gradient* dx;
  bool adds;
};
/// The outputs after `begin` that take input i, for a table that never decreases.
THIMBLE_INLINE int end_of_takers(const std::int16_t* table, int begin, int count, int i) {
  int end = begin;
  while (end < count && table[end] == i) ++end;
  return end;
}
template <class Gradient>
THIMBLE_INLINE void nearest_gradient(portable, const nearest_gradient_args<Gradient>& k) {
  Gradient* dx = k.dx;
  for (int y = 0, top = 0, bottom = 0; y < k.in.h; ++y, top = bottom) {
    bottom = end_of_takers(k.rows, top, k.out.h, y);
    for (int x = 0, left = 0, right = 0; x < k.in.w; ++x, left = right) {
      right = end_of_takers(k.columns, left, k.out.w, x);
      for (int c = 0; c < k.in.c; ++c) {
        typename arithmetic<Gradient>::sum sum = 0;
        for (int i = top; i < bottom; ++i)
          for (int j = left; j < right; ++j) sum += k.dy[(i * k.out.w + j) * k.out.c + c];
        put(*dx++, arithmetic<Gradient>::shifted_sum(sum, k.shift), k.adds);
      }
    }
  }
}

template <class Target = native>
THIMBLE_NOINLINE void run(const nearest_args& a) {
  nearest(Target{}, a);
}
template <class Target = native, class Gradient>
THIMBLE_NOINLINE void run(const nearest_gradient_args<Gradient>& a) {
  nearest_gradient(Target{}, a);
}

}  // namespace thimble::kernels
