// Where the sample enters.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/network/rule.hpp>

namespace thimble {

/// The sample: int8, NHWC, quantized as the network's first activation. It lies in the arena.
template <shape S>
struct input {
  using forward = boost::mp11::mp_list<>;
  using gradient = boost::mp11::mp_list<>;
  static constexpr void complete(facts& f) {
    f.kind = "input";
    f.in = f.out = S;
    if (S.h < 1 || S.w < 1 || S.c < 1) f.fault = "every extent of the input must be at least 1";
  }
  template <class View>
  static void float_forward(View) {}
  template <class View>
  static void float_backward(View) {}
};

}  // namespace thimble
