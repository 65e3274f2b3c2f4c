// Gradients of depthwise convolutions on vectors of channels, for both targets of x86. That of the input is a convolution of the output's
// gradient, spread to the stride, with the window turned about.
#pragma once
#include <thimble/kernels/depthwise_convolution.hpp>  // whose end includes this
#include <thimble/kernels/x86/gradients.hpp>
#include <thimble/kernels/x86/interleaved.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels {
namespace x86 {

/// Scratch: for a vector of channels the plane P of in.h + k - 1 rows by in.w + k - 1 columns, in pairs of rows. Row r, column c stand
/// for input position (r - (k - 1) + pad, c - ...) of a stride's origin: dy[y][x] lies at r = y * stride - pad + k - 1, zeros between.
struct gradient_plane {
  int rows, width;
  template <class V>
  [[nodiscard]] constexpr int bytes() const {
    return (rows + 1) * width * 4 * V::lanes;
  }
};
THIMBLE_INLINE constexpr gradient_plane gradient_plane_of(const geometry& g) {
  return {g.in.h + g.win.kernel_h - 1, g.in.w + g.win.kernel_w - 1};
}
template <class V>
constexpr kernel_needs depthwise_gradient_needs_of(const geometry& g) {
  const bool fits = is_interleavable(g) && std::int64_t{g.in.h + 8} * (g.in.w + 8) < (1 << 16);
  return {.serves = fits, .scratch = fits ? gradient_plane_of(g).bytes<V>() : 0, .by_channel = true};
}

/// The plane of channels [o, o + n): first single rows as dwords of 16 bits, then each with the one below it in its upper half.
template <class V>
THIMBLE_INLINE void fill_plane(const geometry& g, const std::int16_t* dy, unsigned char* plane, int o, int n) {
  const gradient_plane l = gradient_plane_of(g);
  const int s = g.win.stride_h, top = g.win.kernel_h - 1 - g.win.pad_top, left = g.win.kernel_w - 1 - g.win.pad_left;
  const auto at = [&](int r, int c) THIMBLE_LAMBDA_INLINE {
    return plane + (static_cast<std::size_t>(r) * static_cast<std::size_t>(l.width) + static_cast<std::size_t>(c)) *
                       sizeof(typename V::vector);
  };
  for (int i = 0; i < (l.rows + 1) * l.width; ++i) V::store(at(0, i), V::splat(0));
  for (int y = 0; y < g.out.h; ++y)
    for (int x = 0; x < g.out.w; ++x) {
      const int r = y * s + top, c = x * s + left;
      if (r < l.rows && c < l.width)
        V::store(at(r, c), V::bits_of_both(V::first(dy + (y * g.out.w + x) * g.out.c + o, n), V::splat(0xffff)));
    }
  for (int i = 0; i < l.rows * l.width; ++i)
    V::store(at(0, i), V::bits_of_either(V::load(at(0, i)), V::template left<16>(V::load(at(1, i)))));
}

/// Channels [o, o + n), at most a vector: dx = scale16(exact sum over taps, the channel's multiplier, raise).
template <class V, int Taps>
THIMBLE_NOINLINE void gather_channels(const geometry& g, const input_gradient_args& a, int o, int n) {
  using vector = typename V::vector;
  constexpr int groups = (Taps + 1) / 2, tile = 4;
  auto* const plane = reinterpret_cast<unsigned char*>(a.scaled);
  fill_plane<V>(g, a.dy, plane, o, n);
  const tap_vectors<V, Taps, true> w(g, {launder(a.w.flash), a.w.sram}, o, n);
  const vector mantissa = V::first(a.scale.mantissa + o, n), odd_mantissa = V::odd_to_even(mantissa);
  const vector one = V::splat(1), shift = V::subtract(V::splat(-a.raise), V::first(a.scale.shift + o, n));
  const vector less_one = V::subtract(shift, one);
  const bool regular = (V::within(shift, 1, 31) | ~((1u << n) - 1)) == ~0u;
  const int width = gradient_plane_of(g).width;
  for (int iy = 0; iy < g.in.h; ++iy) {
    const auto inputs = [&]<int Pixels>(int ix) THIMBLE_LAMBDA_INLINE {
      several<V, Pixels> acc;
#pragma GCC unroll 4
      for (int i = 0; i < Pixels; ++i) acc[i] = V::splat(0);
#pragma GCC unroll 4
      for (int k = 0; k < groups; ++k) {
        const unsigned char* const row = plane + static_cast<std::size_t>((iy + 2 * k) * width + ix) * sizeof(vector);
#pragma GCC unroll 7
        for (int x = 0; x < Taps; ++x)
#pragma GCC unroll 4
          for (int i = 0; i < Pixels; ++i)
            acc[i] = V::sum_pairs(acc[i], V::load(row + static_cast<std::size_t>(x + i) * sizeof(vector)), w.of[k][x]);
      }
      std::int16_t* const dx = a.dx + (iy * g.in.w + ix) * g.in.c + o;
#pragma GCC unroll 4
      for (int i = 0; i < Pixels; ++i) {
        const vector h = V::high_product(acc[i], mantissa, odd_mantissa);
        if (regular) {
          V::store_first(dx + i * g.in.c, shift_rounded<V>(h, shift, less_one), n);
        } else {
          std::int32_t high[V::lanes];
          V::store(high, h);
          for (int j = 0; j < n; ++j) dx[i * g.in.c + j] = narrow16(high[j], -a.scale.shift[o + j] - a.raise);
        }
      }
    };
    int ix = 0;
    for (; ix + tile <= g.in.w; ix += tile) inputs.template operator()<tile>(ix);
    for (; ix < g.in.w; ++ix) inputs.template operator()<1>(ix);
  }
}

/// As depthwise_input_gradient(portable), where nothing is added to. Scratch: gradient_plane.
template <class V>
THIMBLE_NOINLINE void gather_depthwise(const geometry& g, const input_gradient_args& a) {
  for (int o = 0; o < g.out.c; o += V::lanes) {
    const int n = g.out.c - o < V::lanes ? g.out.c - o : V::lanes;
    if (g.win.kernel_h == 3)
      gather_channels<V, 3>(g, a, o, n);
    else if (g.win.kernel_h == 5)
      gather_channels<V, 5>(g, a, o, n);
    else
      gather_channels<V, 7>(g, a, o, n);
  }
}

/// Sums over the positions whose tap (ky, kx) is inside, rows [y, end) of them, at most 256 positions: exact in int32.
template <class V>
THIMBLE_INLINE typename V::vector correlate_tap(const geometry& g, const correlation& a, int c, int n, int ky, int kx,
                                                int y, int end, output_range xs) {
  const window& w = g.win;
  const auto zero = V::splat(a.x_zero);
  auto sum = V::splat(0);
  for (; y < end; ++y) {
    const int iy = y * w.stride_h - w.pad_top + ky, ix = xs.begin * w.stride_w - w.pad_left + kx;
    for (int i = 0; i < xs.end - xs.begin; ++i) {
      const auto x = V::first(a.x + (iy * g.in.w + ix + i * w.stride_w) * a.x_row + c, n);
      const auto dy = V::first(a.dy + (y * g.out.w + xs.begin + i) * g.out.c + c, n);
      sum = V::add(sum, V::multiply(V::subtract(x, zero), dy));
    }
  }
  return sum;
}

/// As depthwise_weight_gradient(portable), which takes lists, several outputs a channel, and rows of over 256 outputs.
template <class V, learning_rule Rule>
THIMBLE_NOINLINE void correlate_depthwise(const geometry& g, const weight_gradient_args<Rule>& a) {
  const window& w = g.win;
  if (a.channels != nullptr || g.in.c != g.out.c || g.out.w > 256 || w.dilation_h != 1 || w.dilation_w != 1)
    return depthwise_weight_gradient(portable{}, g, a);
  const int lines = 256 / g.out.w;
  for (int c = 0; c < g.trained; c += V::lanes) {
    const int n = g.trained - c < V::lanes ? g.trained - c : V::lanes;
    for (int tap = 0; tap < w.taps(); ++tap) {
      const int ky = tap / w.kernel_w, kx = tap % w.kernel_w;
      const output_range ys = outputs_inside(ky, w.pad_top, w.stride_h, g.in.h, g.out.h);
      const output_range xs = outputs_inside(kx, w.pad_left, w.stride_w, g.in.w, g.out.w);
      std::int64_t wide[V::lanes]{};
      for (int y = ys.begin; y < ys.end; y += lines) {
        std::int32_t sums[V::lanes];
        const int end = y + lines < ys.end ? y + lines : ys.end;
        V::store(sums, correlate_tap<V>(g, a.from, c, n, ky, kx, y, end, xs));
        for (int j = 0; j < n; ++j) wide[j] += sums[j];
      }
      for (int j = 0; j < n; ++j) {
        const std::int64_t sum = g.out.pixels() <= 256 ? wide[j] : shift_round(wide[j], a.from.drop);
        a.to.of(a.scale[c + j]).learn(tap * g.trained + c + j, static_cast<std::int32_t>(sum));
      }
    }
  }
}

}  // namespace x86

