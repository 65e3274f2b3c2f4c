// A span of layers by rows: each row is made as soon as the rows that it reaches are there, and kept while a later row reaches it.
// The same few functions are run by the compiler, to know how many rows must be held (memory/row_program.hpp), and on the device.
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

}  // namespace thimble
