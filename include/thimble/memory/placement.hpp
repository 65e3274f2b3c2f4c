// Offsets: where each tensor lies in the arena, placed in one order or another.
#pragma once
#include <thimble/memory/live.hpp>
#include <thimble/memory/spans.hpp>

namespace thimble {

namespace detail {

/// Offsets may be below zero while placing.
inline constexpr int unplaced = -(1 << 30);

/// Where one tensor may lie over another: at the partner's offset + `shift`, or lower.
struct overlay_option {
  int partner = -1, shift = 0;
};

inline constexpr int most_overlays = 6;

/// What placing needs besides the plan.
template <class Plan>
struct placing {
  int order[static_cast<std::size_t>(Plan::tensors)]{};  ///< of the arena's tensors, largest first
  int count = 0;
  overlay_option over[static_cast<std::size_t>(Plan::tensors)][most_overlays]{};
  int overs[static_cast<std::size_t>(Plan::tensors)]{};
  int by_offset[static_cast<std::size_t>(Plan::tensors)]{};  ///< those placed so far, lowest first
  int placed = 0, lowest = 0, highest = 0;
  int top = 0;      ///< the end of the arena as it should be, from which tensors are placed downwards; 0: upwards
  int stacked = 0;  ///< the first of `order` that are not tried in other places
  int upper_begin = 0,
      upper_end = 0;  ///< of those, what dies in loops [upper_begin, upper_end) is placed downwards too
};

/// The tensors of the arena, largest first (of equals, the earlier number).
template <class Plan>
constexpr void order_by_size(const Plan& p, placing<Plan>& w) {
  for (int i = 0; i < Plan::tensors; ++i) {
    const tensor& t = p.t[i];
    if (!Plan::in_arena(i) || !t.needed || t.last < t.first || t.bytes == 0) continue;
    int j = w.count++;
    for (; j > 0 && p.t[w.order[j - 1]].bytes < t.bytes; --j) w.order[j] = w.order[j - 1];
    w.order[j] = i;
  }
}

template <class Plan>
constexpr void list_overlays(const Plan& p, placing<Plan>& w, bool with_lag) {
  for (int k = 0; k < p.loops; ++k)
    for (const permission& x : p.l[k].in_place) {
      if (!holds(p, k, x) || (x.lag != 0 && !with_lag)) continue;
      if (w.overs[x.read] == most_overlays || w.overs[x.write] == most_overlays) continue;
      const int lag = align_up(x.lag);
      w.over[x.write][w.overs[x.write]++] = {x.read, -lag};
      w.over[x.read][w.overs[x.read]++] = {x.write, lag};
    }
}

/// The lowest offset of the smallest gap, among tensors alive at the same time, that holds t; above all if none does. Where there is a
/// top, which bounds the last gap: the highest offset.
template <class Plan>
constexpr int best_gap(const Plan& p, const placing<Plan>& w, const tensor& t) {
  int best = -1, best_size = 1 << 30, cursor = w.lowest;
  const auto try_gap = [&](int end) {
    const int gap = end - cursor;
    if (gap >= t.bytes && gap < best_size) best_size = gap, best = w.top > 0 ? end - t.bytes : cursor;
  };
  for (int s = 0; s < w.placed; ++s) {
    const tensor& u = p.t[w.by_offset[s]];
    if (t.first > u.last || u.first > t.last) continue;
    try_gap(u.offset);
    if (u.offset + u.bytes > cursor) cursor = u.offset + u.bytes;
  }
  if (w.top > 0) try_gap(w.top);
  return best_size < 1 << 30 ? best : cursor;
}

template <class Plan>
constexpr bool is_free(const Plan& p, const placing<Plan>& w, const tensor& t, int at, int except) {
  for (int s = 0; s < w.placed; ++s) {
    const int id = w.by_offset[s];
    const tensor& u = p.t[id];
    if (t.first > u.last || u.first > t.last || id == except) continue;
    if (u.offset < at + t.bytes && at < u.offset + u.bytes) return false;
  }
  return true;
}

/// Places one tensor: over a partner where that is allowed, free and grows the arena no more than its best gap would.
template <class Plan>
constexpr void place(Plan& p, placing<Plan>& w, int me) {
  tensor& t = p.t[me];
  const auto growth = [&](int at) {
    return (at < w.lowest ? w.lowest - at : 0) + (at + t.bytes > w.highest ? at + t.bytes - w.highest : 0);
  };
  int at = best_gap(p, w, t);
  for (int k = 0; k < w.overs[me]; ++k) {
    const overlay_option o = w.over[me][k];
    const tensor& partner = p.t[o.partner];
    if (partner.offset == unplaced) continue;
    const int there = partner.offset + o.shift;  // may be below zero: all is moved up at the end
    if (growth(there) <= growth(at) && is_free(p, w, t, there, o.partner)) at = there;
  }
  t.offset = at;
  if (at + t.bytes > w.highest) w.highest = at + t.bytes;
  if (at < w.lowest) w.lowest = at;
  int s = w.placed++;
  for (; s > 0 && p.t[w.by_offset[s - 1]].offset > at; --s) w.by_offset[s] = w.by_offset[s - 1];
  w.by_offset[s] = me;
}

/// One placement, in the order kept in `w`.
template <class Plan>
struct attempt {
  Plan p;
  placing<Plan> w;
};

template <class Plan>
constexpr void place_in_order(attempt<Plan>& a) {
  Plan& p = a.p;
  placing<Plan>& w = a.w;
  const int top = w.top;
  w.placed = w.lowest = w.highest = 0;
  for (int q = 0; q < w.count; ++q) p.t[w.order[q]].offset = unplaced;
  for (int q = 0; q < w.count; ++q) {
    const int last = p.t[w.order[q]].last;
    w.top = q >= w.stacked || (w.upper_begin <= last && last < w.upper_end) ? top : 0;
    place(p, w, w.order[q]);
  }
  w.top = top;
  for (int q = 0; q < w.count; ++q) p.t[w.order[q]].offset -= w.lowest;
  p.peak = w.highest - w.lowest;
}

/// The same tensors, those of the fullest loops first (of equals, what lives longer, then the larger).
template <class Plan>
constexpr void order_by_pressure(const Plan& p, placing<Plan>& w) {
  int live[static_cast<std::size_t>(Plan::steps_room)]{};
  std::int64_t key[static_cast<std::size_t>(Plan::tensors)]{};
  for (int q = 0; q < w.count; ++q) {
    const tensor& t = p.t[w.order[q]];
    for (int k = t.first < 0 ? 0 : t.first; k <= t.last && k < p.loops; ++k) live[k] += t.bytes;
  }
  for (int q = 0; q < w.count; ++q) {
    const tensor& t = p.t[w.order[q]];
    int pressure = 0;
    for (int k = t.first < 0 ? 0 : t.first; k <= t.last && k < p.loops; ++k)
      if (live[k] > pressure) pressure = live[k];
    key[w.order[q]] = std::int64_t{pressure} * (p.loops + 2) + t.last - t.first;
  }
  for (int q = 1; q < w.count; ++q) {
    const int id = w.order[q];
    int j = q;
    for (; j > 0 && key[id] > key[w.order[j - 1]]; --j) w.order[j] = w.order[j - 1];
    w.order[j] = id;
  }
}

/// What is placed first, in the first attempt. `stacked`: as by_pressure, above or below what the forward pass saves for the backward
/// pass: those lives are nested, so that in one stack, longest life first, they leave no gap at any time. `stacked_apart` and after: the others
/// from the other end of an arena of the bound's size, or a little more. `divided`: what dies between the two fullest loops of the
/// backward pass lies at that end too, so that what lives through both does not depend on when the stack sinks.
enum class placing_order : unsigned char {
  by_size,
  by_pressure,
  stacked,
  stacked_apart,
  stacked_loosely,
  stacked_loosest,
  divided
};

/// Puts the stack's tensors before all others, in its order.
template <class Plan>
constexpr void order_stack_first(const Plan& p, placing<Plan>& w) {
  for (int q = 0; q < w.count; ++q) {
    const int id = w.order[q];
    const tensor& t = p.t[id];
    if (!(t.first < p.forward_loops && t.last >= p.forward_loops)) continue;
    int j = q, to = w.stacked++;
    for (int k = to; k > 0 && p.t[w.order[k - 1]].last - p.t[w.order[k - 1]].first < t.last - t.first; --k) to = k - 1;
    for (; j > to; --j) w.order[j] = w.order[j - 1];
    w.order[to] = id;
  }
}

template <class Plan>
constexpr void divide_stack(const Plan& p, placing<Plan>& w) {
  const bytes_alive<Plan> live(p);
  int fullest = p.forward_loops, next = -1;
  for (int k = p.forward_loops + 1; k < p.loops; ++k)
    if (live.in[k] > live.in[fullest])
      next = fullest, fullest = k;
    else if (next < 0 || live.in[k] > live.in[next])
      next = k;
  w.upper_begin = fullest < next ? fullest : next;
  w.upper_end = fullest < next ? next : fullest;
}

/// Before the first attempt: sizes aligned, trained parameters placed one after another, the arena's tensors by size.
template <class Plan>
constexpr attempt<Plan> prepare(const Plan& derived, bool with_lag) {
  attempt<Plan> a{derived, {}};
  for (int i = 0; i < Plan::tensors; ++i) {
    tensor& t = a.p.t[i];
    t.bytes = align_up(t.bytes);
    if (Plan::in_arena(i) || !t.needed) continue;
    t.offset = a.p.trained;
    a.p.trained += t.bytes;
  }
  order_by_size(a.p, a.w);
  list_overlays(a.p, a.w, with_lag);
  const bytes_alive<Plan> live(a.p);
  a.p.worst = live.worst(a.p, 0);
  a.p.lower_bound = live.in[a.p.worst];
  return a;
}

/// What was prepared, in another order.
template <class Plan>
constexpr attempt<Plan> reorder(attempt<Plan> a, placing_order order) {
  if (order == placing_order::by_size) return a;
  order_by_pressure(a.p, a.w);
  if (order >= placing_order::stacked) order_stack_first(a.p, a.w);
  // Often a little more than the bound leaves room where the bound itself does not.
  const int thousandths = order == placing_order::stacked_loosely   ? 4
                          : order == placing_order::stacked_loosest ? 12
                                                                    : 0;
  if (order == placing_order::divided) divide_stack(a.p, a.w);
  if (order >= placing_order::stacked_apart) a.w.top = align_up(a.p.lower_bound + a.p.lower_bound / 1000 * thousandths);
  return a;
}

/// The first attempt.
template <class Plan>
constexpr attempt<Plan> first_attempt(attempt<Plan> a) {
  place_in_order(a);
  return a;
}

template <class Plan>
constexpr void promote(placing<Plan>& w, int place) {
  const int promoted = w.order[place];
  for (; place > w.stacked; --place) w.order[place] = w.order[place - 1];
  w.order[w.stacked] = promoted;
}

/// The next: what ended highest is placed first. Nothing to do once the bound is met.
template <class Plan>
constexpr attempt<Plan> next_attempt(attempt<Plan> a) {
  if (a.p.peak <= a.p.lower_bound) return a;
  int top = 0;
  for (int q = 1; q < a.w.count; ++q) {
    const tensor &t = a.p.t[a.w.order[q]], &u = a.p.t[a.w.order[top]];
    if (t.offset + t.bytes > u.offset + u.bytes) top = q;
  }
  promote(a.w, top);
  place_in_order(a);
  return a;
}

/// The first attempt with one tensor of the order before all others.
template <class Plan>
constexpr attempt<Plan> first_attempt_from(attempt<Plan> a, int place) {
  place += a.w.stacked;
  if (place >= a.w.count) place = a.w.stacked;
  promote(a.w, place);
  place_in_order(a);
  return a;
}

}  // namespace detail
}  // namespace thimble
