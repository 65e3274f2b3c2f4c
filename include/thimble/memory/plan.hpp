// The memory plan: of several placements the smallest.
#pragma once
#include <utility>

#include <thimble/memory/placement.hpp>

namespace thimble {

// Each attempt its own constant: compilers limit each evaluation, and equal stages are shared.
/// 48 attempts for up to 64 nodes; fewer for more, as an attempt costs the square of them.
constexpr int placement_attempts(int nodes) {
  const int n = nodes <= 64 ? 48 : 48 * 64 * 64 / (nodes * nodes);
  return n < 4 ? 4 : n;
}

template <class Net, class Update>
inline constexpr int bound_as_scheduled =
    detail::prepare(scheduled<Net, Update>, true, detail::placing_order::by_size).p.lower_bound;
template <class Net, class Update>
inline constexpr int bound_layer_by_layer =
    detail::prepare(layer_by_layer_plan<Net, Update>, true, detail::placing_order::by_size).p.lower_bound;

/// Spans are chosen by estimates: where they come out no smaller, there are none. (Pushed rows need theirs.)
template <class Net, class Update>
constexpr const auto& best_schedule() {
  if constexpr (detail::how_of<Update>.order == schedule::row_by_row) {
    if constexpr (bound_as_scheduled<Net, Update> < bound_layer_by_layer<Net, Update>)
      return scheduled<Net, Update>;
    else
      return layer_by_layer_plan<Net, Update>;
  } else {
    return scheduled<Net, Update>;
  }
}

template <class Net, class Update, bool WithLag, detail::placing_order Order>
inline constexpr auto prepared = detail::prepare(best_schedule<Net, Update>(), WithLag, Order);

/// From the largest: after each attempt what ended highest is placed first.
template <class Net, class Update, int Number>
inline constexpr auto attempted = detail::next_attempt(attempted<Net, Update, Number - 1>);
template <class Net, class Update>
inline constexpr auto attempted<Net, Update, 0> =
    detail::first_attempt(prepared<Net, Update, true, detail::placing_order::by_size>);

/// From the fullest loops: each of the first few tensors in turn is placed first.
template <class Net, class Update, int First>
inline constexpr auto attempted_from =
    detail::first_attempt_from(prepared<Net, Update, true, detail::placing_order::by_pressure>, First).p;

namespace detail {

template <class Plan>
constexpr void keep_smaller(Plan& best, const Plan& p) {
  if (p.peak < best.peak) best = p;
}

template <class Net, class Update, int... Number>
constexpr auto smallest_by_size(std::integer_sequence<int, Number...>) {
  auto best = attempted<Net, Update, 0>.p;
  (keep_smaller(best, attempted<Net, Update, Number>.p), ...);
  keep_smaller(best, first_attempt(prepared<Net, Update, false, placing_order::by_size>).p);
  return best;
}
template <class Net, class Update>
inline constexpr auto smallest =
    smallest_by_size<Net, Update>(std::make_integer_sequence<int, placement_attempts(graph_of<Net>.size)>{});

/// Tensors that are tried in the first place.
inline constexpr int first_places = 16;

template <class Net, class Update, int... First>
constexpr auto smallest_by_pressure(std::integer_sequence<int, First...>) {
  auto best = smallest<Net, Update>;
  (keep_smaller(best, attempted_from<Net, Update, First>), ...);
  return best;
}

/// What shares the scratch of a loop, and scratch itself, get their offsets.
template <class Plan>
constexpr void place_shared(Plan& p) {
  for (int k = 0; k < p.loops; ++k) {
    const loop& l = p.l[k];
    const int at = p.t[tensor_kinds * Plan::nodes + l.first].offset;
    for (int i = l.first; l.scratch > 0 && i < l.first + l.count; ++i) {
      p.s[i].scratch_at += at;
      if (const int y = p.s[i].writes[0]; y >= 0 && p.t[y].shares) p.t[y].offset += at;
    }
  }
}

/// The smallest of all.
template <class Net, class Update>
constexpr auto smallest_plan() {
  auto best = smallest<Net, Update>;
  if constexpr (smallest<Net, Update>.peak > smallest<Net, Update>.lower_bound)
    best = smallest_by_pressure<Net, Update>(std::make_integer_sequence<int, first_places>{});
  place_shared(best);
  return best;
}

/// Every tensor of the arena lies within it, at a multiple of the alignment; every value that is needed has bytes, or shares others'.
template <class Plan, class Graph>
constexpr bool is_well_placed(const Plan& p, const Graph& g) {
  for (int n = 0; n < Plan::nodes; ++n)
    if (const tensor& t = p.t[n]; t.needed && !g.at[n].is_constant && !t.shares && t.bytes < g.at[n].out.row())
      return false;
  for (int i = 0; i < Plan::tensors; ++i) {
    const tensor& t = p.t[i];
    if (!Plan::in_arena(i) || !t.needed || t.bytes == 0) continue;
    if (t.offset < 0 || t.offset % arena_alignment != 0 || t.offset + t.bytes > p.peak) return false;
  }
  return true;
}
}  // namespace detail

/// The memory plan of a network (with its loss) under an update.
template <class Net, class Update>
inline constexpr auto plan_of = [] {
  constexpr auto p = detail::smallest_plan<Net, Update>();
  static_assert(detail::is_well_placed(p, marked<Net, Update>),
                "thimble: a tensor was placed outside the arena; please report this");
  return p;
}();

}  // namespace thimble
