// Part of one step bound to a learner's memory, and the walk over the parts.
#pragma once
#include <utility>

#include <thimble/memory/binding.hpp>

namespace thimble {

/// What one task does now: where its parts lie, and their extents.
struct part_job {
  const std::int8_t* x[2]{};
  std::int8_t* y = nullptr;
  unsigned char* scratch = nullptr;
  part_shape shape;
};

/// Rules see part of a step through this, as a layer of fewer rows and columns.
template <class Net, class Update, int Step>
class part_binding : public step_binding<Net, Update, Step> {
  using base = step_binding<Net, Update, Step>;
  static constexpr step s = plan_of<Net, Update>.s[Step];

 public:
  /// Of the largest part.
  static constexpr facts node = part_of(base::node, patches_of<Net, Update, s.patches>.largest[Step - s.patches.first]);
  static constexpr kernels::geometry geometry = geometry_of(node);

  THIMBLE_INLINE part_binding(unsigned char* arena, unsigned char* trained, const part_job& job)
      : base(arena, trained, nullptr), job_(job) {}

  [[nodiscard]] rows part() const { return {0, job_.shape.out_h}; }
  /// Of the output.
  [[nodiscard]] int values() const { return job_.shape.out_h * job_.shape.out_w * node.out.c; }
  [[nodiscard]] const std::int8_t* x0() const { return job_.x[0]; }
  [[nodiscard]] const std::int8_t* x1() const { return job_.x[1]; }
  [[nodiscard]] std::int8_t* y() const { return job_.y; }
  [[nodiscard]] unsigned char* scratch() const { return job_.scratch; }
  static constexpr std::uint8_t* mask() { return nullptr; }
  static constexpr std::uint8_t* kept() { return nullptr; }

  template <class Operation, class Target = native, class Arguments>
  THIMBLE_INLINE void call(const Arguments& a) const {
    kernels::geometry here = geometry;
    const part_shape& s_now = job_.shape;
    here.in.h = s_now.in_h, here.in.w = s_now.in_w;
    here.out.h = s_now.out_h, here.out.w = s_now.out_w;
    here.win.pad_top = s_now.above, here.win.pad_left = s_now.left;
    kernels::keyed<Operation, kernels::key_for<Operation>(geometry), Target>(here, a);
  }

