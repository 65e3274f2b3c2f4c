// Minimum and maximum of two tensors, broadcast to each other.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/extremum.hpp>
#include <thimble/layers/elementwise.hpp>

namespace thimble::elementwise {

template <bool Largest>
struct extremum {
  static constexpr uses describe(const facts& f) {
    uses u = describe_pair(f);
    u.writes[1] = role::none;  // nothing is clipped
    return u;
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    kernels::run(kernels::extremum_args{pairing_of<At>, at.x0(), at.x1(), Largest, at.y()});
  }
};

/// The gradient goes to the side that won; of equals, the first input wins.
template <bool Largest, int Side>
struct extremum_gradient {
  static constexpr role other = x(1 - Side);
  static constexpr uses describe(const facts&) {
    return {.reads = {role::dy, role::x0, role::x1},
            .writes = {dx(Side)},
            .modifies = role::none,
            .scratch = 0,
            .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    kernels::run(kernels::extremum_gradient_args{
        pairing_from<At, Side>, at.dy(), at.template input<x(Side)>(), at.template input<other>(), Largest, Side == 0,
        At::exponent(dx(Side)) - At::exponent(role::dy), at.template gradient<dx(Side)>(), At::adds});
  }
};

/// y = max(x0, x1), or min. The three share one quantization.
template <bool Largest>
struct extremum_rules {
  using forward = boost::mp11::mp_list<extremum<Largest>>;
  using gradient = boost::mp11::mp_list<extremum_gradient<Largest, 0>, extremum_gradient<Largest, 1>>;
  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int slot, int, int) {
    spread_side(Values::node, slot, 1, vy, vx);
  }
};

}  // namespace thimble::elementwise
