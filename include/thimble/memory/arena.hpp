// A learner's memory, and how a sample comes into it: whole, row by row, or patch by patch.
#pragma once
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>

#include <thimble/memory/row_binding.hpp>

namespace thimble::detail {

template <class Net, class Update>
class arena {
  static constexpr const auto& plan = plan_of<Net, Update>;
  static constexpr const facts& sample = graph_of<Net>.at[0];

 public:
  /// Values of a sample.
  static constexpr int inputs = sample.out.size();
  /// Whether the sample comes row by row, by next_row and push_row; else it is written to input().
  static constexpr bool pushes_rows = how_of<Update>.pushes_rows();
  /// Whether it stays where it is, and is read by take_sample.
  static constexpr bool reads_patches = how_of<Update>.reads_patches();
  /// Values that are written at a time: all of the sample, or one row.
  static constexpr int inputs_at_once = pushes_rows ? sample.out.row() : inputs;

 private:
  using place = std::span<std::int8_t, static_cast<std::size_t>(inputs_at_once)>;
  struct no_feed {};
  struct feeds {
    using type = row_feed<Net, Update>;
  };
  using feed = typename mp::mp_if_c<pushes_rows, feeds, mp::mp_identity<no_feed>>::type;

 public:
  /// Rows of the sample in memory at a time; 0 where it is read by patches.
  static constexpr int rows_in_flight = [] {
    if constexpr (pushes_rows)
      return feed::in_flight;
    else
      return reads_patches ? 0 : sample.out.h;
  }();

  /// Where the sample goes, int8 in the network's input quantization. Ask again before every infer and every step, and write
  /// all of it: it shares the arena, and each call overwrites it. A step without refuses (status::no_sample), infer does not: what it
  /// returns then is that of the bytes that lie there.
  place input() {
    static_assert(!pushes_rows,
                  "policy pushed_rows: the sample comes row by row: next_row() and push_row(), not input()");
    static_assert(!reads_patches, "policy patches: the sample is read where it lies: take_sample, not input()");
    has_sample_ = true;
    return place(reinterpret_cast<std::int8_t*>(arena_ + plan_at<0>), place::extent);
  }

  /// Where the sample's next row goes, from the top: write all of it, then push_row(). After the last row the first of another
  /// sample is next. infer, step and keep take the sample. Of one that is not complete infer loses the rows, step and keep refuse
  /// (status::no_sample), and they stay. step_from and infer_from, which need the arena, lose a sample and the rows of one.
  place next_row() {
    check_rows<pushes_rows>();
    if (has_sample_) forget_sample();
    if constexpr (pushes_rows)
      return place(reinterpret_cast<std::int8_t*>(feed_.next(arena_)), place::extent);
    else
      return place(reinterpret_cast<std::int8_t*>(arena_), place::extent);
  }
  /// The row in next_row() is complete: it is worked into the network.
  void push_row() {
    check_rows<pushes_rows>();
    if (has_sample_) forget_sample();
    if constexpr (pushes_rows) {
      feed_.push(arena_, trained_);
      has_sample_ = feed_.pushed() == feed::height;
    }
  }
  void push_row(std::span<const std::int8_t, place::extent> row) {
    const place to = next_row();
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = row[i];
    push_row();
  }
  /// Of the sample that is being pushed.
  [[nodiscard]] int rows_pushed() const
    requires pushes_rows
  {
    return feed_.pushed();
  }

  /// Reads the sample, which lies anywhere, and works it into the network: read(row, column, pixels, to) puts so many pixels of one
  /// row, int8 in the network's input quantization, to `to`. Patches reach over each other, so pixels are read more than once. infer,
  /// step and keep take the sample; step_from and infer_from, which need the arena, lose it.
  template <class Read>
    requires(reads_patches && std::is_invocable_v<Read&, int, int, int, std::int8_t*>)
  void take_sample(Read&& read) {
    patch_feed<Net, Update>::take(arena_, trained_, read);
    has_sample_ = true;
  }
  /// The same of a sample in memory, in flash for example.
  void take_sample(std::span<const std::int8_t, static_cast<std::size_t>(inputs)> from)
    requires reads_patches
  {
    take_sample([at = from.data()](int row, int column, int pixels, std::int8_t* to) {
      constexpr shape s = sample.out;
      std::memcpy(to, at + (row * s.w + column) * s.c, static_cast<std::size_t>(pixels * s.c));
    });
  }

  /// Whether input() was asked for, all rows pushed, or a sample taken, since the last call that took the sample.
  [[nodiscard]] bool has_sample() const { return has_sample_; }

 protected:
  static constexpr std::size_t trained_bytes =
      static_cast<std::size_t>(plan.trained) + (plan.trained > 0 && how_of<Update>.counts_samples() ? 4 : 0);

  void forget_sample() {
    has_sample_ = false;
    if constexpr (pushes_rows) feed_.begin();
  }

  // All zero, so that the object lies in .bss: {} makes it constant-initialized.
  alignas(8) unsigned char arena_[static_cast<std::size_t>(plan.peak)]{};
  alignas(8) unsigned char trained_[trained_bytes > 0 ? trained_bytes : 1]{};

 private:
  template <bool Pushes>
  static constexpr void check_rows() {
    static_assert(Pushes, "rows are pushed to a learner with policy pushed_rows: this one takes its sample whole");
  }
  template <int Tensor>
  static constexpr int plan_at = plan.t[Tensor].offset;

  [[no_unique_address]] feed feed_;
  bool has_sample_ = false;
};

}  // namespace thimble::detail