 private:
  const part_job& job_;
};

namespace detail {

/// A program of the plan in flash: all at its place.
template <class Net, class Update, patching How>
struct placed_patches {
  static constexpr const auto& plan = plan_of<Net, Update>;
  static constexpr const auto& sized = patches_of<Net, Update, How>;
  static constexpr int windows = sized.windows, tasks = sized.tasks;
  static constexpr int base = plan.s[How.first].scratch_at - sized.task[0].scratch_at;
  struct table {
    patch_window window[static_cast<std::size_t>(windows)];
    patch_task task[static_cast<std::size_t>(tasks)];
  };
  static constexpr table in_flash = [] {
    table t{};
    for (int w = 0; w < windows; ++w) {
      t.window[w] = sized.window[w];
      t.window[w].at += base;
    }
    for (int i = 0; i < tasks; ++i) {
      t.task[i] = sized.task[i];
      t.task[i].scratch_at += base;
    }
    return t;
  }();
  static constexpr patch_span span{in_flash.window, in_flash.task, windows, tasks};
  /// Where the part that comes from outside goes.
  static constexpr int crop_at = in_flash.task[0].scratch_at + in_flash.task[0].crop_at[0];
  static constexpr int paste_at = in_flash.window[windows - 1].at;
};

/// Where all lies for a task: parts that it needs less of are copied.
THIMBLE_NOINLINE inline void begin_part(const patch_span& s, int task, const region* of, unsigned char* arena,
                                        part_job& job) {
  const patch_task& t = s.task[task];
  job.scratch = arena + t.scratch_at;
  job.y = reinterpret_cast<std::int8_t*>(arena + s.window[t.y].at);
  for (int k = t.inputs - 1; k >= 0; --k) {
    const region need = needed(s, t, k, of[t.y]), held = of[t.x[k]];
    job.shape = shape_of_part(t, need, of[t.y]);
    const patch_window& x = s.window[t.x[k]];
    const unsigned char* from = arena + x.at;
    if (is_copied(t, k, need, held)) {
      unsigned char* const to = job.scratch + t.crop_at[k];
      const int row = held.columns.size() * x.pixel, bytes = need.columns.size() * x.pixel;
      from += (need.rows.begin - held.rows.begin) * row + (need.columns.begin - held.columns.begin) * x.pixel;
      if (t.x[k] > 0) copy_part(to, bytes, from, row, bytes, need.rows.size());  // else it has been
      from = to;
    }
    job.x[k] = reinterpret_cast<const std::int8_t*>(from);
  }
}

template <class Net, class Update, patching How, int Task>
THIMBLE_NOINLINE void make_part_of(const region* of, unsigned char* arena, unsigned char* trained, std::int8_t* made) {
  constexpr int at = How.first + Task;
  part_job job;
  begin_part(placed_patches<Net, Update, How>::span, Task, of, arena, job);
  if constexpr (at + 1 == How.end) job.y = made;
  rule_of<Net, Update, at>::type::run(part_binding<Net, Update, at>(arena, trained, job));
}

/// All steps of a program for one part of what it makes, to `made`; the part of what it is made of has been copied to crop_at.
template <class Net, class Update, patching How, int... Task>
THIMBLE_INLINE void make_part(const region* of, unsigned char* arena, unsigned char* trained, std::int8_t* made,
                              std::integer_sequence<int, Task...>) {
  (make_part_of<Net, Update, How, Task>(of, arena, trained, made), ...);
}
template <class Net, class Update, patching How>
THIMBLE_INLINE void make_part(const region* of, unsigned char* arena, unsigned char* trained, std::int8_t* made) {
  make_part<Net, Update, How>(of, arena, trained, made,
                              std::make_integer_sequence<int, placed_patches<Net, Update, How>::tasks>{});
}

/// One part `y` of what a program makes, into an image whose first pixel is at `made`.
template <class Net, class Update, patching How>
THIMBLE_INLINE void make_part_into(const region& y, const region* of, unsigned char* arena, unsigned char* trained,
                                   unsigned char* made) {
  using patches = placed_patches<Net, Update, How>;
  constexpr patch_window to = patches::in_flash.window[patches::windows - 1];
  made += (y.rows.begin * to.width + y.columns.begin) * to.pixel;
  if constexpr (patches::sized.pastes) {
    unsigned char* const part = arena + patches::paste_at;
    make_part<Net, Update, How>(of, arena, trained, reinterpret_cast<std::int8_t*>(part));
    const int bytes = y.columns.size() * to.pixel;
    copy_part(made, to.width * to.pixel, part, bytes, bytes, y.rows.size());
  } else {
    make_part<Net, Update, How>(of, arena, trained, reinterpret_cast<std::int8_t*>(made));
  }
}

/// Rows [row, row + count) of the output of steps that are made as one, to `y`, from rows of their input that begin with row `first`
/// at `x`.
template <class Net, class Update, patching How>
THIMBLE_NOINLINE void make_rows_by_patches(int row, int count, const unsigned char* x, int first, unsigned char* arena,
                                           unsigned char* trained, unsigned char* y) {
  using patches = placed_patches<Net, Update, How>;
  constexpr patch_window from = patches::in_flash.window[0], to = patches::in_flash.window[patches::windows - 1];
  region of[static_cast<std::size_t>(patches::windows)];
  for (int left = 0; left < to.width; left += How.columns) {
    const region part{cut_from(row, count, to.height), cut_from(left, How.columns, to.width)};
    find_regions(patches::span, part, of);
    const int bytes = of[0].columns.size() * from.pixel;
    copy_part(arena + patches::crop_at, bytes,
              x + ((of[0].rows.begin - first) * from.width + of[0].columns.begin) * from.pixel, from.width * from.pixel,
              bytes, of[0].rows.size());
    const region here{cut_from(0, count, to.height), part.columns};
    make_part_into<Net, Update, How>(here, of, arena, trained, y);
  }
}

/// A sample that is read patch by patch.
template <class Net, class Update>
struct patch_feed {
  static constexpr patching how = plan_of<Net, Update>.s[0].patches;
  using patches = placed_patches<Net, Update, how>;

  /// read(row, column, pixels, to): pixels of one row of the sample.
  template <class Read>
  static void take(unsigned char* arena, unsigned char* trained, Read& read) {
    constexpr patch_window from = patches::in_flash.window[0], to = patches::in_flash.window[patches::windows - 1];
    constexpr int made_at = plan_of<Net, Update>.t[plan_of<Net, Update>.s[how.end - 1].writes[0]].offset;
    region of[static_cast<std::size_t>(patches::windows)];
    for (int top = 0; top < to.height; top += how.rows)
      for (int left = 0; left < to.width; left += how.columns) {
        const region y{cut_from(top, how.rows, to.height), cut_from(left, how.columns, to.width)};
        find_regions(patches::span, y, of);
        auto* x = reinterpret_cast<std::int8_t*>(arena + patches::crop_at);
        for (int row = of[0].rows.begin; row < of[0].rows.end; ++row, x += of[0].columns.size() * from.pixel)
          read(row, int{of[0].columns.begin}, of[0].columns.size(), x);
        make_part_into<Net, Update, how>(y, of, arena, trained, arena + made_at);
      }
  }
};

}  // namespace detail
}  // namespace thimble
