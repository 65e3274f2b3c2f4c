// Bytes alive in each loop of a plan, placed or not; where learning begins.
#pragma once
#include <thimble/training/steps.hpp>

namespace thimble {

/// Every tensor begins at a multiple of this many bytes.
inline constexpr int arena_alignment = 4;
constexpr int align_up(int bytes) {
  if (bytes < 0) return -(-bytes / arena_alignment * arena_alignment);
  return (bytes + arena_alignment - 1) / arena_alignment * arena_alignment;
}

namespace detail {

/// A loop's permission holds if the read dies there and the write begins there.
template <class Plan>
constexpr bool holds(const Plan& p, int loop, const permission& x) {
  if (x.write < 0 || x.read < 0) return false;
  const tensor &to = p.t[x.write], &from = p.t[x.read];
  if (from.bytes == 0) return false;  // a constant: it lies in flash
  return to.needed && to.first == loop && from.last == loop && align_up(x.lag) < to.bytes;
}

/// Bytes that overlays may save in loop k: its best permission that holds; by slices, where they are of different tensors, all.
template <class Plan>
constexpr int overlay_saving(const Plan& p, int k) {
  int best = 0, sum = 0;
  for (const permission& x : p.l[k].in_place) {
    if (!holds(p, k, x)) continue;
    // `write` reaches from -lag to bytes - lag, as seen from the beginning of `read`.
    const int begin = -align_up(x.lag), end = begin + align_up(p.t[x.write].bytes), from = align_up(p.t[x.read].bytes);
    const int shared = (end < from ? end : from) - (begin > 0 ? begin : 0);
    if (shared > best) best = shared;
    if (x.lag >= 0) sum += shared;  // else it is another place for the same
  }
  return p.l[k].slices > 1 ? sum : best;
}

/// Bytes alive in each loop, less what overlays may save there; no placement can be smaller than the largest.
template <class Plan>
struct bytes_alive {
  int in[static_cast<std::size_t>(Plan::steps_room + 1)]{};

  constexpr explicit bytes_alive(const Plan& p) {
    for (int i = 0; i < Plan::tensors; ++i) {
      const tensor& t = p.t[i];
      if (!Plan::in_arena(i) || !t.needed || t.last < t.first) continue;
      in[t.first < 0 ? 0 : t.first] += align_up(t.bytes);
      in[t.last + 1] -= align_up(t.bytes);
    }
    for (int k = 1; k < p.loops; ++k) in[k] += in[k - 1];
    for (int k = 0; k < p.loops; ++k) in[k] -= overlay_saving(p, k);
  }
  /// The fullest loop from one on.
  [[nodiscard]] constexpr int worst(const Plan& p, int first) const {
    int k = first;
    for (int i = first; i < p.loops; ++i)
      if (in[i] > in[k]) k = i;
    return k;
  }
};

/// Bytes alive at the worst of the loops from one on.
template <class Plan>
constexpr int rest_of(const Plan& p, int first) {
  const bytes_alive<Plan> live(p);
  return first < p.loops ? live.in[live.worst(p, first)] : 0;
}

/// The first step that reads parameters that train, or keeps something for backward: rows end before it.
template <int N, int S>
constexpr int first_to_learn(const plan<N, S>& p) {
  for (int i = 0; i < p.forward_steps; ++i) {
    for (const int r : p.s[i].reads)
      if (r >= arena_kinds * N && p.t[r].needed) return i;
    for (const int w : p.s[i].writes)
      if (w >= mask * N && p.t[w].needed) return i;
  }
  return p.forward_steps;
}

}  // namespace detail
}  // namespace thimble
