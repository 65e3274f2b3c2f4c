// Which steps of the frozen front are made by rows together: those that make the arena smaller.
#pragma once
#include <thimble/memory/block_loops.hpp>
#include <thimble/memory/live.hpp>
#include <thimble/memory/row_groups.hpp>
#include <thimble/memory/row_program.hpp>

namespace thimble::detail {

/// What the choice of spans is made from: for each step of the frozen front its output's bytes whole and as a window. Lives are
/// those of a loop for each step.
template <int S>
struct front {
  int steps = 0;
  int window[static_cast<std::size_t>(S)]{}, input_window = 0;
  bool passing[static_cast<std::size_t>(S)]{};
  bool inner[static_cast<std::size_t>(S)]{};   ///< of a group: the next step is made with it
  int scratch[static_cast<std::size_t>(S)]{};  ///< by rows; of a group the last step's
};

/// Windows of the longest runs of steps that can be made by rows: what tensors take inside any span, near enough to choose by.
template <int N, int S>
constexpr front<S> front_of(const plan<N, S>& p, const graph<N>& g, const row_groups<S>& groups, bool pushed) {
  front<S> f;
  f.steps = first_to_learn(p);
  for (int i = 0; i < f.steps;) {
    int end = i;
    while (end < f.steps && p.s[end].rows.kernel > 0) ++end;
    if (end > i) {
      const auto r = rehearsed(list_rows<S + 2>(p, g, groups, i, end, pushed && i == 0), pushed && i == 0);
      if (i == 0) f.input_window = r.window[0].held * r.window[0].row;
      for (int t = 0; t < r.tasks; ++t) {
        const row_window& y = r.window[r.task[t].y];
        const int first = r.task[t].step, last = groups.end_of(first) - 1;
        f.window[last] = y.over >= 0 ? 0 : y.held * y.row;
        f.passing[last] = y.passing;
        f.scratch[last] = r.scratch[t];
        for (int k = first; k < last; ++k) f.inner[k] = true;
      }
    }
    i = end > i ? end : i + 1;
  }
  return f;
}

/// Bytes that step k saves where its output may lie over an input.
template <int N, int S>
constexpr int saved_in_place(const plan<N, S>& p, int k) {
  int saved = 0;
  for (const permission& x : p.s[k].in_place) {
    if (x.write < 0 || x.read < 0) continue;
    const tensor &to = p.t[x.write], &from = p.t[x.read];
    if (!to.needed || to.first != k || from.last != k || from.bytes == 0) continue;
    const int beyond = to.bytes - x.lag, shared = beyond < from.bytes ? beyond : from.bytes;
    if (shared > saved) saved = shared;
  }
  return saved;
}

/// Bytes alive during a loop of steps [i, end), for one i and growing ends. Overlays as far as they can be foreseen.
template <int N, int S>
struct span_cost {
  const plan<N, S>& p;
  const front<S>& f;
  int first, end, live = 0, scratch = 0, shared = 0;
  int stride = 1, pad = 0;  ///< of all steps so far together, in rows of the first input
  int output;               ///< the network's, which is read after the forward pass
  bool by_rows = true;

  constexpr span_cost(const plan<N, S>& plan, const graph<N>& g, const front<S>& front, int i, bool pushed)
      : p(plan), f(front), first(i), end(i), output(g.owner(g.output())) {
    for (int t = 0; t < arena_kinds * N; ++t)
      if (p.t[t].needed && p.t[t].first < i && p.t[t].last >= i)
        live += pushed && i == 0 && t == 0 ? f.input_window : p.t[t].bytes;
  }
  /// One step more.
  constexpr void extend() {
    const step& s = p.s[end];
    by_rows = by_rows && s.rows.kernel > 0;
    for (const int w : s.writes)
      if (w >= 0 && w < arena_kinds * N && p.t[w].needed && !f.inner[end]) live += p.t[w].bytes;
    int together = f.scratch[end] + (f.passing[end] ? f.window[end] : 0);
    const bool in_group = end > first && f.inner[end - 1];
    for (const int r : s.reads)  // made in the span and read for the last time: a window is enough
      if (!in_group && r >= 0 && r < N && p.t[r].last == end && p.t[r].first >= first && r != output) {
        for (int i = first; i < end; ++i)
          if (p.s[i].writes[0] == r) {
            live += (f.passing[i] ? 0 : f.window[i]) - p.t[r].bytes;
            if (f.passing[i]) together += f.window[i];
          }
        if (s.reads[0] == s.reads[1]) break;
      }
    if (s.scratch > scratch) scratch = s.scratch;
    if (together > shared) shared = together;
    pad += s.rows.pad * stride;
    stride *= s.rows.stride;
    ++end;
  }
  [[nodiscard]] constexpr int bytes(bool rows, const graph<N>& g) const {
    return live + (rows ? shared : scratch) - (rows ? saved_by_rows(g) : saved_in_place(p, first));
  }

