// The gradients of pointwise convolutions by slices of their hidden channels: some channels of dx from all of dy, or some channels of
// dy added to sums of dx. Both equal the gradient that is made whole: sums are exact, and rounded once.
#pragma once
#include <cstring>

#include <thimble/kernels/convolution_gradient.hpp>
#include <thimble/kernels/depthwise_convolution.hpp>

namespace thimble::kernels {

/// dx int16 [pixels][g.in.c]: channels [first, first + g.in.c) of the layer's `row`. Otherwise as input_gradient_args.
struct part_of_input_args {
  input_gradient_args all;
  int first, row;
};

/// The part of one pixel, t its scaled dy. Weights w[o][first + i], those of the first g.trained channels of a row from SRAM.
THIMBLE_INLINE void gather_part(const geometry& g, const part_of_input_args& a, const kernels::weights& w,
                                const std::int16_t* t, std::int16_t* dx) {
  const int end = a.first + g.in.c, k = g.trained;
  const int border = k < a.first ? a.first : k < end ? k : end;
  const std::int16_t tap = 0;
  in_fours(a.first, border, [&]<int N>(int i) THIMBLE_LAMBDA_INLINE {
    gather_pixel<N>(g, a.all, t, g.out.c, w.sram + i, k, &tap, 1, dx + (i - a.first));
  });
  in_fours(border, end, [&]<int N>(int i) THIMBLE_LAMBDA_INLINE {
    gather_pixel<N>(g, a.all, t, g.out.c, w.flash + i, a.row, &tap, 1, dx + (i - a.first));
  });
}

/// Scratch: 2 * g.out.c bytes.
THIMBLE_INLINE void part_of_input_gradient(portable, const geometry g, const part_of_input_args& a) {
  const kernels::weights w = launder(a.all.w, false);
  for (int p = 0; p < g.out.pixels(); ++p) {
    const std::int16_t* const dy = a.all.dy + p * g.out.c;
    std::int16_t* const t = a.all.scaled;
    for (int o = 0; o < g.out.c; ++o) t[o] = scale16(dy[o], factor_of(a.all.scale[o], a.all.raise), a.all.limit);
    gather_part(g, a, w, t, a.all.dx + p * g.in.c);
  }
}

/// dy int16 [pixels][g.out.c] becomes what the slices of a target want, in its place: scaled as input_gradient_args says.
struct prepare_args {
  std::int16_t* dy;
  multipliers scale;
  int raise, limit;
  unsigned char* scratch;
};
THIMBLE_INLINE void prepare_slices(portable, const geometry g, const prepare_args& a) {
  for (int o = 0; o < g.out.c; ++o) {
    const gradient_factor f = factor_of(a.scale[o], a.raise);
    std::int16_t* dy = a.dy + o;
    for (int p = 0; p < g.out.pixels(); ++p, dy += g.out.c) *dy = scale16(*dy, f, a.limit);
  }
}
/// Of a prepared dy. No scratch.
THIMBLE_INLINE void part_of_prepared(portable, const geometry g, const part_of_input_args& a) {
  const kernels::weights w = launder(a.all.w, false);
  for (int p = 0; p < g.out.pixels(); ++p) gather_part(g, a, w, a.all.dy + p * g.out.c, a.all.dx + p * g.in.c);
}

/// sums int32 [pixels][in.c] += sum over the g.out.c channels of dy int16 [pixels][g.out.c] of scaled(dy[o]) * w[o][i]; w and scale from the
/// slice's first channel on. Without shift and adds: those are round_sums'.
struct sums_of_input_args {
  const std::int16_t* dy;
  kernels::weights w;
  multipliers scale;
  int raise, limit;
  std::int32_t* sums;
  std::int16_t* scaled;  ///< scratch: 2 * g.out.c bytes
};

namespace sliced {
/// Input channels [begin, end) of a pixel, their weights in rows of `row`, channel i's at w[i].
THIMBLE_INLINE void add_products(std::int32_t* sums, const std::int16_t* t, int channels, const std::int8_t* w, int row,
                                 int begin, int end) {
  in_fours(begin, end, [&]<int N>(int i) THIMBLE_LAMBDA_INLINE {
    lanes<std::int32_t, N> acc;
#pragma GCC unroll 4
    for (int j = 0; j < N; ++j) acc[j] = sums[i + j];
    gather(acc, t, w + i, row, channels, neighbours{});
#pragma GCC unroll 4
    for (int j = 0; j < N; ++j) sums[i + j] = acc[j];
  });
}
}  // namespace sliced

THIMBLE_INLINE void sums_of_input_gradient(portable, const geometry g, const sums_of_input_args& a) {
  const kernels::weights w = launder(a.w, false);
  const int c = g.in.c, k = g.trained;
  for (int p = 0; p < g.out.pixels(); ++p) {
    const std::int16_t* const dy = a.dy + p * g.out.c;
    for (int o = 0; o < g.out.c; ++o) a.scaled[o] = scale16(dy[o], factor_of(a.scale[o], a.raise), a.limit);
    sliced::add_products(a.sums + p * c, a.scaled, g.out.c, w.sram, k, 0, k);
    sliced::add_products(a.sums + p * c, a.scaled, g.out.c, w.flash, c, k, c);
  }
}

/// dx[i] = round(2^-shift * sums[i]), or added to what is there. dx may be the lower half of the sums, or the upper.
struct round_sums_args {
  const unsigned char* sums;  ///< of int32
  std::int16_t* dx;
  int count, shift;
  bool adds;
};
THIMBLE_NOINLINE inline void round_sums(const round_sums_args& a) {
  const bool down = reinterpret_cast<const unsigned char*>(a.dx) > a.sums;
  for (int n = 0; n < a.count; ++n) {
    const int i = down ? a.count - 1 - n : n;
    std::int32_t sum;
    std::memcpy(&sum, a.sums + 4 * i, 4);  // bytes: dx may be written over them
    put(a.dx[i], narrow16(sum, a.shift), a.adds);
  }
}

/// The gradient of depthwise weights, for channels [first, first + g.out.c) of the layer, of which the first `trained` learn: dy
/// [pixels][g.out.c]; x from channel `first` on, x_row a pixel; scale from channel `first` on; weights in rows of `trained`.
template <learning_rule Rule>
struct part_of_depthwise_weights_args {
  weight_gradient_args<Rule> all;
  int first, trained;
};
template <learning_rule Rule>
THIMBLE_INLINE void part_of_depthwise_weights(portable, const geometry g,
                                              const part_of_depthwise_weights_args<Rule>& a) {
  const int count = a.trained - a.first < g.out.c ? a.trained - a.first : g.out.c;
  for (int c = 0; c < count; ++c) {
    const auto to = a.all.to.of(a.all.scale[c]);
    for (int ky = 0; ky < g.win.kernel_h; ++ky)
      for (int kx = 0; kx < g.win.kernel_w; ++kx) {
        const auto sum = correlate<1>(g, a.all.from, c, ky, kx, c);
        to.learn((ky * g.win.kernel_w + kx) * a.trained + a.first + c, sum[0]);
      }
  }
}

constexpr kernel_needs part_of_input_needs(portable, const geometry& g) {
  return {.scratch = (2 * g.out.c + 3) / 4 * 4};
}
constexpr kernel_needs prepared_needs(portable, const geometry&) { return {}; }
constexpr kernel_needs sums_of_input_needs(portable, const geometry& g) {
  return {.scratch = (2 * g.out.c + 3) / 4 * 4};
}

}  // namespace thimble::kernels

