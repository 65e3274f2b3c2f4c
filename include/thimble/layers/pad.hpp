// A border of zeros.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/block.hpp>
#include <thimble/network/rule.hpp>

namespace thimble::padded {

/// y = x in a border of real zeros (the zero point). The layer says where x begins: `begin`.
struct border {
  static constexpr uses describe(const facts&) {
    return {.reads = {role::x0}, .writes = {role::y}, .modifies = role::none, .scratch = 0, .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    kernels::run(kernels::fill_args{at.y(), static_cast<std::int8_t>(At::zero(role::y)), At::node.out.size()});
    kernels::run(kernels::place_args{at.x0(), At::node.in, At::node.out, At::layer::begin, at.y()});
  }
};

/// dx = dy without the border.
struct border_gradient {
  static constexpr uses describe(const facts&) {
    return {.reads = {role::dy}, .writes = {role::dx0}, .modifies = role::none, .scratch = 0, .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    kernels::run(kernels::block_gradient_args{at.dy(), At::node.in, At::node.out, At::layer::begin,
                                              At::exponent(role::dx0) - At::exponent(role::dy), at.dx0(), At::adds});
  }
};

struct rules {
  using forward = boost::mp11::mp_list<border>;
  using gradient = boost::mp11::mp_list<border_gradient>;
  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int, int, int) {
    const int before = Values::layer_type::begin.channel;
    for (int c = 0; c < Values::node.in.c; ++c) vx[c] += vy[before + c];
  }
};

}  // namespace thimble::padded
