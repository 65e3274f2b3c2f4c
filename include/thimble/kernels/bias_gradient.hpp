// The gradient of biases, the same for every layer that has them.
#pragma once
#include <thimble/kernels/geometry.hpp>
#include <thimble/kernels/gradient_kind.hpp>
#include <thimble/kernels/sink.hpp>

namespace thimble::kernels {

/// Biases of any layer with weights: b[o] -= rate * (s_w * s_x)^-2 * db as the sink has it, db = eff[o] * sum of dy[o] over positions.
template <class Gradient, learning_rule Rule>
struct bias_gradient_args {
  const Gradient* dy;
  multipliers scale;
  bias_sink<Rule> to;
};

/// Sums are exact: 32 bits over a row of at most 65'535 positions, 64 over all, then saturated to 32.
template <class Gradient, learning_rule Rule>
THIMBLE_INLINE void bias_gradient(portable, const geometry g, const bias_gradient_args<Gradient, Rule>& a) {
  using math = arithmetic<Gradient>;
  for (int o = 0; o < g.out.c; ++o) {
    typename math::sum sum = 0;
    const Gradient* dy = a.dy + o;
    for (int y = 0; y < g.out.h; ++y) {
      typename math::term row = 0;
      for (int x = 0; x < g.out.w; ++x) row += dy[(y * g.out.w + x) * g.out.c];
      sum += row;
    }
    a.to.learn(o, a.scale[o], math::fitted(sum));
  }
}

}  // namespace thimble::kernels

#include <thimble/kernels/bias_gradient/arm_dsp.hpp>
#include <thimble/kernels/bias_gradient/arm_mve.hpp>
#include <thimble/kernels/bias_gradient/arm_thumb.hpp>
#include <thimble/kernels/bias_gradient/x86.hpp>

namespace thimble::kernels {

struct bias_backward {
  static constexpr window_key key(const geometry&) { return {{}, -1, -1}; }  // one copy for all windows
  template <class Target, class Gradient, learning_rule Rule>
  THIMBLE_INLINE static void body(Target t, const geometry& g, const bias_gradient_args<Gradient, Rule>& a) {
    bias_gradient(t, g, a);
  }
};

}  // namespace thimble::kernels
