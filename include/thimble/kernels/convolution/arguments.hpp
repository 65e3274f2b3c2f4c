// What a convolution's kernels are called with.
#pragma once
#include <thimble/kernels/access.hpp>
#include <thimble/kernels/convolution/folded.hpp>
#include <thimble/kernels/geometry.hpp>
#include <thimble/tensor/requantize.hpp>

namespace thimble::kernels {

/// x int8 [in], weights int8 OHWI with in.c / groups channels I, bias int32 [out.c] at scale s_x * s_w[o], or null for zeros,
/// multiplier[o] = s_x * s_w[o] / s_y, y int8 [out]. mask: one bit an output, or null. w_zero: the weights' zero point, 0 but
/// in dense layers (a window of one tap, one group) of files that quantize them per tensor.
struct convolution_args {
  const std::int8_t* x;
  kernels::weights w;
  const std::int32_t* bias;
  multipliers scale;
  int x_zero, y_zero;
  limits range;
  std::int8_t* y;
  std::uint8_t* mask;
  rows part;
  int w_zero = 0;
  unsigned char* scratch = nullptr;  ///< as convolution_forward::needs says
  const std::int32_t* folded =
      nullptr;  ///< folded_biases in place of bias, where needs asks for them, nothing learns or is masked, and all_shift_right; or null
};

/// The same, but y is the accumulator rescaled to Q15.16: real = y * 2^-16. scale[o] = s_x * s_w[o].
struct logits_args {
  const std::int8_t* x;
  kernels::weights w;
  const std::int32_t* bias;
  multipliers scale;
  int x_zero;
  std::int32_t* y;
  int w_zero = 0;
  unsigned char* scratch = nullptr;  ///< as convolution_forward::needs says
};

}  // namespace thimble::kernels
