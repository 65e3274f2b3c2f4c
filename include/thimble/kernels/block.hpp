// A tensor as a block of a larger one: concatenation's inputs, padding's inside; forward and backward.
#pragma once
#include <thimble/kernels/gradient_kind.hpp>
#include <thimble/target/target.hpp>
#include <thimble/tensor/shape.hpp>

namespace thimble::kernels {

/// Where a block begins in the tensor that holds it.
struct corner {
  int row = 0, column = 0, channel = 0;
};

/// y[row + i, column + j, channel + k] = x[i, j, k]: one input of CONCATENATION, or what PAD leaves of its input. No
/// requantization: as in TFLite, the tensors share one quantization. The rest of y is left as it is.
struct place_args {
  const std::int8_t* x;
  shape in, out;
  corner at;
  std::int8_t* y;
};

/// f(index in the block, index in the whole, elements) for each run of contiguous elements of a block.
template <class F>
THIMBLE_INLINE void for_each_run(shape block, shape whole, corner at, F f) {
  const int first = (at.row * whole.w + at.column) * whole.c + at.channel;
  if (block.c == whole.c)  // whole pixels: a row is contiguous
    for (int y = 0; y < block.h; ++y) f(y * block.row(), first + y * whole.row(), block.row());
  else
    for (int y = 0; y < block.h; ++y)
      for (int x = 0; x < block.w; ++x) f((y * block.w + x) * block.c, first + y * whole.row() + x * whole.c, block.c);
}

THIMBLE_INLINE void place(portable, const place_args& k) {
  for_each_run(k.in, k.out, k.at, [&](int from, int to, int count) THIMBLE_LAMBDA_INLINE {
    for (int i = 0; i < count; ++i) k.y[to + i] = k.x[from + i];
  });
}

/// y = value everywhere: PAD's border is its input's zero point, filled first.
struct fill_args {
  std::int8_t* y;
  std::int8_t value;
  int count;
};
THIMBLE_INLINE void fill(portable, const fill_args& k) {
  for (int i = 0; i < k.count; ++i) k.y[i] = k.value;
}

/// dx[i, j, k] = round(2^-shift * dy[row + i, column + j, channel + k]), halves up, saturated to int16; shift = e_x - e_y.
template <class Gradient>
struct block_gradient_args {
  const Gradient* dy;
  shape in, out;  ///< of x and of y
  corner at;
  int shift;
  Gradient* dx;
  bool adds;
};
template <class Gradient>
THIMBLE_INLINE void block_gradient(portable, const block_gradient_args<Gradient>& k) {
  for_each_run(k.in, k.out, k.at, [&](int to, int from, int count) THIMBLE_LAMBDA_INLINE {
    for (int i = 0; i < count; ++i) put(k.dx[to + i], arithmetic<Gradient>::shifted(k.dy[from + i], k.shift), k.adds);
  });
}

template <class Target = native>
THIMBLE_NOINLINE void run(const place_args& a) {
  place(Target{}, a);
}
template <class Target = native>
THIMBLE_NOINLINE void run(const fill_args& a) {
  fill(Target{}, a);
}
template <class Target = native, class Gradient>
THIMBLE_NOINLINE void run(const block_gradient_args<Gradient>& a) {
  block_gradient(Target{}, a);
}

}  // namespace thimble::kernels
