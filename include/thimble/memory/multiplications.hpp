// The multiplications that a plan comes to.
#pragma once
#include <cstdint>

#include <thimble/training/steps.hpp>

namespace thimble {

/// Of one pass over a plan: multiply-accumulates of layers with weights.
struct multiplications {
  std::int64_t all = 0;     ///< forward, backward and learning, each value once
  std::int64_t frozen = 0;  ///< those of them before the first layer that learns
  std::int64_t again = 0;   ///< of values that are made a second time; not in `all`
};

/// A layer forward, and its input's gradient: out pixels * weights; its weights' gradient: the trained share of that.
template <class Plan, class Graph>
constexpr multiplications multiplications_of(const Plan& p, const Graph& g) {
  multiplications m;
  const auto whole = [&](int n) { return std::int64_t{g.at[n].out.pixels()} * g.at[n].weights(); };
  bool learns = false;
  for (int i = 0; i < p.steps; ++i) {
    const step& s = p.s[i];
    const facts& node = g.at[s.node];
    if (s.again[0] >= 0) {
      m.again += whole(p.s[s.again[0]].node) + whole(p.s[s.again[1]].node);
      continue;
    }
    m.again += std::int64_t{s.made_again} * node.weights();
    learns = learns || node.trained > 0 || node.bias_trained;
    std::int64_t macs = 0;
    for (const int w : s.writes) {
      if (w < 0 || node.number < 0) continue;
      const int kind = w / Plan::nodes;
      if (kind == value || kind == gradient) macs = whole(s.node);
      if (kind == weight) macs = whole(s.node) / node.weight_row * node.trained;
    }
    m.all += macs;
    if (!s.backward && !learns) m.frozen += macs;
  }
  return m;
}

}  // namespace thimble
