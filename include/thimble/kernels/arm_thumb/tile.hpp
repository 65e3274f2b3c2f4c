// What the inner loops of convolutions are called with.
#pragma once
#include <cstddef>

#include <thimble/kernels/arm_thumb/channels.hpp>

#if defined(THIMBLE_THUMB)

namespace thimble::kernels::thumb {

/// A tile of pixels times some output channels, activations as in widen.hpp. The assembly knows the offsets.
struct tile {
  const std::int32_t* x;
  const std::int8_t* w;  ///< of the first channel; the others follow
  const channel* next;
  std::int8_t* y;  ///< of the first channel in the first pixel
  int y_step;      ///< bytes from pixel to pixel
  const std::int32_t* x_end;
  int entry;  ///< where the loop, unrolled by eight, is entered: -(products of a sum) mod 8
  const channel* end;
  int w_row;  ///< products of a sum
  /// Finishes a channel that is not regular. `sums`: its accumulators, or null for constant_kind.
  void (*rare)(const tile* t, const channel* c, std::int8_t* y, const std::int32_t* sums);
  const void* context;  ///< of `rare`
  int floor;            ///< -128 if that is the output's zero point: what sums that are not positive make; else 0
};
static_assert(sizeof(void*) != 4 || (offsetof(tile, rare) == 36 && offsetof(tile, floor) == 44));

/// An activation of a single pixel that is not zero: k is its place.
struct activation {
  std::int32_t k, x;
};

/// Four channels of one pixel: sums[j] = bias[j] + sum over the activations of x * w[j][k]. The assembly knows the offsets.
struct quad {
  const activation* x;
  const activation* x_end;  ///< a multiple of eight after x, at least eight
  const std::int8_t* w;     ///< of the first channel; the others follow `row` bytes apart
  int row;
  const std::int32_t* bias;  ///< four
  std::int32_t sums[4];
};
static_assert(sizeof(void*) != 4 || offsetof(quad, sums) == 20);

}  // namespace thimble::kernels::thumb

#endif
