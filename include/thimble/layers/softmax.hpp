// Softmax as a layer: the probabilities that a file's last operator makes. A loss takes the logits before it instead.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/softmax_int8.hpp>
#include <thimble/network/rule.hpp>

namespace thimble::softmax {

/// y = softmax(beta * x) along the channels, `At::layer::beta`.
struct forward {
  static constexpr uses describe(const facts&) {
    return {.reads = {role::x0},
            .writes = {role::y},
            .modifies = role::none,
            .scratch = 0,
            .in_place = {{role::y, role::x0, 0}}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr kernels::softmax_scale scale =
        kernels::softmax_scale_of(static_cast<double>(At::layer::beta), At::real_scale(role::x0));
    kernels::run(kernels::softmax_args{at.x0(), scale, at.y(), At::node.in.pixels(), At::node.in.c});
  }
};

/// Infers only, unless it is last: a loss folds it.
struct rules {
  using forward = boost::mp11::mp_list<softmax::forward>;
  using gradient = boost::mp11::mp_list<>;
  static constexpr void complete_softmax(facts& f) {
    f.out = f.in;
    f.infers_only = "only a last one learns, in its loss";
    f.reject(f.in.c > 4095, "softmax over more than 4095 values would overflow its sum");
  }
};

}  // namespace thimble::softmax
