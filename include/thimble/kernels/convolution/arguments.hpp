// What a convolution's kernels are called with.
#pragma once
#include <type_traits>

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

/// The same without a mask: an image that only infers has no code for masks.
struct unmasked_convolution_args : convolution_args {};
/// What a target's kernel is called with; Masks: whether any layer has one. Portable has no code apart for them.
template <class Target, bool Masks>
using convolution_args_for =
    std::conditional_t<!Masks && std::is_same_v<Target, arm_dsp>, unmasked_convolution_args, convolution_args>;

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