 private:
  /// The output may follow the first input's consumed rows; by how much: see row_program::lag.
  [[nodiscard]] constexpr int saved_by_rows(const graph<N>& g) const {
    const int x = p.s[first].reads[0], y = p.s[end - 1].writes[0];
    if (x < 0 || x >= N || p.t[x].last >= end || p.t[x].first >= first || (first == 0 && f.input_window < p.t[x].bytes))
      return 0;
    const int row_x = g.at[x].out.row(), row_y = g.at[y % N].out.row(), height = g.at[y % N].out.h;
    int lag = 0;
    for (const int r : {pad / stride, pad / stride + 1, height - 1}) {
      if (r >= height) continue;
      const int oldest = r * stride - pad, ahead = (r + 1) * row_y - (oldest > 0 ? oldest : 0) * row_x;
      if (ahead > lag) lag = ahead;
    }
    const int beyond = p.t[y].bytes - lag;
    return beyond <= 0 ? 0 : beyond < p.t[x].bytes ? beyond : p.t[x].bytes;
  }
};

/// The end of each loop of the front, by its first step: the fewest steps by rows among all choices of least peak.
template <int S>
struct span_choice {
  short end[static_cast<std::size_t>(S)]{};
  bool by_rows[static_cast<std::size_t>(S)]{};
  int peak = 0;
};

/// Of the steps from `from` on.
template <int N, int S>
constexpr span_choice<S> choose_spans(const plan<N, S>& p, const graph<N>& g, const front<S>& f, int floor, bool pushed,
                                      int from = 0) {
  constexpr int never = 1 << 30;
  // Backwards: the least peak from step i on; then, under that, the least work.
  int peak[static_cast<std::size_t>(S + 1)]{}, work[static_cast<std::size_t>(S + 1)]{};
  span_choice<S> c;
  const auto for_each_loop = [&](int i, auto visit) {
    span_cost<N, S> cost(p, g, f, i, pushed);
    if (i > 0 && f.inner[i - 1]) return;  // within a group
    while (cost.end < f.steps && cost.by_rows) {
      cost.extend();
      const int end = cost.end, steps = end - i;
      if (f.inner[end - 1]) continue;
      if (steps == 1 && !(pushed && i == 0)) visit(end, false, cost.bytes(false, g));
      if (cost.by_rows && (steps > 1 || (pushed && i == 0))) visit(end, true, cost.bytes(true, g));
    }
  };
  for (int i = f.steps - 1; i >= from; --i) {
    peak[i] = never;
    for_each_loop(i, [&](int end, bool, int bytes) {
      const int most = bytes > peak[end] ? bytes : peak[end];
      if (most < peak[i]) peak[i] = most;
    });
  }
  c.peak = peak[from] > floor ? peak[from] : floor;
  for (int i = f.steps - 1; i >= from; --i) {
    work[i] = never;
    for_each_loop(i, [&](int end, bool rows, int bytes) {
      if (bytes > c.peak || work[end] == never) return;
      const int all = work[end] + (rows ? end - i : 0);
      if (all >= work[i]) return;
      work[i] = all;
      c.end[i] = static_cast<short>(end);
      c.by_rows[i] = rows;
    });
  }
  return c;
}

}  // namespace thimble::detail
