// The shape of a span of layers by rows, as the planner finds it: its windows and tasks, the rows that each window holds, and what may
// share bytes.
#pragma once
#include <thimble/memory/byte_sharing.hpp>
#include <thimble/memory/rows.hpp>

namespace thimble::detail {

/// A span of at most W windows as a value, to be shaped by the planner.
template <int W>
struct row_program {
  row_window window[static_cast<std::size_t>(W)];
  row_task task[static_cast<std::size_t>(W)];
  int windows = 0, tasks = 0, sources = 0;  ///< the first `sources` windows come from outside
  bool is_crowded =
      false;       ///< a window has more readers than are listed: nothing may lie over what a reader might miss
  int lag = 0;     ///< bytes that the last output may begin before the first source: see permission
  int shared = 0;  ///< bytes that passing windows and the kernels' scratch share
  int scratch_at[static_cast<std::size_t>(W)]{};  ///< of each task, among these; a passing window's `at` likewise
  int scratch[static_cast<std::size_t>(W)]{};     ///< bytes
  bool in_place[static_cast<std::size_t>(W)]{};   ///< of each task: its row may lie over the first that it reaches
  [[nodiscard]] constexpr row_span span() const { return {window, task, windows, tasks}; }
};

/// What rows of steps [first, end) together reach.
template <class Plan>
constexpr reach reach_of_steps(const Plan& p, int first, int end) {
  reach all{1, 1, 0};
  for (int i = first; i < end; ++i) {
    const reach& r = p.s[i].rows;
    all = {all.kernel + (r.kernel - 1) * all.stride, all.stride * r.stride, all.pad + r.pad * all.stride};
  }
  return all;
}

/// The window of a tensor; -1: there is none yet.
template <int W>
constexpr int window_of(const row_program<W>& r, int tensor) {
  for (int w = 0; w < r.windows; ++w)
    if (r.window[w].tensor == tensor) return w;
  return -1;
}

/// Steps [first, end) of a plan, some of them in groups. Tensors read after the span stay whole. Sources are whole; a `pushed` one (it is
/// the sample) is not.
template <int W, class Plan, class Graph, class Groups>
constexpr row_program<W> list_rows(const Plan& p, const Graph& g, const Groups& groups, int first, int end,
                                   bool pushed) {
  row_program<W> r;
  const auto open = [&](int tensor) {
    if (const int found = window_of(r, tensor); found >= 0) return found;
    const shape s = g.at[tensor % Plan::nodes].out;
    row_window& w = r.window[r.windows];
    w.tensor = tensor;
    w.height = s.h;
    w.row = s.row();
    w.whole = p.t[tensor].last >= end || tensor == g.owner(g.output());
    w.passing = !w.whole;
    return r.windows++;
  };
  const auto is_made_here = [&](int tensor) {
    for (int i = first; i < end; ++i)
      if (p.s[i].writes[0] == tensor) return true;
    return false;
  };
  for (int i = first; i < end; ++i)
    for (const int x : p.s[i].reads)
      if (x >= 0 && x < Plan::nodes && !is_made_here(x)) {
        row_window& w = r.window[open(x)];
        if (!pushed || x != 0) w.whole = true;
        w.passing = false;
      }
  r.sources = r.windows;
  for (int i = first, next = i; i < end; i = next) {
    next = groups.end_of(i);
    row_task& t = r.task[r.tasks];
    t.step = i;
    t.rows = reach_of_steps(p, i, next);
    if (next > i + 1) t.at_once = groups.rows[i];
    r.in_place[r.tasks] = next == i + 1 && p.s[i].row_in_place;
    r.scratch[r.tasks] = next > i + 1 ? groups.bytes[i] : p.s[i].row_scratch;
    for (const int x : p.s[i].reads) {
      if (x < 0 || x >= Plan::nodes) continue;
      const int w = window_of(r, x);
      t.x[t.inputs++] = w;
      row_window& v = r.window[w];
      if (v.readers == most_readers)
        v.whole = r.is_crowded = true;
      else
        v.reader[v.readers++] = static_cast<short>(r.tasks);
    }
    t.y = open(p.s[next - 1].writes[0]);
    ++r.tasks;
  }
  return r;
}

/// Walks the span without data: how many rows each window must hold, how far the output stays behind the source, and the passes.
template <int W>
constexpr row_program<W> rehearsed(row_program<W> r, bool pushed) {
  row_progress now[static_cast<std::size_t>(W)]{};
  const auto hold = [&](int w, int rows) {
    const int oldest = oldest_needed(r.span(), now, w);
    const int held = r.window[w].whole ? r.window[w].height : now[w].made + rows - oldest;
    if (held > r.window[w].held) r.window[w].held = held;
  };
  for (int w = 0; w < r.windows; ++w) {
    if (r.window[w].whole) r.window[w].held = r.window[w].height;
    if (w < r.sources && !(pushed && r.window[w].tensor == 0)) now[w].made = static_cast<short>(r.window[w].height);
  }
  const int last = r.windows - 1;
  int kept[static_cast<std::size_t>(
      W)]{};  // of each task: rows that must stay while it makes one, the first among them
  for (bool more = true; more;) {
    more = false;
    if (pushed && now[0].made < r.window[0].height) {
      hold(0, 1);
      ++now[0].made;
      more = true;
    }
    for (int i = 0; i < r.tasks; ++i) {
      const row_task& t = r.task[i];
      if (!is_ready(r.span(), now, t)) continue;
      more = true;
      const int rows = next_rows(r.span(), now, t);
      if (const int o = now[t.y].made; !is_last_reader(t, o, r.window[t.y].height))
        if (const int rest = now[t.x[0]].made - first_reached(t.rows, o); rest > kept[i]) kept[i] = rest;
      hold(t.y, rows);
      if (t.y == last) {
        // Rows of a whole source die from the top; a window that slides dies when nothing reaches it any more.
        const int dead = oldest_reached(r.span(), now, 0);
        const int freed = r.window[0].whole || dead == r.window[0].height ? dead * r.window[0].row : 0;
        const int ahead = (now[last].made + rows) * r.window[last].row - freed;
        if (ahead > r.lag && dead < r.window[0].height) r.lag = ahead;
      }
      now[t.y].made = static_cast<short>(now[t.y].made + rows);
    }
    for (int w = 0; w < r.windows; ++w)
      if (oldest_needed(r.span(), now, w) != now[w].made) r.window[w].passing = false;
  }
  for (int w = 0; w < r.windows; ++w)
    if (r.window[w].readers == 0 || r.window[w].held > 1) r.window[w].passing = false;
  for (int i = 0; i < r.tasks; ++i) {
    const row_task& t = r.task[i];
    const row_window& x = r.window[t.x[0]];
    row_window& y = r.window[t.y];
    if (r.in_place[i] && y.passing && t.inputs == 1 && !x.whole && !x.passing && x.readers == 1 && y.row <= x.row &&
        kept[i] < x.held)
      y.over = t.x[0];
  }
  return r;
}

/// Places passing windows, alive from the task that makes their row to the last that reads it, and the scratch of each task's
/// kernel, over each other: each at the lowest offset that is free.
template <int W>
constexpr void share_bytes(row_program<W>& r) {
  byte_sharing<2 * W> share;
  for (int i = 0; i < r.tasks; ++i) {
    row_window& y = r.window[r.task[i].y];
    if (!y.passing || y.over >= 0) continue;
    int last = i;
    for (int k = 0; k < y.readers; ++k)
      if (y.reader[k] > last) last = y.reader[k];
    y.at = share.place(i, last, y.row);
  }
  for (int i = 0; i < r.tasks; ++i) r.scratch_at[i] = share.place(i, i, r.scratch[i]);
  r.shared = share.bytes;
}

}  // namespace thimble::detail
