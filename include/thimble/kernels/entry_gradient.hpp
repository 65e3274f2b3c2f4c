// The input gradient of the head: where the gradient enters the body and is scaled for the whole of it.
#pragma once
#include <thimble/kernels/geometry.hpp>
#include <thimble/kernels/gradient.hpp>

namespace thimble::kernels {

/// acc[j] += sum over o < n of t[o] * w[o * next + at[j]], j < Channels. Exact in int32 for |t| <= gradient_limit(all terms).
template <int Channels, class Lanes = neighbours>
THIMBLE_INLINE void gather(lanes<std::int32_t, Channels>& acc, const std::int16_t* t, const std::int8_t* w, int next,
                           int n, Lanes at = {}) {
  for (int o = 0; o < n; ++o, w += next) {
    const int v = t[o];
#pragma GCC unroll 4
    for (int j = 0; j < Channels; ++j) acc[j] += v * w[at[j]];
  }
}

/// dy int16 [out.c] with the loss's scale, scaled by each channel's multiplier to int16 in units of 2^e_t (raise = -e_t, limit
/// as in convolution_gradient.hpp); the sums over output channels are exact. Then every value is scaled by one power of two so
/// that the largest magnitude lies in [2^12, 2^13): dx int16 [in.c] = round(sum * 2^-exponent), halves up.
struct entry_gradient_args {
  const std::int16_t* dy;
  kernels::weights w;
  multipliers scale;
  int raise, limit;
  std::int16_t* dx;
  std::int16_t* scaled;  ///< scratch: out.c
  std::int32_t* sums;    ///< scratch: in.c
  int* exponent;
};

THIMBLE_INLINE void dense_entry_gradient(portable, const geometry g, const entry_gradient_args& a) {
  const kernels::weights w = launder(a.w, g.listed);
  const int c = g.in.c, k = g.trained;
  for (int o = 0; o < g.out.c; ++o) a.scaled[o] = scale16(a.dy[o], factor_of(a.scale[o], a.raise), a.limit);
  std::uint32_t largest = 0;
  for (int place = 0; place < c; ++place) {
    const int i = g.listed ? w.channels[place] : place;
    lanes<std::int32_t, 1> acc;
    if (place < k)
      gather(acc, a.scaled, w.sram + place, k, g.out.c);
    else
      gather(acc, a.scaled, w.flash + i, c, g.out.c);
    a.sums[i] = acc[0];
    const auto magnitude = static_cast<std::uint32_t>(acc[0] < 0 ? -acc[0] : acc[0]);
    if (magnitude > largest) largest = magnitude;
  }
  const int shift = largest == 0 ? 0 : bit_length(largest) - 13;
  for (int i = 0; i < c; ++i) a.dx[i] = narrow16(a.sums[i], shift);
  *a.exponent = shift;
}

}  // namespace thimble::kernels
