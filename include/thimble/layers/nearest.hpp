// Resizing by the nearest neighbour.
#pragma once
#include <cstddef>

#include <boost/mp11/list.hpp>

#include <thimble/kernels/nearest.hpp>
#include <thimble/network/rule.hpp>

namespace thimble::resized {

/// Which input row (or column) each output takes; two bytes an entry in flash.
template <int In, int Out, bool AlignCorners, bool HalfPixelCenters>
inline constexpr auto indices =
    kernels::nearest_indices<static_cast<std::size_t>(Out)>(In, AlignCorners, HalfPixelCenters);

template <class At>
inline constexpr const auto& rows_of =
    indices<At::node.in.h, At::node.out.h, At::layer::align_corners, At::layer::half_pixel_centers>;
template <class At>
inline constexpr const auto& columns_of =
    indices<At::node.in.w, At::node.out.w, At::layer::align_corners, At::layer::half_pixel_centers>;

struct forward {
  static constexpr uses describe(const facts&) {
    return {.reads = {role::x0}, .writes = {role::y}, .modifies = role::none, .scratch = 0, .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    kernels::run(
        kernels::nearest_args{at.x0(), At::node.in, At::node.out, rows_of<At>.data(), columns_of<At>.data(), at.y()});
  }
};

struct gradient {
  static constexpr uses describe(const facts&) {
    return {.reads = {role::dy}, .writes = {role::dx0}, .modifies = role::none, .scratch = 0, .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    kernels::run(kernels::nearest_gradient_args{at.dy(), At::node.in, At::node.out, rows_of<At>.data(),
                                                columns_of<At>.data(), At::exponent(role::dx0) - At::exponent(role::dy),
                                                at.dx0(), At::adds});
  }
};

/// y takes the nearest x, by TFLite's formula; the layer says `align_corners` and `half_pixel_centers`.
struct rules {
  using forward = boost::mp11::mp_list<resized::forward>;
  using gradient = boost::mp11::mp_list<resized::gradient>;
  static constexpr void complete_resize(facts& f, shape out) {
    f.out = out;
    f.reject(out.c != f.in.c || out.h > 32767 || out.w > 32767, "resizing keeps the channels, up to 32767 rows");
  }
  /// An input is taken by out / in outputs: their variances add.
  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int, int, int) {
    const double many = static_cast<double>(Values::node.out.pixels()) / Values::node.in.pixels();
    for (int c = 0; c < Values::node.in.c; ++c) vx[c] += vy[c] * (many < 1 ? 1 : many);
  }
};

}  // namespace thimble::resized