#include <thimble/kernels/sliced_gradient/arm_dsp.hpp>

namespace thimble::kernels {

/// Targets without a kernel of their own leave all of this to portable.
struct convolution_slices {
  template <class Target>
  static constexpr kernel_needs needs(Target t, const geometry& g) {
    return part_of_input_needs(t, g);
  }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const part_of_input_args& a) {
    part_of_input_gradient(t, g, a);
  }
};
struct convolution_prepared_slices {
  template <class Target>
  static constexpr kernel_needs needs(Target t, const geometry& g) {
    return prepared_needs(t, g);
  }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const prepare_args& a) {
    prepare_slices(t, g, a);
  }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const part_of_input_args& a) {
    part_of_prepared(t, g, a);
  }
};
struct convolution_sums {
  template <class Target>
  static constexpr kernel_needs needs(Target t, const geometry& g) {
    return sums_of_input_needs(t, g);
  }
  template <class Target>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const sums_of_input_args& a) {
    sums_of_input_gradient(t, g, a);
  }
};
struct depthwise_slices {
  static constexpr window_key key(const geometry& g) { return depthwise_key(g); }
  template <class Target, learning_rule Rule>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const part_of_depthwise_weights_args<Rule>& a) {
    part_of_depthwise_weights(t, g, a);
  }
};

}  // namespace thimble::kernels
