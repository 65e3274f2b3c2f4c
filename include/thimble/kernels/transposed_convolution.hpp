// Transposed convolution, forward: every input spreads its window over the output. Gathered, one output pixel at a time, so
// that no accumulators of the whole output are needed.
#pragma once
#include <thimble/kernels/convolution.hpp>

namespace thimble::kernels {

/// The accumulators of Channels output channels from `o` on, at output pixel (oy, ox), bias included: the taps whose input
/// (oy + pad_top - ky) / stride_h is whole and inside, likewise in x. Exact in int32 as convolution's, for at most 65'793
/// terms: gradient_taps * in.c.
template <int Channels>
THIMBLE_INLINE void transposed_convolve(const geometry& g, const convolution_args& a, const std::int8_t* w, int oy,
                                        int ox, int o) {
  const window& win = g.win;
  const int c = g.in.c, taps = win.taps();
  lanes<std::int32_t, Channels> acc;
  if (a.bias != nullptr)
    for (int j = 0; j < Channels; ++j) acc[j] = a.bias[o + j];
  for (int ky = (oy + win.pad_top) % win.stride_h; ky < win.kernel_h; ky += win.stride_h) {
    const int iy = output_at(oy, win.pad_top, ky, win.stride_h, g.in.h);
    if (iy < 0) continue;
    for (int kx = (ox + win.pad_left) % win.stride_w; kx < win.kernel_w; kx += win.stride_w) {
      const int ix = output_at(ox, win.pad_left, kx, win.stride_w, g.in.w);
      if (ix < 0) continue;
      const int tap = ky * win.kernel_w + kx;
      dot(acc, a.x + (iy * g.in.w + ix) * c, a.x_zero, w + (o * taps + tap) * c, taps * c, c);
    }
  }
  const int at = (oy * g.out.w + ox) * g.out.c + o;
  for (int j = 0; j < Channels; ++j)
    a.y[at + j] = clamp(requantize(acc[j], a.scale[o + j]) + a.y_zero, a.range, a.mask, at + j);
}

/// y[iy * stride_h - pad_top + ky][ix * stride_w - pad_left + kx] += (x[iy][ix] - x_zero) * w[ky][kx], then as convolution():
/// TFLite's reference TRANSPOSE_CONV, bit for bit. Args as convolution's; weights OHWI with O the output channels, in flash
/// (nothing trains); the window's pads are the output's. Dilation and groups are 1.
THIMBLE_INLINE void transposed_convolution(portable, const geometry g, const convolution_args& a) {
  const std::int8_t* w = launder(a.w.flash);
  for (int oy = a.part.begin; oy < a.part.end; ++oy)
    for (int ox = 0; ox < g.out.w; ++ox) {
      int o = 0;
      for (; o + 4 <= g.out.c; o += 4) transposed_convolve<4>(g, a, w, oy, ox, o);
      for (; o < g.out.c; ++o) transposed_convolve<1>(g, a, w, oy, ox, o);
    }
}

struct transposed_convolution_forward {
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const convolution_args& a) {
    transposed_convolution(t, g, a);
  }
};

}  // namespace thimble::kernels
