// One row of one step bound to a learner's memory, and the walk over a span of them.
#pragma once
#include <utility>

#include <thimble/memory/patch_binding.hpp>

namespace thimble {

/// Rules see a row of a step through this, as a layer of one row of output.
template <class Net, class Update, int Step>
class row_binding : public step_binding<Net, Update, Step> {
  using base = step_binding<Net, Update, Step>;
  static constexpr const step& s = plan_of<Net, Update>.s[Step];

 public:
  /// Where the window reaches over the image's edge, there are fewer rows: see row_job.
  static constexpr facts node = one_row_of(base::node, s.rows);
  static constexpr kernels::geometry geometry = geometry_of(node);

  THIMBLE_INLINE row_binding(unsigned char* arena, unsigned char* trained, const row_job& job)
      : base(arena, trained, nullptr), arena_(arena), job_(job) {}

  static constexpr rows part() { return {0, 1}; }
  [[nodiscard]] const std::int8_t* x0() const { return reinterpret_cast<const std::int8_t*>(arena_ + job_.x[0]); }
  [[nodiscard]] const std::int8_t* x1() const { return reinterpret_cast<const std::int8_t*>(arena_ + job_.x[1]); }
  [[nodiscard]] std::int8_t* y() const { return reinterpret_cast<std::int8_t*>(arena_ + job_.y); }
  static constexpr std::uint8_t* mask() { return nullptr; }
  static constexpr std::uint8_t* kept() { return nullptr; }

  template <class Operation, class Target = native, class Arguments>
  THIMBLE_INLINE void call(const Arguments& a) const {
    kernels::geometry here = geometry;
    here.in.h = job_.height;
    here.win.pad_top = job_.above;
    kernels::keyed<Operation, kernels::key_for<Operation>(geometry), Target>(here, a);
  }

 private:
  unsigned char* arena_;
  const row_job& job_;
};

namespace detail {

/// Whether a task can make its next rows; if so, there is room for them, and `job` says where all lies.
THIMBLE_NOINLINE inline bool begin_row(const row_span& s, int task, row_progress* now, unsigned char* arena,
                                       row_job& job) {
  const row_task& t = s.task[task];
  if (!is_ready(s, now, t)) return false;
  make_room(s, now, t.y, arena, next_rows(s, now, t));
  job = job_of(s, now, t);
  return true;
}

/// A span of the plan in flash: windows at their places.
template <class Net, class Update, int Loop>
struct placed_rows {
  static constexpr const auto& plan = plan_of<Net, Update>;
  static constexpr loop around = plan.l[Loop];
  static constexpr const auto& sized = rows_of<Net, Update, around.first, around.first + around.count>;
  static constexpr int windows = sized.windows, tasks = sized.tasks, sources = sized.sources;
  struct table {
    row_window window[static_cast<std::size_t>(windows)];
    row_task task[static_cast<std::size_t>(tasks)];
  };
  static constexpr table in_flash = [] {
    table t{};
    for (int w = 0; w < windows; ++w) {
      t.window[w] = sized.window[w];
      t.window[w].at = plan.t[sized.window[w].tensor].offset;
    }
    for (int i = 0; i < tasks; ++i) t.task[i] = sized.task[i];
    return t;
  }();
  static constexpr row_span span{in_flash.window, in_flash.task, windows, tasks};
};

/// One pass: each step of the span makes a row if it can. Whether any did.
template <class Net, class Update, int Loop, int... Task>
THIMBLE_INLINE bool pass_rows(row_progress* now, unsigned char* arena, unsigned char* trained,
                              std::integer_sequence<int, Task...>) {
  using rows = placed_rows<Net, Update, Loop>;
  bool any = false;
  const auto make = [&]<int I>(std::integral_constant<int, I>) THIMBLE_LAMBDA_INLINE {
    constexpr row_task task = rows::in_flash.task[I];
    constexpr thimble::step s = plan_of<Net, Update>.s[task.step];
    row_job job;
    if (!begin_row(rows::span, I, now, arena, job)) return;
    if constexpr (s.patches.first >= 0) {
      const int rows_now = next_rows(rows::span, now, task), o = now[task.y].made;
      make_rows_by_patches<Net, Update, s.patches>(o, rows_now, arena + job.x[0], first_reached(task.rows, o), arena,
                                                   trained, arena + job.y);
      now[task.y].made = static_cast<short>(now[task.y].made + rows_now);
    } else {
      rule_of<Net, Update, task.step>::type::run(row_binding<Net, Update, task.step>(arena, trained, job));
      ++now[task.y].made;
    }
    any = true;
  };
  (make(std::integral_constant<int, Task>{}), ...);
  return any;
}
template <class Net, class Update, int Loop>
THIMBLE_NOINLINE bool pass(row_progress* now, unsigned char* arena, unsigned char* trained) {
  return pass_rows<Net, Update, Loop>(now, arena, trained,
                                      std::make_integer_sequence<int, placed_rows<Net, Update, Loop>::tasks>{});
}

/// All of a span whose sources lie in the arena whole.
template <class Net, class Update, int Loop>
THIMBLE_INLINE void run_rows(unsigned char* arena, unsigned char* trained) {
  using rows = placed_rows<Net, Update, Loop>;
  row_progress now[static_cast<std::size_t>(rows::windows)]{};
  for (int w = 0; w < rows::sources; ++w) now[w].made = static_cast<short>(rows::in_flash.window[w].height);
  while (pass<Net, Update, Loop>(now, arena, trained)) {}
}

/// A sample that comes row by row: how far it and its span are.
template <class Net, class Update>
class row_feed {
  using rows = placed_rows<Net, Update, 0>;
  row_progress now_[static_cast<std::size_t>(rows::windows)]{};

 public:
  static constexpr int height = rows::in_flash.window[0].height, row_bytes = rows::in_flash.window[0].row;
  static constexpr int in_flight = rows::in_flash.window[0].held;

  [[nodiscard]] int pushed() const { return now_[0].made; }
  void begin() {
    for (row_progress& p : now_) p = {};
  }
  /// Where the next row goes.
  unsigned char* next(unsigned char* arena) {
    make_room(rows::span, now_, 0, arena);
    constexpr int at = rows::in_flash.window[0].at;
    return arena + at + (now_[0].made - now_[0].base) * row_bytes;
  }
  /// It is there: it is worked into the network. After the last row, all the rest.
  THIMBLE_NOINLINE void push(unsigned char* arena, unsigned char* trained) {
    make_room(rows::span, now_, 0, arena);  // unless next() did
    ++now_[0].made;
    bool more = pass<Net, Update, 0>(now_, arena, trained);
    while (more && now_[0].made == height) more = pass<Net, Update, 0>(now_, arena, trained);
  }
};

}  // namespace detail
}  // namespace thimble
