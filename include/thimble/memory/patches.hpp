// Layers by patches: part after part of an output, each made of the part of the input that it reaches, so that nothing between is ever
// whole. Neighbours reach over each other, so some values are made more than once.
// The same few functions are run by the compiler, to size the parts, and on the device.
#pragma once
#include <cstring>

#include <thimble/memory/byte_sharing.hpp>
#include <thimble/memory/rows.hpp>

namespace thimble {

/// Positions [begin, end) along one axis.
struct stretch {
  short begin = 0, end = 0;
  [[nodiscard]] constexpr int size() const { return end - begin; }
  friend constexpr bool operator==(stretch, stretch) = default;
};
/// Part of an image.
struct region {
  stretch rows, columns;
  [[nodiscard]] constexpr int pixels() const { return rows.size() * columns.size(); }
};

/// A tensor of which a part is there: its extents, the bytes of a pixel, and where the part lies in the arena.
struct patch_window {
  short height = 0, width = 0;
  int pixel = 0, at = -1;
};
/// One step, and the windows that it reads and writes. Of an input whose part is larger than this step needs, it copies its own to
/// `crop_at`, bytes from the step's scratch on; -1: it never is.
struct patch_task {
  short y = -1, inputs = 0, x[2]{-1, -1};
  int crop_at[2]{-1, -1};
  int scratch_at = 0;
  reach rows, columns;
};
/// Window 0 comes from outside, and only task 0 reads it; the last is what is made.
struct patch_span {
  const patch_window* window;
  const patch_task* task;
  int windows, tasks;
};

constexpr stretch reached(const reach& r, stretch out, int extent) {
  return {static_cast<short>(first_reached(r, out.begin)), static_cast<short>(last_reached(r, out.end - 1, extent))};
}
constexpr stretch hull(stretch a, stretch b) {
  if (a.size() == 0) return b;
  return {a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}
/// What a task reads of its input i to make part `y`.
constexpr region needed(const patch_span& s, const patch_task& t, int i, const region& y) {
  const patch_window& x = s.window[t.x[i]];
  return {reached(t.rows, y.rows, x.height), reached(t.columns, y.columns, x.width)};
}
/// The parts of all windows, to make part `wanted` of the last.
constexpr void find_regions(const patch_span& s, const region& wanted, region* of) {
  for (int w = 0; w < s.windows; ++w) of[w] = {};
  of[s.windows - 1] = wanted;
  for (int i = s.tasks - 1; i >= 0; --i) {
    const patch_task& t = s.task[i];
    for (int k = 0; k < t.inputs; ++k) {
      const region need = needed(s, t, k, of[t.y]);
      region& x = of[t.x[k]];
      x = {hull(x.rows, need.rows), hull(x.columns, need.columns)};
    }
  }
}
constexpr part_shape shape_of_part(const patch_task& t, const region& x, const region& y) {
  const auto over = [](int first, int out, const reach& r) {
    return static_cast<short>(first - (out * r.stride - r.pad));
  };
  return {static_cast<short>(x.rows.size()),        static_cast<short>(x.columns.size()),
          static_cast<short>(y.rows.size()),        static_cast<short>(y.columns.size()),
          over(x.rows.begin, y.rows.begin, t.rows), over(x.columns.begin, y.columns.begin, t.columns)};
}

/// `rows` rows of `bytes` bytes.
THIMBLE_NOINLINE inline void copy_part(unsigned char* to, int to_row, const unsigned char* from, int from_row,
                                       int bytes, int rows) {
  for (; rows > 0; --rows, to += to_row, from += from_row) std::memcpy(to, from, static_cast<std::size_t>(bytes));
}

namespace detail {

/// Steps made by patches as a value, to be sized by the planner.
template <int W>
struct patch_program {
  patch_window window[static_cast<std::size_t>(W)];
  patch_task task[static_cast<std::size_t>(W)];
  int tensor[static_cast<std::size_t>(W)]{};        ///< of each window
  part_shape largest[static_cast<std::size_t>(W)];  ///< of each task
  int made[static_cast<std::size_t>(W)]{};          ///< pixels of its output, each time that it is made
  int windows = 0, tasks = 0;
  bool pastes = false;  ///< parts of what is made are copied to where it belongs
  int shared = 0;       ///< bytes: of all parts between and of the kernels' scratch
  [[nodiscard]] constexpr patch_span span() const { return {window, task, windows, tasks}; }
  [[nodiscard]] constexpr bool is_possible() const { return tasks > 0; }
};

/// Steps [first, end) of a plan; none, if they cannot be made by patches: each must be able to make any part; the first alone reads
/// what comes from outside, one tensor; and only what the last makes is read later.
template <int W, class Plan, class Graph>
constexpr patch_program<W> list_patches(const Plan& p, const Graph& g, int first, int end) {
  patch_program<W> r;
  const auto open = [&](int tensor) {
    const shape s = g.at[tensor].out;
    r.window[r.windows] = {static_cast<short>(s.h), static_cast<short>(s.w), s.c, -1};
    r.tensor[r.windows] = tensor;
    return static_cast<short>(r.windows++);
  };
  open(p.s[first].reads[0]);
  for (int i = first; i < end; ++i) {
    const step& s = p.s[i];
    patch_task& t = r.task[i - first];
    t.rows = s.rows, t.columns = s.columns;
    if (s.columns.kernel == 0) return {};
    for (const int x : s.reads) {
      if (x < 0 || x >= Plan::nodes) continue;
      int w = r.windows;
      while (--w >= 0 && r.tensor[w] != x) {}
      if (w < 0 || (w == 0 && i > first)) return {};
      t.x[t.inputs++] = static_cast<short>(w);
    }
    if (i + 1 < end && (p.t[s.writes[0]].last >= end || s.writes[0] == g.owner(g.output()))) return {};
    if (i == first && t.inputs != 1) return {};
    t.y = open(s.writes[0]);
  }
  r.tasks = end - first;
  return r;
}

/// What tasks need of scratch, for all parts that differ.
struct parts_seen {
  static constexpr int most = 32;
  part_shape v[static_cast<std::size_t>(most)];
  int count = 0;
  constexpr bool is_new(const part_shape& s) {
    for (int i = 0; i < count; ++i)
      if (v[i] == s) return false;
    if (count < most) v[count++] = s;
    return true;
  }
};

constexpr stretch cut_from(int begin, int size, int extent) {
  return {static_cast<short>(begin), static_cast<short>(begin + size < extent ? begin + size : extent)};
}

/// Whether the part that a task needs of its input k is copied to its scratch: it comes from outside, or is not all that is held.
constexpr bool is_copied(const patch_task& t, int k, const region& need, const region& held) {
  return t.x[k] == 0 || need.rows != held.rows || need.columns != held.columns;
}

/// Sized and placed: parts of so many rows and columns of what is made. What comes from outside is copied, as it lies in longer rows,
/// or not in memory; what is made is copied to where it belongs, unless parts are of one row.
template <int W, class Plan, class Graph, class Rules>
constexpr patch_program<W> sized(patch_program<W> r, const Plan& p, const Graph& g, const Rules& rules, int first,
                                 int rows, int columns) {
  int bytes[static_cast<std::size_t>(W)]{}, scratch[static_cast<std::size_t>(W)]{},
      crop[static_cast<std::size_t>(W)][2]{};
  bool over[static_cast<std::size_t>(W)]{};  // the output may lie where the input does
  parts_seen seen[static_cast<std::size_t>(W)]{};
  for (bool& o : over) o = true;
  const patch_window made = r.window[r.windows - 1];
  for (int top = 0; top < made.height; top += rows)
    for (int left = 0; left < made.width; left += columns) {
      region of[static_cast<std::size_t>(W)];
      find_regions(r.span(), {cut_from(top, rows, made.height), cut_from(left, columns, made.width)}, of);
      for (int i = 0; i < r.tasks; ++i) {
        const patch_task& t = r.task[i];
        const region& y = of[t.y];
        const auto grow = [](int& n, int to) { n = to > n ? to : n; };
        grow(bytes[t.y], y.pixels() * r.window[t.y].pixel);
        r.made[i] += y.pixels();
        region need;
        for (int k = t.inputs - 1; k >= 0; --k) {
          need = needed(r.span(), t, k, y);
          const region& held = of[t.x[k]];
          if (is_copied(t, k, need, held)) grow(crop[i][k], need.pixels() * r.window[t.x[k]].pixel);
        }
        const part_shape s = shape_of_part(t, need, y);
        if (!seen[i].is_new(s)) continue;
        const auto widen = [](short& n, short to) { n = to > n ? to : n; };
        part_shape& most = r.largest[i];
        widen(most.in_h, s.in_h), widen(most.in_w, s.in_w), widen(most.out_h, s.out_h), widen(most.out_w, s.out_w);
        widen(most.above, s.above), widen(most.left, s.left);
        const step& me = p.s[first + i];
        const uses u = rules.of(me).describe(part_of(g.at[me.node], s));
        grow(scratch[i], u.scratch);
        over[i] = over[i] && u.in_place[0].write == role::y && u.in_place[0].lag == 0;
      }
    }
  const int last = r.tasks - 1;
  r.pastes = rows > 1 && columns < made.width;
  byte_sharing<3 * W> share;
  int owner[static_cast<std::size_t>(W)]{};  // whose bytes a window lies in
  for (int w = 0; w < r.windows; ++w) owner[w] = w;
  const auto last_reader = [&](int w) {
    int k = -1;
    for (int i = 0; i < r.tasks; ++i)
      for (const short x : r.task[i].x) k = x == w ? i : k;
    return k;
  };
  for (int i = 0; i < r.tasks; ++i) {  // a part over its input's dies with the last of them
    const patch_task& t = r.task[i];
    const int x = t.x[0];
    if (i < last && over[i] && x > 0 && crop[i][0] == 0 && last_reader(x) == i && bytes[t.y] <= bytes[x])
      owner[t.y] = owner[x];
  }
  for (int i = 0; i < r.tasks; ++i) {
    patch_task& t = r.task[i];
    for (int w = 1; w < r.windows; ++w) {
      if (owner[w] != w || t.y != w || (i == last && !r.pastes)) continue;
      int dies = i;
      for (int v = w; v < r.windows; ++v)
        if (owner[v] == w && last_reader(v) > dies) dies = last_reader(v);
      r.window[w].at = share.place(i, dies, bytes[w]);
    }
  }
  for (int w = 1; w < r.windows; ++w) r.window[w].at = r.window[owner[w]].at;
  for (int i = 0; i < r.tasks; ++i) {
    patch_task& t = r.task[i];
    int all = align_up(scratch[i]);
    for (int k = 0; k < t.inputs; ++k)
      if (crop[i][k] > 0) t.crop_at[k] = all, all += align_up(crop[i][k]);
    t.scratch_at = share.place(i, i, all);
  }
  r.shared = share.bytes;
  return r;
}

/// Puts steps made by patches into the plan: what lies between has no bytes of its own but shares those of the loop, from `base` on.
template <int W, class Plan>
constexpr void enter_patches(Plan& p, const patch_program<W>& r, const patching& how, int base) {
  for (int i = 0; i < r.tasks; ++i) {
    step& s = p.s[how.first + i];
    s.patches = how;
    s.scratch_at = base + r.task[i].scratch_at;
    const patch_window& y = r.window[r.task[i].y];
    const int again = r.made[i] - y.height * y.width;
    s.made_again = again > 0 ? again : 0;  // patches leave out what nobody reads
    if (i + 1 == r.tasks) continue;
    tensor& t = p.t[r.tensor[r.task[i].y]];
    t.bytes = 0;
    t.shares = true;
    t.offset = base + y.at;
  }
}

}  // namespace detail
}  // namespace thimble
