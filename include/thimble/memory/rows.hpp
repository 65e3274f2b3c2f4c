// A span of layers by rows: each row is made as soon as the rows that it reaches are there, and kept while a later row reaches it.
// The same few functions are run by the compiler, to know how many rows must be held, and on the device.
#pragma once
#include <cstring>

#include <thimble/memory/live.hpp>

namespace thimble {

/// Tasks that may read one window: more readers mean more tensors that leave a span whole.
inline constexpr int most_readers = 4;

/// A tensor whose rows pass through a span: those from the oldest still needed to the newest lie one after another at `at`, `held`
/// of them at most. When it is full, the rows still needed are moved to its beginning.
struct row_window {
  int tensor = -1, height = 0, row = 0;  ///< its number in the plan; rows of the whole; bytes of each
  int held = 0, at = -1;                 ///< rows; offset in the arena
  int readers = 0;
  short reader[static_cast<std::size_t>(most_readers)]{};  ///< tasks
  bool whole = false;                                      ///< all of it is needed after the span
  bool passing = true;  ///< every pass reads all that it makes: the bytes are others' before and after
  int over = -1;        ///< passing: its row lies among the rows of another window, this one: that its maker reads
};

/// One step of a span, or a few that are made as one (memory/row_groups.hpp), and the windows that it reads and writes.
struct row_task {
  int step = -1, y = -1, inputs = 0;
  int x[2]{-1, -1};
  reach rows;
  int at_once = 1;  ///< rows that it makes together; of the last there may be fewer
};

/// A span as seen by what walks it.
struct row_span {
  const row_window* window;
  const row_task* task;
  int windows, tasks;
};

/// How far each window is: rows made so far, and the first that it holds.
struct row_progress {
  short made = 0, base = 0;
};

/// What one task does now: its next rows go to offset `y` of the arena on; of its inputs it reads `height` rows from offset x[i] on, before
/// which `above` more would lie over the image's edge.
struct row_job {
  int x[2]{}, y = 0, height = 0, above = 0;
};

/// The first row of its inputs that row `o` of a task's output reaches, and the first after.
constexpr int first_reached(const reach& r, int o) {
  const int first = o * r.stride - r.pad;
  return first > 0 ? first : 0;
}
constexpr int last_reached(const reach& r, int o, int height) {
  const int end = o * r.stride - r.pad + r.kernel;
  return end < height ? end : height;
}

/// The oldest row of a window that a later row of any reader reaches; where all are done, none: its height.
constexpr int oldest_reached(const row_span& s, const row_progress* now, int w) {
  const row_window& v = s.window[w];
  int oldest = v.height;
  for (int i = 0; i < v.readers; ++i) {
    const row_task& t = s.task[v.reader[i]];
    const int made = now[t.y].made;
    if (made == s.window[t.y].height) continue;
    const int first = first_reached(t.rows, made);
    if (first < oldest) oldest = first;
  }
  return oldest;
}
/// The same; all of a window that is needed after the span.
constexpr int oldest_needed(const row_span& s, const row_progress* now, int w) {
  return s.window[w].whole ? 0 : oldest_reached(s, now, w);
}

/// Rows that a task makes next.
constexpr int next_rows(const row_span& s, const row_progress* now, const row_task& t) {
  const int left = s.window[t.y].height - now[t.y].made;
  return left < t.at_once ? left : t.at_once;
}
/// Whether a task can make its next rows.
constexpr bool is_ready(const row_span& s, const row_progress* now, const row_task& t) {
  const int rows = next_rows(s, now, t), o = now[t.y].made + rows - 1;
  if (rows == 0) return false;
  for (int i = 0; i < t.inputs; ++i)
    if (now[t.x[i]].made < last_reached(t.rows, o, s.window[t.x[i]].height)) return false;
  return true;
}

/// Makes room for more rows in a window: if it is full, the rows still needed are moved to its beginning.
inline void make_room(const row_span& s, row_progress* now, int w, unsigned char* arena, int rows = 1) {
  const row_window& v = s.window[w];
  row_progress& p = now[w];
  if (p.made + rows - p.base <= v.held) return;
  const int oldest = oldest_needed(s, now, w), base = oldest < p.made ? oldest : p.made;
  const auto bytes = static_cast<std::size_t>((p.made - base) * v.row);
  if (bytes > 0) std::memmove(arena + v.at, arena + v.at + (base - p.base) * v.row, bytes);
  p.base = static_cast<short>(base);
}

/// Whether row `o` of a task's output is the last that reaches the first row that it reaches.
constexpr bool is_last_reader(const row_task& t, int o, int height) {
  return o + 1 == height || first_reached(t.rows, o + 1) > first_reached(t.rows, o);
}
/// Where row `o` of window `w` lies, in the arena. One that lies among the rows of another (row_window::over) is made from those that
/// row o reaches: it lies over the first of them, if later ones do not reach that, else in the place of one that nobody reaches any more,
/// or behind the newest.
constexpr int place_of(const row_span& s, const row_progress* now, int w, int o) {
  const row_window& v = s.window[w];
  if (v.over < 0) return v.at + (o - now[w].base) * v.row;
  const row_window& x = s.window[v.over];
  const row_progress& p = now[v.over];
  const row_task& maker = s.task[x.reader[0]];
  const int first = first_reached(maker.rows, o) - p.base;
  const int row = is_last_reader(maker, o, v.height) ? first : first > 0 ? 0 : p.made - p.base;
  return x.at + row * x.row;
}

/// What a ready task does now: room for its row has been made.
constexpr row_job job_of(const row_span& s, const row_progress* now, const row_task& t) {
  row_job j;
  const int o = now[t.y].made, first = first_reached(t.rows, o);
  j.y = place_of(s, now, t.y, o);
  for (int i = 0; i < t.inputs; ++i) j.x[i] = place_of(s, now, t.x[i], first);
  j.height = last_reached(t.rows, o, s.window[t.x[0]].height) - first;
  j.above = first - (o * t.rows.stride - t.rows.pad);
  return j;
}

namespace detail {

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

/// Steps [first, end) of a plan, some of them in groups. `last_use(tensor)`: the last step that reads it; those read after the span stay
/// whole. Sources are whole; a `pushed` one (it is the sample) is not.
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

/// Bytes that lie over each other where their lives allow it: each at the lowest offset that is free.
template <int Most>
struct byte_sharing {
  struct piece {
    int first, last, bytes, at;
  };
  piece placed[static_cast<std::size_t>(Most)]{};
  int count = 0;
  int bytes = 0;  ///< of all

  /// Of a life from task `first` to task `last`; its offset.
  constexpr int place(int first, int last, int wanted) {
    piece me{first, last, align_up(wanted), 0};
    for (bool moved = true; moved;) {
      moved = false;
      for (int i = 0; i < count; ++i) {
        const piece& other = placed[i];
        if (me.first > other.last || other.first > me.last || me.bytes == 0 || other.bytes == 0) continue;
        if (me.at >= other.at + other.bytes || other.at >= me.at + me.bytes) continue;
        me.at = other.at + other.bytes;
        moved = true;
      }
    }
    placed[count++] = me;
    if (me.at + me.bytes > bytes) bytes = me.at + me.bytes;
    return me.at;
  }
};

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

}  // namespace detail
}  // namespace thimble
