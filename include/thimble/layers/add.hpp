// Sum and difference of two tensors, broadcast to each other; what `residual` ends with.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/addition.hpp>
#include <thimble/kernels/multiplication.hpp>
#include <thimble/layers/clip.hpp>
#include <thimble/layers/elementwise.hpp>

namespace thimble {

namespace elementwise {

/// y = x0 + x1, or x0 - x1. Keeps one bit an output. Either input of the output's shape may be overwritten by it.
template <bool Subtracts>
struct sum {
  static constexpr uses describe(const facts& f) { return describe_pair(f); }
  static constexpr reach rows(const facts& f) { return rows_of_pair(f); }
  static constexpr reach columns(const facts& f) { return rows_of_pair(f); }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr quantization a = At::quantized(role::x0), b = At::quantized(role::x1), y = At::quantized(role::y);
    const kernels::addition_args k{pairing_for(at), at.x0(),         at.x1(),     a.zero_point, b.zero_point,
                                   y.zero_point,    scales(a, b, y), At::range(), at.y(),       at.mask()};
    if constexpr (Subtracts)
      kernels::run(kernels::subtraction_args{k});
    else
      kernels::run(k);
  }
  static constexpr kernels::addition_scales scales(quantization a, quantization b, quantization y) {
    return Subtracts ? kernels::subtraction_scales_of(a.scale, b.scale, y.scale)
                     : kernels::addition_scales_of(static_cast<double>(a.scale), static_cast<double>(b.scale),
                                                   static_cast<double>(y.scale));
  }
};

/// dx = +-dy * s_x / s_y, summed over what x was broadcast to. A side of the output's shape may overwrite dy; the planner
/// gives it to the one that reads it last.
template <int Side, bool Negative>
struct sum_gradient {
  static constexpr uses describe(const facts& f) {
    return {.reads = {role::dy},
            .writes = {dx(Side)},
            .modifies = role::none,
            .scratch = 0,
            .in_place = {{side_is_whole(f, Side) ? dx(Side) : role::none, role::dy, 0}}};
  }
  static constexpr bool remakes(const facts& f) {
    return !Negative && side_is_whole(f, Side) && !f.float_gradients && f.out.c % 8 == 0;
  }
  template <class At>
  THIMBLE_INLINE static void remake(At at, int first, int count, std::int16_t* to) {
    constexpr multiplier m = factor<At>();
    constexpr int raise = At::exponent(role::dy) - At::exponent(dx(Side));
    kernels::run(
        kernels::scaled_gradient_args{at.dy() + first, At::arithmetic::factor_for(m, raise), to, false, count});
  }
  template <class At>
  static constexpr multiplier factor() {
    return scale_factor(At::real_scale(x(Side)) / At::real_scale(role::y));
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr multiplier m = factor<At>();
    constexpr int raise = At::exponent(role::dy) - At::exponent(dx(Side));
    constexpr bool whole = side_is_whole(At::node, Side);
    if constexpr (whole && !Negative)
      kernels::run(kernels::scaled_gradient_args{at.dy(), At::arithmetic::factor_for(m, raise),
                                                 at.template gradient<dx(Side)>(), At::adds, At::node.out.size()});
    else
      kernels::run(kernels::product_gradient_args{pairing_from<At, Side>, at.dy(), nullptr, 0, m, raise, Negative,
                                                  at.template gradient<dx(Side)>(), At::adds});
  }
};

template <bool Subtracts>
struct sum_rules {
  using forward = boost::mp11::mp_list<sum<Subtracts>>;
  using gradient = boost::mp11::mp_list<clip_by_mask, sum_gradient<0, false>, sum_gradient<1, Subtracts>>;

  /// Var[dx] += Var[dy] * (s_x / s_y)^2, for each output that x was broadcast to.
  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int slot, int, int) {
    const double s = Values::real_scale(x(slot)) / Values::real_scale(role::y);
    spread_side(Values::node, slot, s * s, vy, vx);
  }
};

}  // namespace elementwise

/// y = x0 + x1 of one shape.
struct add : elementwise::sum_rules<false> {
  static constexpr void complete(facts& f) {
    f.kind = "residual";
    f.out = f.in;
    if (f.in != f.in1) f.fault = "a residual must end with the shape that it began with";
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
