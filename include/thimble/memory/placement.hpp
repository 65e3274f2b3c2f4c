// Offsets: where each tensor lies in the arena, placed in one order or another.
#pragma once
#include <cstdint>

#include <thimble/memory/placing_problem.hpp>

namespace thimble {

namespace detail {

/// Offsets may be below zero while placing.
inline constexpr int unplaced = -(1 << 30);

/// What is placed first, in the first attempt. `stacked`: as by_pressure, above or below what the forward pass saves for the backward
/// pass: those lives are nested, so that in one stack, longest life first, they leave no gap at any time. `stacked_apart` and after: the others
/// from the other end of an arena of the bound's size, or a little more. `divided`: what dies between the two fullest loops of the
/// backward pass lies at that end too, so that what lives through both does not depend on when the stack sinks; `divided_loosely` in a
/// larger arena.
enum class placing_order : unsigned char {
  by_size,
  by_pressure,
  stacked,
  stacked_apart,
  stacked_loosely,
  stacked_loosest,
  divided,
  divided_loosely
};

/// One placement: the order of items, and where each came to lie.
template <int Room>
struct attempt {
  short order[static_cast<std::size_t>(Room)]{};
  int offset[static_cast<std::size_t>(Room)]{};  ///< of items
  int peak = 0;
  int top = 0;      ///< the end of the arena as it should be, from which items are placed downwards; 0: upwards
  int stacked = 0;  ///< the first of `order` that are not tried in other places
  int upper_begin = 0,
      upper_end = 0;  ///< of those, what dies in loops [upper_begin, upper_end) is placed downwards too
};

/// Places items one by one.
template <class Problem>
class placer {
  static constexpr int room = Problem::room;

 public:
  constexpr placer(const Problem& c, attempt<room>& a) : c_(c), a_(a) {
    for (int& offset : a.offset) offset = unplaced;
  }
  /// Over a partner where that is allowed, free and grows the arena no more than its best gap would.
  constexpr void place(int me, int top) {
    const placed_item& t = c_.item[me];
    int at = best_gap(t, top);
    for (int k = 0; k < t.overs; ++k) {
      const overlay_option& o = t.over[k];
      if (a_.offset[o.partner] == unplaced) continue;
      const int there = a_.offset[o.partner] + o.shift;  // may be below zero: all is moved up at the end
      if (growth(t, there) <= growth(t, at) && is_free(t, there, o.partner)) at = there;
    }
    a_.offset[me] = at;
    if (at + t.bytes > highest_) highest_ = at + t.bytes;
    if (at < lowest_) lowest_ = at;
    int s = placed_++;
    for (; s > 0 && a_.offset[by_offset_[s - 1]] > at; --s) by_offset_[s] = by_offset_[s - 1];
    by_offset_[s] = me;
  }
  constexpr void finish() {
    for (int i = 0; i < c_.count; ++i) a_.offset[i] -= lowest_;
    a_.peak = highest_ - lowest_;
  }

 private:
  [[nodiscard]] constexpr int growth(const placed_item& t, int at) const {
    return (at < lowest_ ? lowest_ - at : 0) + (at + t.bytes > highest_ ? at + t.bytes - highest_ : 0);
  }
  /// The lowest offset of the smallest gap, among items alive at the same time, that holds t; above all if none does. Where there is a
  /// top, which bounds the last gap: the highest offset.
  [[nodiscard]] constexpr int best_gap(const placed_item& t, int top) const {
    int best = -1, best_size = 1 << 30, cursor = lowest_;
    const auto try_gap = [&](int end) {
      const int gap = end - cursor;
      if (gap >= t.bytes && gap < best_size) best_size = gap, best = top > 0 ? end - t.bytes : cursor;
    };
    for (int s = 0; s < placed_; ++s) {
      const placed_item& u = c_.item[by_offset_[s]];
      if (t.first > u.last || u.first > t.last) continue;
      const int begin = a_.offset[by_offset_[s]];
      try_gap(begin);
      if (begin + u.bytes > cursor) cursor = begin + u.bytes;
    }
    if (top > 0) try_gap(top);
    return best_size < 1 << 30 ? best : cursor;
  }
  [[nodiscard]] constexpr bool is_free(const placed_item& t, int at, int except) const {
    for (int s = 0; s < placed_; ++s) {
      const placed_item& u = c_.item[by_offset_[s]];
      if (t.first > u.last || u.first > t.last || by_offset_[s] == except) continue;
      const int begin = a_.offset[by_offset_[s]];
      if (begin < at + t.bytes && at < begin + u.bytes) return false;
    }
    return true;
  }

