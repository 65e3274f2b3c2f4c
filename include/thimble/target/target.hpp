// Instruction-set tags. A tag inherits what it falls back to; overload resolution finds the nearest kernel.
#pragma once

namespace thimble {

/// Plain C++: the specification. Every other target gives the same bytes.
struct portable {};

/// Cortex-M4, M7, M33: multiplications of pairs of 16 bits, saturation, high halves of products.
struct arm_dsp : portable {};

/// The best target of this translation unit. Appears only as a default template argument.
#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && !defined(__ARM_BIG_ENDIAN)
using native = arm_dsp;
#else
using native = portable;
#endif

}  // namespace thimble
