// Depthwise convolution a channel at a time: its image as a plane of int8, each output's taps gathered into vectors.
#pragma once
#include <thimble/kernels/arm_mve/columns.hpp>
#include <thimble/kernels/arm_mve/patch.hpp>
#include <thimble/kernels/arm_mve/plane.hpp>
#include <thimble/kernels/depthwise_convolution/arm_dsp.hpp>

#if defined(__ARM_FEATURE_MVE)

namespace thimble::kernels {
namespace mve {

/// Offsets within a vector of taps must be bytes, those of a gathered row 16 bits. The scratch is arm_dsp's, twice what is needed.
constexpr bool is_plane(const geometry& g) {
  const int width = layout_of(g, dsp::form).width, k = g.win.kernel_h;
  return kernels::is_plane(g, dsp::form) && (rows_of_vector(k) - 1) * width + k - 1 + 3 * g.win.stride_h < 256 &&
         7 * g.in.row() < 65536 && 49 * g.out.c < 65536;
}

/// What shifts left, or is masked where a byte of the mask has bits of two pixels: one copy, whatever the key.
THIMBLE_NOINLINE inline void filter_by_pairs(const geometry& g, const convolution_args& a) {
  depthwise_convolution(arm_dsp{}, g, a);
}

/// No channel has a left shift or none.
THIMBLE_NOINLINE inline bool all_shift_right(const multipliers& scale, int channels) {
  for (int o = 0; o < channels; ++o)
    if (scale.shift[o] >= 0 && scale.mantissa[o] != 0) return false;
  return true;
}

/// What filter_patches takes: the outputs [first, last) across, from `start` on along, of a plane that holds all of them.
THIMBLE_INLINE bool is_patched(const convolution_args& a, const plane_layout& l, const image_axis& along,
                               const image_axis& across, int first, int last) {
  return a.mask == nullptr && last - first <= l.outputs && last - first > 1 && along.out > 3 && l.width <= 84 &&
         across.y + 3 * along.y < 65536;
}
THIMBLE_NOINLINE inline void filter_patched(const geometry& g, const convolution_args& a, const plane_layout& l,
                                            const image_axis& along, const image_axis& across, int first, int last,
                                            int start) {
  const std::int8_t* const flash = launder(a.w.flash);
  auto* const rows = reinterpret_cast<std::int8_t*>(a.scratch);
  const int top = first - across.pad, from = top > 0 ? 0 : -top, seen = last - first + 2;
  const int to = top + seen < across.in ? seen : across.in - top;
  patches p{rows + start, nullptr,      0,        0,  0,  a.y_zero, l.width, across.y, along.y,
            along.out,    last - first, a.x_zero, {}, {}, {}};
  constexpr int column[4] = {0, 2, 1, 3};
  for (int i = 0; i < 16; ++i) p.offsets[i] = static_cast<std::uint8_t>(i / 4 * l.width + i % 4);
  for (int i = 0; i < 8; ++i) p.places[i] = static_cast<std::uint16_t>(i / 4 * across.y + column[i % 4] * along.y);
  std::int8_t* const y = a.y + first * across.y + start * along.y;
  const std::int8_t* const x = a.x + (top + from) * across.x;
  for (int o = 0; o < g.out.c; ++o) {
    const bool trained = o < g.trained;
    const int row = trained ? g.trained : g.out.c, right = l.turned ? 3 * row : row, down = l.turned ? row : 3 * row;
    const std::int8_t* w = trained ? a.w.sram + o : flash + o;
#pragma GCC unroll 3
    for (int i = 0; i < 3; ++i, w += down) {
      p.w[5 + 4 * i] = w[0];
      p.w[6 + 4 * i] = w[right];
      p.w[7 + 4 * i] = w[2 * right];
    }
    p.y = y + o;
    p.bias = a.bias != nullptr ? a.bias[o] : 0;
    p.mantissa = a.scale.mantissa[o];
    p.shift = p.mantissa != 0 ? a.scale.shift[o] : -1;
    if (to > from)
      gather_bytes(rows + from * l.width + along.pad, l.width, x + o, along.x, across.x, along.in, to - from);
    filter_patches(&p);
  }
}

template <int Taps, int Stride>
THIMBLE_NOINLINE void filter_channels(const geometry& g, const convolution_args& a) {
  const plane_layout l = layout_of(g, dsp::form);
  const std::int8_t* const flash = launder(a.w.flash);
  auto* const rows = reinterpret_cast<std::int8_t*>(a.scratch);
  std::memset(rows, a.x_zero, static_cast<std::size_t>(l.width * l.rows));
  const auto [along, across, start, first, last] = part_of(g, a.part, l.turned, Taps);
  const int made = (a.part.end - a.part.begin) * g.out.row();
  if (along.out <= 0) return;
  const auto clamp_all = [&] { kernels::clamp_all(a.y + a.part.begin * g.out.row(), made, a.range); };
  if constexpr (Taps == 3 && Stride == 1)
    if (is_patched(a, l, along, across, first, last)) {
      filter_patched(g, a, l, along, across, first, last, start);
      return clamp_all();
    }
  const bool masked = a.mask != nullptr;
  if (masked) std::memset(a.mask + a.part.begin * g.out.row() / 8, 0, static_cast<std::size_t>(made / 8));

  plane p;
  p.low = a.range.low;
  p.high = a.range.high;
  p.y_first = a.y;
  p.mask = a.mask;
  p.x = rows + start * Stride;
  p.y_zero = a.y_zero;
  p.x_zero = a.x_zero;
  p.outputs = along.out;
  p.groups = (along.out + 3) / 4;
  p.part_row = rows_of_vector(Taps) * l.width;
  p.y_group = 4 * along.y;
  p.x_row = Stride * l.width;
  p.y_row = across.y;
  p.y_step = static_cast<std::uint32_t>(along.y);
  for (int i = 0; i < 16; ++i)
    p.offsets[i] = static_cast<std::uint8_t>(i < rows_of_vector(Taps) * Taps ? i / Taps * l.width + i % Taps : 0);
  std::memset(p.w, 0, sizeof p.w);
  const bool whole = last - first <= l.outputs;
  for (int o = 0; o < g.out.c; ++o) {
    const bool trained = o < g.trained;
    const int row = trained ? g.trained : g.out.c;
    const std::int8_t* const w = trained ? a.w.sram + o : flash + o;
    if (l.turned)
      gather_bytes(p.w, Taps, w, row * Taps, row, Taps, Taps);
    else
      gather_bytes(p.w, 0, w, row, 0, Taps * Taps, 1);
    p.bias = a.bias != nullptr ? a.bias[o] : 0;
    p.mantissa = a.scale.mantissa[o];
    p.shift = a.scale.mantissa[o] != 0 ? a.scale.shift[o] : -1;
    p.bit = 1 << (o & 7);
    for (int begin = first, held = 0; begin < last; begin += l.outputs) {
      const int end = begin + l.outputs < last ? begin + l.outputs : last;
      const int top = begin * Stride - across.pad, count = (end - begin - 1) * Stride + Taps;  // rows of the plane
      const int from = top + held > 0 ? held : -top, to = top + count < across.in ? count : across.in - top;
      if (to > from)
        gather_bytes(rows + from * l.width + along.pad, l.width, a.x + (top + from) * across.x + o, along.x, across.x,
                     along.in, to - from);
      if (!whole) {
        if (top < 0) std::memset(rows, a.x_zero, static_cast<std::size_t>(-top * l.width));
        if (count > to) std::memset(rows + to * l.width, a.x_zero, static_cast<std::size_t>((count - to) * l.width));
      }
      p.y = a.y + begin * across.y + start * along.y + o;
      p.rows = end - begin;
      masked ? filter_plane<Taps, Stride, true>(&p) : filter_plane<Taps, Stride, false>(&p);
      if (end == last) break;
      held = Taps - Stride;
      std::memmove(rows, rows + l.outputs * Stride * l.width, static_cast<std::size_t>(held * l.width));
    }
  }
  clamp_all();
}

}  // namespace mve

constexpr kernel_needs depthwise_needs(arm_mve, const geometry& g) {
  return {.serves = mve::is_plane(g), .scratch = layout_of(g, dsp::form).bytes(dsp::form), .by_channel = true};
}

/// The same bytes as portable.
THIMBLE_INLINE void depthwise_convolution(arm_mve, const geometry& g, const convolution_args& a) {
  if ((a.mask != nullptr && g.out.c % 8 != 0) || !mve::all_shift_right(a.scale, g.out.c))
    return mve::filter_by_pairs(g, a);
  const bool two = g.win.stride_h == 2;
  if (g.win.kernel_h == 3)
    two ? mve::filter_channels<3, 2>(g, a) : mve::filter_channels<3, 1>(g, a);
  else if (g.win.kernel_h == 5)
    two ? mve::filter_channels<5, 2>(g, a) : mve::filter_channels<5, 1>(g, a);
  else
    two ? mve::filter_channels<7, 2>(g, a) : mve::filter_channels<7, 1>(g, a);
}

}  // namespace thimble::kernels

#endif
