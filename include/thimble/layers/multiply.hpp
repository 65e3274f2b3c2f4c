// Product of two tensors, broadcast to each other.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/multiplication.hpp>
#include <thimble/layers/clip.hpp>
#include <thimble/layers/elementwise.hpp>

namespace thimble::elementwise {

/// y = x0 * x1. Keeps one bit an output; backward reads each side for the other's gradient.
struct product {
  static constexpr uses describe(const facts& f) { return describe_pair(f); }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr multiplier scale =
        kernels::product_scale_of(At::real_scale(role::x0), At::real_scale(role::x1), At::real_scale(role::y));
    kernels::run(kernels::multiplication_args{pairing_of<At>, at.x0(), at.x1(), At::zero(role::x0), At::zero(role::x1),
                                              At::zero(role::y), scale, At::range(), at.y(), at.mask()});
  }
};

/// dx = dy * (other - zero) * s_x * s_other / s_y, summed over what x was broadcast to.
template <int Side>
struct product_gradient {
  static constexpr role other = x(1 - Side);
  static constexpr uses describe(const facts&) {
    return {.reads = {role::dy, other}, .writes = {dx(Side)}, .modifies = role::none, .scratch = 0, .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr multiplier m =
        scale_factor(At::real_scale(role::x0) * At::real_scale(role::x1) / At::real_scale(role::y));
    kernels::run(kernels::product_gradient_args{pairing_from<At, Side>, at.dy(), at.template input<other>(),
                                                At::zero(other), m, At::exponent(role::dy) - At::exponent(dx(Side)),
                                                false, at.template gradient<dx(Side)>(), At::adds});
  }
};

struct product_rules {
  using forward = boost::mp11::mp_list<product>;
  using gradient = boost::mp11::mp_list<clip_by_mask, product_gradient<0>, product_gradient<1>>;

  /// Var[dx] += Var[dy] * (typical * s_x * s_other / s_y)^2: stored values are about 128 from their zero point, half of what
  /// int8 can be.
  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int slot, int, int) {
    const double s = 128 * Values::real_scale(role::x0) * Values::real_scale(role::x1) / Values::real_scale(role::y);
    spread_side(Values::node, slot, s * s, vy, vx);
  }
};

}  // namespace thimble::elementwise
