// Instruction-set tags. A tag inherits what it falls back to; overload resolution finds the nearest kernel.
#pragma once

namespace thimble {

/// Plain C++: the specification. Every other target gives the same bytes.
struct portable {};
/// Each other target has `base`, whose kernels serve what its own do not.

/// Cortex-M4, M7, M33: multiplications of pairs of 16 bits, saturation, high halves of products.
struct arm_dsp : portable {
  using base = portable;
};

/// Cortex-M55 and M85: vectors of 128 bits (Helium), integer.
struct arm_mve : arm_dsp {
  using base = arm_dsp;
};

/// Cores without those: what the kernels of the next two share.
struct arm_thumb : portable {
  using base = portable;
};
/// Cortex-M0, M0+, M1, M23: most instructions reach eight registers, products have 32 bits.
struct arm_thumb1 : arm_thumb {};
/// Cortex-M3: multiply and accumulate, products of 64 bits, saturation.
struct arm_thumb2 : arm_thumb {};

/// Which of them this translation unit is for, 1 or 2: the outer guard of their files.
#if defined(__thumb__) && !defined(__ARM_FEATURE_DSP) && !defined(__ARM_BIG_ENDIAN) && __ARM_ARCH_PROFILE == 'M'
#if defined(__thumb2__)
#define THIMBLE_THUMB 2
#else
#define THIMBLE_THUMB 1
#endif
#endif

/// 64-bit PCs: vectors of eight int32, products of pairs of int16.
struct x86_avx2 : portable {
  using base = portable;
};

/// PCs with AVX-512 (F, BW, VL) and VNNI: vectors of sixteen int32, sums of four products of bytes.
struct x86_avx512_vnni : x86_avx2 {
  using base = x86_avx2;
};

/// The best target of this translation unit. Appears only as a default template argument. THIMBLE_PORTABLE, defined for the whole
/// program, asks for portable everywhere: no scratch for kernels, more instructions. Vectors need an optimizer's registers.
#if defined(THIMBLE_PORTABLE)
using native = portable;
#elif defined(__ARM_FEATURE_MVE) && defined(__OPTIMIZE__) && !defined(__ARM_BIG_ENDIAN)
using native = arm_mve;
#elif defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && !defined(__ARM_BIG_ENDIAN)
using native = arm_dsp;
#elif defined(THIMBLE_THUMB) && THIMBLE_THUMB == 2
using native = arm_thumb2;
#elif defined(THIMBLE_THUMB)
using native = arm_thumb1;
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__) && \
    defined(__x86_64__)
using native = x86_avx512_vnni;
#elif defined(__AVX2__) && defined(__x86_64__)
using native = x86_avx2;
#else
using native = portable;
#endif

}  // namespace thimble