template <learning_rule Rule>
THIMBLE_INLINE void depthwise_weight_gradient(x86_avx2, const geometry& g, const weight_gradient_args<Rule>& a) {
  x86::correlate_depthwise<x86::avx2>(g, a);
}
#if defined(__AVX512VNNI__)
template <learning_rule Rule>
THIMBLE_INLINE void depthwise_weight_gradient(x86_avx512_vnni, const geometry& g, const weight_gradient_args<Rule>& a) {
  x86::correlate_depthwise<x86::avx512_vnni>(g, a);
}
#endif

constexpr kernel_needs depthwise_gradient_needs(x86_avx2, const geometry& g) {
  return x86::depthwise_gradient_needs_of<x86::avx2>(g);
}
THIMBLE_INLINE void depthwise_input_gradient(x86_avx2, const geometry& g, const input_gradient_args& a) {
  x86::gather_depthwise<x86::avx2>(g, a);
}
#if defined(__AVX512VNNI__)
constexpr kernel_needs depthwise_gradient_needs(x86_avx512_vnni, const geometry& g) {
  return x86::depthwise_gradient_needs_of<x86::avx512_vnni>(g);
}
THIMBLE_INLINE void depthwise_input_gradient(x86_avx512_vnni, const geometry& g, const input_gradient_args& a) {
  x86::gather_depthwise<x86::avx512_vnni>(g, a);
}
#endif

}  // namespace thimble::kernels

#endif
