// One output pixel times any number of output channels: dense layers, and what tiles leave over.
#pragma once
#include <thimble/kernels/arm_dsp/tile.hpp>
#include <thimble/kernels/lanes.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels::dsp {

/// Channels accumulators of one pixel; rows of weights are `row` bytes apart.
template <int Channels>
THIMBLE_INLINE void accumulate_pixel(lanes<std::int32_t, Channels>& sum, const std::uint32_t* x,
                                     const std::uint32_t* end, const std::int8_t* w, int row) {
  lanes<const std::int8_t*, Channels> at;
#pragma GCC unroll 4
  for (int j = 0; j < Channels; ++j) at[j] = w + j * row;
#pragma GCC unroll 2
  for (; x != end; x += 2) {
    const std::uint32_t x0 = x[0], x1 = x[1];
#pragma GCC unroll 4
    for (int j = 0; j < Channels; ++j) {
      const std::uint32_t v = load(at[j]);
      at[j] += 4;
      sum[j] = multiply_add(x0, even(v), sum[j]);
      sum[j] = multiply_add(x1, odd(v), sum[j]);
    }
  }
}

template <int Channels>
THIMBLE_INLINE void multiply_channels(const tile* t, const channel* c, const std::int8_t* w, std::int8_t* y) {
  lanes<std::int32_t, Channels> sum;
#pragma GCC unroll 4
  for (int j = 0; j < Channels; ++j) sum[j] = c[j].bias;
  accumulate_pixel(sum, t->x, t->x_end, w, t->w_row);
#pragma GCC unroll 4
  for (int j = 0; j < Channels; ++j) {
    if (c[j].kind < 32)
      y[j] = requantized(sum[j], c[j]);
    else
      t->rare(t, c + j, y + j, c[j].kind == constant_kind ? nullptr : &sum[j]);
  }
}

/// multiply_tile for one pixel.
THIMBLE_NOINLINE inline void multiply_pixel(const tile* t) {
  const std::int8_t* w = t->w;
  std::int8_t* y = t->y;
  const channel* c = t->next;
  for (; t->end - c >= 4; c += 4, y += 4, w += 4 * t->w_row) multiply_channels<4>(t, c, w, y);
  for (; c != t->end; ++c, ++y, w += t->w_row) multiply_channels<1>(t, c, w, y);
}

}  // namespace thimble::kernels::dsp

#endif
