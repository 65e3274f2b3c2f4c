// Where the frozen part of a network ends: the cheapest tensors from which the rest can be run again.
#pragma once
#include <thimble/memory/plan.hpp>

namespace thimble {

/// Before loop `loop` of the forward pass the tensors `id` are all that it and later loops (backward too) still need. None of
/// them depends on what learns.
template <int N>
struct latent_cut {
  int loop = 0, bytes = 0, count = 0;
  int id[static_cast<std::size_t>(N)]{};
};

namespace detail {

template <class Plan>
constexpr bool is_alive_at(const Plan& p, int id, int loop) {
  const tensor& t = p.t[id];
  return id < arena_kinds * Plan::nodes && t.needed && t.bytes > 0 && t.first < loop && t.last >= loop;
}

/// The first loop of a step that reads parameters that train.
template <class Plan, int N>
constexpr int first_that_learns(const Plan& p, const graph<N>& g) {
  for (int l = 0; l < p.forward_loops; ++l)
    for (int i = p.l[l].first; i < p.l[l].first + p.l[l].count; ++i) {
      const step& s = p.s[i];
      const facts& f = g.at[s.node];
      for (const int r : s.reads)
        if (r >= 0 && ((r / N == weight && f.trained > 0) || (r / N == bias_of && f.bias_trained))) return l;
    }
  return p.forward_loops;
}

}  // namespace detail

/// The cut with the fewest bytes at or before the first layer that learns; of equals the latest, which leaves the least to do.
template <class Net, class Update>
inline constexpr auto cut_of = [] {
  constexpr const auto& p = plan_of<Net, Update>;
  constexpr int nodes = graph_of<Net>.size;
  latent_cut<arena_kinds * nodes> best;
  const int end = detail::first_that_learns(p, marked<Net, Update>);
  constexpr int begin = detail::how_of<Update>.is_fed() ? 1 : 0;  // what is gone cannot be kept
  for (int loop = begin; loop <= end; ++loop) {
    int bytes = 0;
    for (int id = 0; id < arena_kinds * nodes; ++id) bytes += detail::is_alive_at(p, id, loop) ? p.t[id].bytes : 0;
    if (loop == begin || bytes <= best.bytes) best.loop = loop, best.bytes = bytes;
  }
  for (int id = 0; id < arena_kinds * nodes; ++id)
    if (detail::is_alive_at(p, id, best.loop)) best.id[best.count++] = id;
  return best;
}();

}  // namespace thimble
