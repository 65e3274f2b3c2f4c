// One channel of a depthwise convolution: a plane of int16 values under a square window of 3, 5 or 7 taps, stride 1 or 2.
#pragma once
#include <cstddef>

#include <thimble/kernels/arm_dsp/channels.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels::dsp {

/// The bit of one channel among each eight; y_step and y_row are multiples of eight.
struct plane_mask {
  std::uint8_t* bytes;     ///< that of output y0; zero but for other channels' bits; or null
  const std::int8_t* y0;   ///< the channel's output in the first pixel
  std::uint32_t bit;       ///< 1 << number
  std::uint32_t to_right;  ///< 8 - number
};

/// One call of filter_plane. The assembly below knows the offsets.
struct plane {
  const std::int16_t* x;  ///< where the first output's window begins, at a multiple of four bytes
  int row;                ///< bytes of a row of the plane, likewise
  int next_row;           ///< bytes from behind the last window of a row to the first of the next
  std::int8_t* y;
  int y_step;     ///< bytes from output to output
  channel c;      ///< regular
  int many;       ///< bytes of x under the groups of eight outputs in a row (of four with 7 taps at stride 1)
  unsigned rest;  ///< the outputs that are left, in binary: groups of four, two and one
  int rows;
  int y_row;            ///< bytes from behind the last output of a row to the first of the next
  std::uint32_t w[42];  ///< for each row of taps: pairs {0, 1}, {1, 2}, {2, 3}, ...
  plane_mask m;         ///< masked
};
static_assert(sizeof(void*) != 4 ||
              (offsetof(plane, c) == 20 && offsetof(plane, w) == 52 && offsetof(plane, m) == 220));

/// The outputs that filter_plane makes in one go.
constexpr int plane_group(int taps, int stride) { return taps == 7 && stride == 1 ? 4 : 8; }

}  // namespace thimble::kernels::dsp

#endif
