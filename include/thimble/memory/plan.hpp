// The memory plan: of several placements the smallest.
#pragma once
#include <utility>

#include <thimble/memory/ease.hpp>
#include <thimble/memory/placement.hpp>
#include <thimble/memory/spans.hpp>

namespace thimble {

// Each attempt its own constant: compilers limit each evaluation, and equal stages are shared.
/// 48 attempts for up to 64 nodes; fewer for more, as an attempt costs the square of them.
constexpr int placement_attempts(int nodes) {
  const int n = nodes <= 64 ? 48 : 48 * 64 * 64 / (nodes * nodes);
  return n < 4 ? 4 : n;
}

template <class Net, class Update>
inline constexpr int bound_as_scheduled = detail::prepare(scheduled<Net, Update>).lower_bound;
template <class Net, class Update>
inline constexpr int bound_without_spans = detail::prepare(sliced_plan<Net, Update>).lower_bound;

/// Spans are chosen by estimates: where they come out no smaller, there are none. (Pushed rows need theirs.)
template <class Net, class Update>
constexpr const auto& best_schedule() {
  if constexpr (detail::how_of<Update>.order == schedule::row_by_row) {
    if constexpr (bound_as_scheduled<Net, Update> < bound_without_spans<Net, Update>)
      return scheduled<Net, Update>;
    else
      return sliced_plan<Net, Update>;
  } else {
    return scheduled<Net, Update>;
  }
}

template <class Net, class Update>
inline constexpr auto prepared = detail::prepare(best_schedule<Net, Update>());
template <class Net, class Update>
inline constexpr int arena_items = detail::items_of(prepared<Net, Update>);
template <class Net, class Update, bool WithLag = true>
inline constexpr auto problem = detail::problem_of<arena_items<Net, Update>>(prepared<Net, Update>, WithLag);
template <class Net, class Update, detail::placing_order Order>
inline constexpr auto start = detail::start_of(problem<Net, Update>, Order);

/// In one order: after each attempt what ended highest is placed first.
template <class Net, class Update, detail::placing_order Order, int Number>
inline constexpr auto attempted = detail::next_attempt(problem<Net, Update>, attempted<Net, Update, Order, Number - 1>);
template <class Net, class Update, detail::placing_order Order>
inline constexpr auto attempted<Net, Update, Order, 0> =
    detail::first_attempt(problem<Net, Update>, start<Net, Update, Order>);

/// From the fullest loops: each of the first few tensors in turn is placed first.
template <class Net, class Update, detail::placing_order Order, int First>
inline constexpr auto attempted_from =
    detail::first_attempt_from(problem<Net, Update>, start<Net, Update, Order>, First);

namespace detail {

template <class Attempt>
constexpr void keep_smaller(Attempt& best, const Attempt& a) {
  if (a.peak < best.peak) best = a;
}

/// The smallest of the attempts so far.
template <class Net, class Update, placing_order Order, class Attempt, int... Number>
constexpr void try_in_order(Attempt& best, std::integer_sequence<int, Number...>) {
  (keep_smaller(best, attempted<Net, Update, Order, Number>), ...);
}
template <class Net, class Update, placing_order Order, class Attempt, int... First>
constexpr void try_from(Attempt& best, std::integer_sequence<int, First...>) {
  (keep_smaller(best, attempted_from<Net, Update, Order, First>), ...);
}

/// Tensors that are tried in the first place.
inline constexpr int first_places = 16;

template <class Net, class Update>
inline constexpr auto smallest_by_size = [] {
  constexpr auto attempts = std::make_integer_sequence<int, placement_attempts(graph_of<Net>.size)>{};
  auto best = attempted<Net, Update, placing_order::by_size, 0>;
  try_in_order<Net, Update, placing_order::by_size>(best, attempts);
  constexpr const auto& without_lag = problem<Net, Update, false>;
  keep_smaller(best, first_attempt(without_lag, start_of(without_lag, placing_order::by_size)));
  return best;
}();
template <class Net, class Update>
inline constexpr auto smallest_by_pressure = [] {
  constexpr const auto& a = smallest_by_size<Net, Update>;
  auto best = a;
  if constexpr (a.peak > problem<Net, Update>.lower_bound)
    try_from<Net, Update, placing_order::by_pressure>(best, std::make_integer_sequence<int, first_places>{});
  return best;
}();

/// More where memory is bought with instructions.
constexpr int thrifty_attempts(const recipe& how) { return how.recomputes ? 26 : 20; }
/// Of one order, under least_memory, if those before did not meet the bound.
template <class Net, class Update, placing_order Order, const auto& So_far>
inline constexpr auto smallest_with = [] {
  auto best = So_far;
  if constexpr (how_of<Update>.is_thrifty && So_far.peak > problem<Net, Update>.lower_bound) {
    try_in_order<Net, Update, Order>(best, std::make_integer_sequence<int, thrifty_attempts(how_of<Update>)>{});
    if constexpr (Order == placing_order::stacked_apart)
      try_from<Net, Update, Order>(best, std::make_integer_sequence<int, first_places>{});
  }
  return best;
}();
template <class Net, class Update>
inline constexpr const auto& smallest_apart =
    smallest_with<Net, Update, placing_order::stacked_apart, smallest_by_pressure<Net, Update>>;
template <class Net, class Update>
inline constexpr const auto& smallest_loosely =
    smallest_with<Net, Update, placing_order::stacked_loosest,
                  smallest_with<Net, Update, placing_order::stacked_loosely, smallest_apart<Net, Update>>>;
template <class Net, class Update>
inline constexpr const auto& smallest_divided =
    smallest_with<Net, Update, placing_order::divided,
                  smallest_with<Net, Update, placing_order::stacked, smallest_loosely<Net, Update>>>;
template <class Net, class Update>
inline constexpr const auto& smallest =
    smallest_with<Net, Update, placing_order::divided_loosely, smallest_divided<Net, Update>>;

/// What shares the scratch of a loop, and scratch itself, get their offsets.
template <class Plan>
constexpr void place_shared(Plan& p) {
  for (int k = 0; k < p.loops; ++k) {
    const loop& l = p.l[k];
    const int at = p.t[tensor_kinds * Plan::nodes + l.first + (l.slices > 1 ? 1 : 0)].offset;
    for (int i = l.first; l.scratch > 0 && i < l.first + l.count; ++i) {
      p.s[i].scratch_at += at;
      if (const int y = p.s[i].writes[0]; y >= 0 && p.t[y].shares) p.t[y].offset += at;
    }
  }
}

/// The end of the highest tensor of the arena.
template <class Plan>
constexpr int highest_end(const Plan& p) {
  int highest = 0;
  for (int i = 0; i < Plan::tensors; ++i)
    if (const tensor& t = p.t[i]; Plan::in_arena(i) && t.needed && !t.shares && t.offset + t.bytes > highest)
      highest = t.offset + t.bytes;
  return highest;
}

/// The smallest of all; where it is eased, what of the spare bytes found a use is kept.
template <class Net, class Update>
constexpr auto smallest_plan() {
  auto best = prepared<Net, Update>;
  take_offsets(best, problem<Net, Update>, smallest<Net, Update>);
  best.peak += how_of<Update>.spare;
  if constexpr (how_of<Update>.is_thrifty) {
    ease(best, marked<Net, Update>, rules_table_of<Net>, gathered<Net, Update>);
    best.peak = highest_end(best);
  }
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
