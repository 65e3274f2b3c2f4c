// The sum of two tensors of one shape: what `residual` ends with.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/addition.hpp>
#include <thimble/kernels/clip.hpp>
#include <thimble/network/rule.hpp>

namespace thimble {

/// y = x0 + x1. Keeps one bit an output. Either input may be overwritten by the output.
struct add {
  struct sum {
    static constexpr uses describe(const facts&) {
      return {.reads = {role::x0, role::x1},
              .writes = {role::y, role::mask},
              .modifies = role::none,
              .scratch = 0,
              .in_place = {{role::y, role::x0, 0}, {role::y, role::x1, 0}}};
    }
    template <class At>
    THIMBLE_INLINE static void run(At at) {
      constexpr double a = At::real_scale(role::x0), b = At::real_scale(role::x1);
      constexpr double twice = 2 * (a > b ? a : b);
      const rows part = at.part();
      kernels::run(kernels::addition_args{
          at.x0(), at.x1(), At::zero(role::x0), At::zero(role::x1), At::zero(role::y), quantize_multiplier(a / twice),
          quantize_multiplier(b / twice), quantize_multiplier(twice / ((1 << 20) * At::real_scale(role::y))),
          At::range(), at.y(), at.mask(), part.begin * At::node.out.row(), part.end * At::node.out.row()});
    }
  };

  struct clip {
    static constexpr uses describe(const facts&) {
      return {.reads = {role::mask}, .writes = {}, .modifies = role::dy, .scratch = 0, .in_place = {}};
    }
    template <class At>
    THIMBLE_INLINE static void run(At at) {
      kernels::run(kernels::clip_args{at.mask(), at.dy(), At::node.out.size()});
    }
  };

  /// dx = dy * s_x / s_y. Either side may overwrite dy; the planner gives it to the one that reads it last.
  template <role X, role D>
  struct side {
    static constexpr uses describe(const facts&) {
      return {.reads = {role::dy}, .writes = {D}, .modifies = role::none, .scratch = 0, .in_place = {{D, role::dy, 0}}};
    }
    template <class At>
    THIMBLE_INLINE static void run(At at) {
      constexpr auto factor = kernels::factor_of(scale_factor(At::real_scale(X) / At::real_scale(role::y)),
                                                 At::exponent(role::dy) - At::exponent(D));
      kernels::run(
          kernels::scaled_gradient_args{at.dy(), factor, at.template gradient<D>(), At::adds, At::node.out.size()});
    }
  };

  using forward = boost::mp11::mp_list<sum>;
  using gradient = boost::mp11::mp_list<clip, side<role::x0, role::dx0>, side<role::x1, role::dx1>>;

  static constexpr void complete(facts& f) {
    f.kind = "residual";
    f.out = f.in;
    if (f.in != f.in1) f.fault = "a residual must end with the shape that it began with";
  }

  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int slot, int, int) {
    const double s = Values::real_scale(slot == 0 ? role::x0 : role::x1) / Values::real_scale(role::y);
    for (int c = 0; c < Values::node.in.c; ++c) vx[c] += vy[c] * s * s;
  }

  template <class View>
  static void float_forward(View v) {
    for (int i = 0; i < v.geometry.out.size(); ++i) v.y[i] = v.x[0][i] + v.x[1][i];
  }
  template <class View>
  static void float_backward(View v) {
    for (int side = 0; side < 2; ++side)
      for (int i = 0; i < v.geometry.out.size(); ++i) v.dx[side][i] += v.dy[i];
  }
};

}  // namespace thimble
