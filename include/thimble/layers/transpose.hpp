// A permutation of axes.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/transposition.hpp>
#include <thimble/network/rule.hpp>

namespace thimble::transposed_axes {

/// The layer says `order`, a kernels::permutation, and `inverse`.
struct forward {
  static constexpr uses describe(const facts&) {
    return {.reads = {role::x0}, .writes = {role::y}, .modifies = role::none, .scratch = 0, .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr kernels::permutation order = At::layer::order;
    kernels::run(kernels::transposition_args{at.x0(), order, at.y()});
  }
};

struct gradient {
  static constexpr uses describe(const facts&) {
    return {.reads = {role::dy}, .writes = {role::dx0}, .modifies = role::none, .scratch = 0, .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr kernels::permutation order = At::layer::inverse;
    kernels::run(kernels::transposition_gradient_args{at.dy(), order, At::exponent(role::dx0) - At::exponent(role::dy),
                                                      at.dx0(), At::adds});
  }
};

struct rules {
  using forward = boost::mp11::mp_list<transposed_axes::forward>;
  using gradient = boost::mp11::mp_list<transposed_axes::gradient>;
  /// A permutation may mix channels: each gets the largest variance.
  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int, int, int) {
    double largest = 0;
    for (int c = 0; c < Values::node.out.c; ++c)
      if (vy[c] > largest) largest = vy[c];
    for (int c = 0; c < Values::node.in.c; ++c) vx[c] += largest;
  }
};

}  // namespace thimble::transposed_axes
