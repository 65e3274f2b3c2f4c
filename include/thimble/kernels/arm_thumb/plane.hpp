// One channel of a depthwise convolution: a plane of int32 values under a square window of 3, 5 or 7 taps, stride 1 or 2.
#pragma once
#include <cstddef>

#include <thimble/kernels/arm_thumb/channels.hpp>

#if defined(THIMBLE_THUMB)

namespace thimble::kernels::thumb {

/// One call of filter_plane. The assembly knows the offsets.
struct plane {
  const std::int32_t* x;  ///< where the first output's window begins
  int row;                ///< bytes of a row of the plane
  int next_row;           ///< bytes from behind the last window of a row to the first of the next
  std::int8_t* y;
  int y_step;     ///< bytes from output to output
  channel c;      ///< regular
  int many;       ///< bytes of x under the groups of plane_group outputs in a row
  unsigned rest;  ///< the outputs that are left
  int rows;
  int y_row;           ///< bytes from behind the last output of a row to the first of the next
  int floor;           ///< as tile's
  std::int32_t w[50];  ///< rows of taps; the last is not one
};
static_assert(sizeof(void*) != 4 || (offsetof(plane, c) == 20 && offsetof(plane, w) == 56 && sizeof(plane) == 256));

}  // namespace thimble::kernels::thumb

#endif
