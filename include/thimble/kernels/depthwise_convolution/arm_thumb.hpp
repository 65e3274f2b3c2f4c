// Depthwise convolution a channel at a time: its image as a plane of int32, filtered by multiplications of one value.
#pragma once
#include <thimble/kernels/arm_thumb/plane.hpp>
#include <thimble/kernels/arm_thumb1/plane.hpp>
#include <thimble/kernels/arm_thumb2/plane.hpp>
#include <thimble/kernels/convolution/arguments.hpp>
#include <thimble/kernels/depthwise_convolution/planes.hpp>
#include <thimble/kernels/needs.hpp>

#if defined(THIMBLE_THUMB)

namespace thimble::kernels {
namespace thumb {

/// What lies behind, a group that is not whole reads.
inline constexpr plane_form form{.value = 4, .multiple = 1, .behind = 8, .most = 4 * 1024};

THIMBLE_INLINE void fill_values(std::int32_t* to, int count, std::int32_t value) {
  for (int i = 0; i < count; ++i) to[i] = value;
}

/// The weights of one channel; the sum of all.
template <int Taps>
THIMBLE_INLINE int widen_weights(std::int32_t* to, const std::int8_t* w, int step, int next) {
  int sum = 0;
  for (int ky = 0; ky < Taps; ++ky, w += next) {
    const std::int8_t* at = w;
    for (int kx = 0; kx < Taps; ++kx, at += step) sum += * to++ = *at;
  }
  return sum;
}

/// filter_plane for a channel that is not regular, or whose values before the clamp are asked for: its sums first lie in the plane,
/// from `sums` on, in rows of the plane's.
template <target Target, int Taps, int Stride>
THIMBLE_NOINLINE void filter_rare(plane& p, const convolution_args& a, multiplier m, bool regular, int outputs,
                                  std::int32_t* sums) {
  const convolution_args c = a;  // copies: a store to y might change what is not
  const int y_step = p.y_step, y_row = p.y_row, twice = 1 + 2 * c.y_zero;
  std::int8_t* y = p.y;
  p.y = reinterpret_cast<std::int8_t*>(sums);
  p.y_step = 4;
  p.y_row = p.row - 4 * outputs;
  filter_plane<Taps, Stride, true>(Target{}, &p);
  p.y_step = y_step;
  p.y_row = y_row;
  for (int r = 0; r < p.rows; ++r, y += y_row, sums += p.row / 4)
    for (int n = 0; n < outputs; ++n, y += y_step) {
      const int v = regular ? scaled_sum(Target{}, sums[n], m, twice) : requantize(sums[n], m) + c.y_zero;
      *y = clamp(v, c.range, c.mask, static_cast<int>(y - c.y));
    }
}
/// For a channel that is constant.
THIMBLE_NOINLINE inline void fill_outputs(const plane& p, int outputs) {
  std::int8_t* y = p.y;
  for (int r = 0; r < p.rows; ++r, y += p.y_row)
    for (int n = 0; n < outputs; ++n, y += p.y_step) *y = static_cast<std::int8_t>(p.c.addend);
}

template <target Target, int Taps, int Stride>
THIMBLE_NOINLINE void filter_channels(const geometry& g, const convolution_args& a) {
  constexpr Target target{};
  constexpr int group = plane_group(target, Taps);
  const plane_layout l = layout_of(g, form);
  const channel_source source{a.bias, a.scale, a.y_zero, a.range, 255 * 128 * Taps * Taps, a.mask != nullptr};
  const std::int8_t* const flash = launder(a.w.flash);
  auto* const rows = reinterpret_cast<std::int32_t*>(a.scratch);
  fill_values(rows, l.width * l.rows + 8, a.x_zero);  // gathered rows leave the borders as they are

  const auto [along, across, start, first, last] = part_of(g, a.part, l.turned, Taps);
  const int made = (a.part.end - a.part.begin) * g.out.row();
  plane p;
  p.x = rows + start * Stride;
  p.row = 4 * l.width;
  p.next_row = 4 * Stride * (l.width - along.out);
  p.y_step = along.y;
  p.y_row = across.y - along.out * along.y;
  p.many = along.out / group * group * 4 * Stride;
  p.rest = static_cast<unsigned>(along.out % group);
  p.floor = a.y_zero == -128 ? -128 : 0;
  const bool whole = last - first <= l.outputs;
  bool in_plane = false;  // whether sums lie in the plane
  for (int o = 0; o < g.out.c; ++o) {
    make_channels(&p.c, source, o, 1);
    const bool trained = o < g.trained, regular = is_regular(a.scale[o]) && source.bounds(p.c.bias);
    const int row = trained ? g.trained : g.out.c;
    const int sum = widen_weights<Taps>(p.w, trained ? a.w.sram + o : flash + o, row * along.w, row * across.w);
    p.c.bias =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(p.c.bias) - static_cast<std::uint32_t>(sum * a.x_zero));
    for (int begin = first, held = 0; begin < last; begin += l.outputs) {
      const int end = begin + l.outputs < last ? begin + l.outputs : last;
      const int top = begin * Stride - across.pad, count = (end - begin - 1) * Stride + Taps;  // rows of the plane
      const int from = top + held > 0 ? held : -top, to = top + count < across.in ? count : across.in - top;
      if (in_plane) fill_values(rows + held * l.width, (l.rows - held) * l.width, a.x_zero);  // over the sums
      if (to > from)
        gather(target, rows + from * l.width + along.pad, l.width, a.x + (top + from) * across.x + o, along.x, across.x,
               along.in, to - from);
      if (!whole) {
        fill_values(rows, top < 0 ? -top * l.width : 0, a.x_zero);
        fill_values(rows + to * l.width, (count - to) * l.width, a.x_zero);
      }
      p.y = a.y + begin * across.y + start * along.y + o;
      p.rows = end - begin;
      if (p.c.kind <= last_regular)
        filter_plane<Taps, Stride>(target, &p);
      else if (p.c.kind == constant_kind)
        fill_outputs(p, along.out);
      else
        filter_rare<Target, Taps, Stride>(p, a, a.scale[o], regular, along.out, rows);
      in_plane = p.c.kind == any_kind;
      if (end == last) break;
      held = Taps - Stride;
      for (int i = 0; i < held * l.width; ++i) rows[i] = rows[i + l.outputs * Stride * l.width];
    }
  }
  clamp_all(a.y + a.part.begin * g.out.row(), made, a.range);
}

}  // namespace thumb

template <thumb::target Target>
constexpr kernel_needs depthwise_needs(Target, const geometry& g) {
  constexpr plane_form form = thumb::form;
  return {.serves = is_plane(g, form), .scratch = layout_of(g, form).bytes(form), .by_channel = true};
}

/// The same bytes as portable. y may begin where x does, or lie apart.
template <thumb::target Target>
THIMBLE_INLINE void depthwise_convolution(Target, const geometry& g, const convolution_args& a) {
  const bool two = g.win.stride_h == 2;
  if (g.win.kernel_h == 3)
    two ? thumb::filter_channels<Target, 3, 2>(g, a) : thumb::filter_channels<Target, 3, 1>(g, a);
  else if (g.win.kernel_h == 5)
    two ? thumb::filter_channels<Target, 5, 2>(g, a) : thumb::filter_channels<Target, 5, 1>(g, a);
  else
    two ? thumb::filter_channels<Target, 7, 2>(g, a) : thumb::filter_channels<Target, 7, 1>(g, a);
}

}  // namespace thimble::kernels

#endif
