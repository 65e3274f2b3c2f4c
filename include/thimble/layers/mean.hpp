// The mean over axes, with a quantization of its own.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/mean.hpp>
#include <thimble/layers/clip.hpp>
#include <thimble/network/rule.hpp>

namespace thimble::averaged {

/// y = the mean of x over `At::layer::over`. Keeps one bit an output.
struct forward {
  static constexpr uses describe(const facts&) {
    return {.reads = {role::x0}, .writes = {role::y, role::mask}, .modifies = role::none, .scratch = 0, .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr kernels::mean_scale scale = kernels::mean_scale_of(At::quantized(role::x0), At::quantized(role::y),
                                                                 kernels::reduced_count(At::node.in, At::layer::over));
    kernels::run(kernels::mean_args{at.x0(), At::node.in, At::layer::over, scale, at.y(), at.mask()});
  }
};

/// dx = dy * s_x / (count * s_y).
struct gradient {
  static constexpr uses describe(const facts&) {
    return {.reads = {role::dy}, .writes = {role::dx0}, .modifies = role::none, .scratch = 0, .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr double ratio = At::real_scale(role::x0) / At::real_scale(role::y);
    constexpr auto factor =
        At::arithmetic::factor_for(scale_factor(ratio / kernels::reduced_count(At::node.in, At::layer::over)),
                                   At::exponent(role::dy) - At::exponent(role::dx0));
    kernels::run(kernels::mean_gradient_args{at.dy(), At::node.in, At::layer::over, factor, at.dx0(), At::adds});
  }
};

struct rules {
  using forward = boost::mp11::mp_list<averaged::forward>;
  using gradient = boost::mp11::mp_list<clip_by_mask, averaged::gradient>;
  static constexpr void complete_mean(facts& f, kernels::axes over) {
    f.out = kernels::reduced(f.in, over);
    f.reject(kernels::reduced_count(f.in, over) > 1 << 23, "a mean over more than 2^23 values");
  }
  /// Var[dx] += Var[dy] * (s_x / (count * s_y))^2.
  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int, int, int) {
    constexpr kernels::axes over = Values::layer_type::over;
    const double s =
        Values::real_scale(role::x0) / (Values::real_scale(role::y) * kernels::reduced_count(Values::node.in, over));
    for (int c = 0; c < Values::node.in.c; ++c) vx[c] += vy[over.channels ? 0 : c] * s * s;
  }
};

}  // namespace thimble::averaged
