// What is to be placed in the arena: tensors with their lives, and which may lie over which.
#pragma once
#include <thimble/memory/live.hpp>

namespace thimble::detail {

/// Where one tensor may lie over another: at the partner's offset + `shift`, or lower.
struct overlay_option {
  int partner = -1, shift = 0;
};

inline constexpr int most_overlays = 6;

/// A tensor of the arena, as placing sees it. Partners are numbers of such items.
struct placed_item {
  int id = -1, bytes = 0, first = 0, last = 0, overs = 0;
  overlay_option over[most_overlays];
};

/// What is to be placed: items, largest first (of equals, the earlier number), and the bytes alive in each loop. Small, as compilers
/// copy it into each attempt's constant.
template <int Room, int Loops>
struct placing_problem {
  static constexpr int room = Room > 0 ? Room : 1, loops_room = Loops;
  placed_item item[static_cast<std::size_t>(room)];
  int count = 0;
  int live[static_cast<std::size_t>(Loops + 1)]{}, loops = 0, forward_loops = 0, lower_bound = 0;
};

template <class Plan>
constexpr bool is_placed(const Plan& p, int id) {
  const tensor& t = p.t[id];
  return Plan::in_arena(id) && t.needed && t.last >= t.first && t.bytes > 0;
}
template <class Plan>
constexpr int items_of(const Plan& p) {
  int count = 0;
  for (int i = 0; i < Plan::tensors; ++i) count += is_placed(p, i) ? 1 : 0;
  return count;
}

/// Before placing: sizes aligned, trained parameters placed one after another, the worst loop found.
template <class Plan>
constexpr Plan prepare(Plan p) {
  for (int i = 0; i < Plan::tensors; ++i) {
    tensor& t = p.t[i];
    t.bytes = align_up(t.bytes);
    if (Plan::in_arena(i) || !t.needed) continue;
    t.offset = p.trained;
    p.trained += t.bytes;
  }
  const bytes_alive<Plan> live(p);
  p.worst = live.worst(p, 0);
  p.lower_bound = live.in[p.worst];
  return p;
}

/// Of a plan that was prepared. WithLag: whether overlays that begin elsewhere than their partner are used.
template <int Room, class Plan>
constexpr auto problem_of(const Plan& p, bool with_lag) {
  placing_problem<Room, Plan::steps_room> c;
  short number[static_cast<std::size_t>(Plan::tensors)]{};
  for (int i = 0; i < Plan::tensors; ++i) {
    if (!is_placed(p, i)) continue;
    const tensor& t = p.t[i];
    int j = c.count++;
    for (; j > 0 && c.item[j - 1].bytes < t.bytes; --j) {
      c.item[j] = c.item[j - 1];
      number[c.item[j].id] = static_cast<short>(j);
    }
    c.item[j].id = i;
    c.item[j].bytes = t.bytes;
    c.item[j].first = t.first;
    c.item[j].last = t.last;
    number[i] = static_cast<short>(j);
  }
  for (int k = 0; k < p.loops; ++k)
    for (const permission& x : p.l[k].in_place) {
      if (!holds(p, k, x) || (x.lag != 0 && !with_lag) || !is_placed(p, x.read) || !is_placed(p, x.write)) continue;
      placed_item &write = c.item[number[x.write]], &read = c.item[number[x.read]];
      if (write.overs == most_overlays || read.overs == most_overlays) continue;
      const int lag = align_up(x.lag);
      write.over[write.overs++] = {number[x.read], -lag};
      read.over[read.overs++] = {number[x.write], lag};
    }
  const bytes_alive<Plan> live(p);
  for (int k = 0; k < p.loops; ++k) c.live[k] = live.in[k];
  c.loops = p.loops;
  c.forward_loops = p.forward_loops;
  c.lower_bound = p.lower_bound;
  return c;
}

}  // namespace thimble::detail