  const Problem& c_;
  attempt<room>& a_;
  int by_offset_[static_cast<std::size_t>(room)]{};  ///< items placed so far, lowest first
  int placed_ = 0, lowest_ = 0, highest_ = 0;
};

/// In the order kept in `a`.
template <class Problem>
constexpr void place_in_order(const Problem& c, attempt<Problem::room>& a) {
  placer<Problem> to(c, a);
  for (int q = 0; q < c.count; ++q) {
    const int last = c.item[a.order[q]].last;
    to.place(a.order[q], q >= a.stacked || (a.upper_begin <= last && last < a.upper_end) ? a.top : 0);
  }
  to.finish();
}

/// Those of the fullest loops first (of equals, what lives longer, then the larger).
template <class Problem>
constexpr void order_by_pressure(const Problem& c, attempt<Problem::room>& a) {
  int live[static_cast<std::size_t>(Problem::loops_room)]{};
  std::int64_t key[static_cast<std::size_t>(Problem::room)]{};
  for (int i = 0; i < c.count; ++i) {
    const placed_item& t = c.item[i];
    for (int k = t.first < 0 ? 0 : t.first; k <= t.last && k < c.loops; ++k) live[k] += t.bytes;
  }
  for (int i = 0; i < c.count; ++i) {
    const placed_item& t = c.item[i];
    int pressure = 0;
    for (int k = t.first < 0 ? 0 : t.first; k <= t.last && k < c.loops; ++k)
      if (live[k] > pressure) pressure = live[k];
    key[i] = std::int64_t{pressure} * (c.loops + 2) + t.last - t.first;
  }
  for (int q = 1; q < c.count; ++q) {
    const short id = a.order[q];
    int j = q;
    for (; j > 0 && key[id] > key[a.order[j - 1]]; --j) a.order[j] = a.order[j - 1];
    a.order[j] = id;
  }
}

/// Puts the stack's items before all others, in its order.
template <class Problem>
constexpr void order_stack_first(const Problem& c, attempt<Problem::room>& a) {
  for (int q = 0; q < c.count; ++q) {
    const short id = a.order[q];
    const placed_item& t = c.item[id];
    if (!(t.first < c.forward_loops && t.last >= c.forward_loops)) continue;
    const auto life_at = [&](int k) { return c.item[a.order[k]].last - c.item[a.order[k]].first; };
    int j = q, to = a.stacked++;
    for (int k = to; k > 0 && life_at(k - 1) < t.last - t.first; --k) to = k - 1;
    for (; j > to; --j) a.order[j] = a.order[j - 1];
    a.order[to] = id;
  }
}

template <class Problem>
constexpr void divide_stack(const Problem& c, attempt<Problem::room>& a) {
  int fullest = c.forward_loops, next = -1;
  for (int k = c.forward_loops + 1; k < c.loops; ++k)
    if (c.live[k] > c.live[fullest])
      next = fullest, fullest = k;
    else if (next < 0 || c.live[k] > c.live[next])
      next = k;
  a.upper_begin = fullest < next ? fullest : next;
  a.upper_end = fullest < next ? next : fullest;
}

/// What to begin with in one order. Nothing is placed.
template <class Problem>
constexpr attempt<Problem::room> start_of(const Problem& c, placing_order order) {
  attempt<Problem::room> a;
  for (int i = 0; i < c.count; ++i) a.order[i] = static_cast<short>(i);
  if (order == placing_order::by_size) return a;
  order_by_pressure(c, a);
  if (order >= placing_order::stacked) order_stack_first(c, a);
  if (order >= placing_order::divided) divide_stack(c, a);
  // Often a little more than the bound leaves room where the bound itself does not.
  const int thousandths = order == placing_order::stacked_loosely   ? 4
                          : order == placing_order::stacked_loosest ? 12
                          : order == placing_order::divided_loosely ? 20
                                                                    : 0;
  if (order >= placing_order::stacked_apart) a.top = align_up(c.lower_bound + c.lower_bound / 1000 * thousandths);
  return a;
}

/// The first attempt.
template <class Problem>
constexpr attempt<Problem::room> first_attempt(const Problem& c, attempt<Problem::room> a) {
  place_in_order(c, a);
  return a;
}

template <int Room>
constexpr void promote(attempt<Room>& a, int place) {
  const short promoted = a.order[place];
  for (; place > a.stacked; --place) a.order[place] = a.order[place - 1];
  a.order[a.stacked] = promoted;
}

/// The next: what ended highest is placed first. Nothing to do once the bound is met.
template <class Problem>
constexpr attempt<Problem::room> next_attempt(const Problem& c, attempt<Problem::room> a) {
  if (a.peak <= c.lower_bound) return a;
  if (a.stacked >= c.count) return a;
  int top = a.stacked;
  const auto end_of = [&](int q) { return a.offset[a.order[q]] + c.item[a.order[q]].bytes; };
  for (int q = top + 1; q < c.count; ++q)
    if (end_of(q) > end_of(top)) top = q;
  promote(a, top);
  place_in_order(c, a);
  return a;
}

/// The first attempt with one item of the order before all others.
template <class Problem>
constexpr attempt<Problem::room> first_attempt_from(const Problem& c, attempt<Problem::room> a, int place) {
  place += a.stacked;
  if (a.stacked >= c.count) return first_attempt(c, a);
  if (place >= c.count) place = a.stacked;
  promote(a, place);
  place_in_order(c, a);
  return a;
}

/// Gives a plan's tensors the offsets of an attempt.
template <class Plan, class Problem>
constexpr void take_offsets(Plan& p, const Problem& c, const attempt<Problem::room>& a) {
  for (int i = 0; i < c.count; ++i) p.t[c.item[i].id].offset = a.offset[i];
  p.peak = a.peak;
}

}  // namespace detail
}  // namespace thimble
