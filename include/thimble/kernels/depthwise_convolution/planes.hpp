// Depthwise convolution a channel at a time: how the image of a channel lies in scratch, as a plane of wider values.
#pragma once
#include <thimble/config.hpp>
#include <thimble/kernels/access.hpp>
#include <thimble/kernels/geometry.hpp>

namespace thimble::kernels {

/// What a target's planes are made of.
struct plane_form {
  int value;     ///< bytes of a value
  int multiple;  ///< of values, that a row is
  int behind;    ///< values behind the plane that may be read
  int most;      ///< bytes of a plane that holds more rows than one row of outputs sees
};

/// The plane in scratch: rows of `width` values, beginning `pad` before the image; as many rows as `outputs` rows of output see. Where
/// that is less than the image, the image passes in bands.
struct plane_layout {
  bool turned;  ///< rows of the plane are the image's columns: for images higher than wide
  int width, rows, outputs;
  [[nodiscard]] constexpr int bytes(const plane_form& f) const { return f.value * (width * rows + f.behind); }
};
THIMBLE_INLINE constexpr plane_layout layout_of(const geometry& g, const plane_form& f) {
  const int k = g.win.kernel_h, s = g.win.stride_h;
  const auto width = [&](int in, int out, int pad) {
    const int seen = (out - 1) * s + k, held = pad + in;
    return ((seen > held ? seen : held) + f.multiple - 1) / f.multiple * f.multiple;
  };
  const int turned = width(g.in.h, g.out.h, g.win.pad_top), rows = (g.out.w - 1) * s + k;
  if (g.out.h > g.out.w && f.value * turned * rows <= f.most) return {true, turned, rows, g.out.w};
  const int plain = width(g.in.w, g.out.w, g.win.pad_left);
  const int fit = (f.most / (f.value * plain) - k) / s + 1;
  const int outputs = fit < 1 ? 1 : fit < g.out.h ? fit : g.out.h;
  return {false, plain, (outputs - 1) * s + k, outputs};
}
constexpr bool is_plane(const geometry& g, const plane_form& f) {
  return has_small_filters(g) && g.win.pad_top <= g.win.kernel_h - g.win.stride_h && g.out.w <= g.in.w &&
         layout_of(g, f).bytes(f) <= 20 * 1024;
}

/// One axis of an image, and what a step along it is in bytes; in w, in taps.
struct image_axis {
  int in, out, pad;
  int x, y, w;
};

/// Of the outputs that a call makes, those of a channel: along the plane's rows from `start` on, across them [first, last).
struct plane_part {
  image_axis along, across;
  int start, first, last;
};
THIMBLE_INLINE plane_part part_of(const geometry& g, rows part, bool turned, int taps) {
  image_axis along{g.in.w, g.out.w, g.win.pad_left, g.in.c, g.out.c, 1};
  image_axis across{g.in.h, g.out.h, g.win.pad_top, g.in.row(), g.out.row(), taps};
  if (turned) {
    const image_axis columns = along;
    along = across;
    across = columns;
    along.out = part.end - part.begin;
  }
  return {along, across, turned ? part.begin : 0, turned ? 0 : part.begin, turned ? across.out : part.end};
}

}  // namespace thimble::kernels
