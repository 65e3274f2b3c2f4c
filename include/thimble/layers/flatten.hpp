// The same bytes as one row of channels.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/network/rule.hpp>

namespace thimble {

/// The same bytes in another shape. A view: no step, no byte.
struct view_rules {
  using forward = boost::mp11::mp_list<>;
  using gradient = boost::mp11::mp_list<>;
  static constexpr void complete_view(facts& f, shape out) {
    f.out = out;
    f.is_view = f.keeps_scale = true;
    f.reject(out.size() != f.in.size(), "another shape must hold as many elements");
  }
};

/// h x w x c becomes 1 x 1 x (h * w * c).
struct flatten : view_rules {
  static constexpr void complete(facts& f) {
    f.kind = "flatten";
    complete_view(f, {1, 1, f.in.size()});
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
