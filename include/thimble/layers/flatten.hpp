// The same bytes as one row of channels.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/network/rule.hpp>

namespace thimble {

/// h x w x c becomes 1 x 1 x (h * w * c). A view: no step, no byte.
struct flatten {
  using forward = boost::mp11::mp_list<>;
  using gradient = boost::mp11::mp_list<>;
  static constexpr void complete(facts& f) {
    f.kind = "flatten";
    f.out = {1, 1, f.in.size()};
    f.is_view = f.keeps_scale = true;
  }
  template <class View>
  static void float_forward(View v) {
    for (int i = 0; i < v.geometry.in.size(); ++i) v.y[i] = v.x[0][i];
  }
  template <class View>
  static void float_backward(View v) {
    for (int i = 0; i < v.geometry.in.size(); ++i) v.dx[0][i] += v.dy[i];
  }
};

}  // namespace thimble
