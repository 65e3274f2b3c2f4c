// What the planner reasons about: tensors, steps and loops of steps, as plain values in C arrays.
#pragma once
#include <thimble/network/graph.hpp>
#include <thimble/network/rule.hpp>

namespace thimble {

/// What a node may own. Those before `arena_kinds` share the arena over time; the rest are held always.
enum tensor_kind {
  value,
  gradient,
  mask,
  kept,
  arena_kinds,
  weight = arena_kinds,
  residual_of_weight,
  bias_of,
  velocity_of_weight,
  velocity_of_bias,
  sum_of_weight,
  sum_of_bias,
  tensor_kinds
};

/// One tensor's bytes (in a loop by rows: of those that it holds at a time), its life (the first and the last loop that touch it) and its place.
struct tensor {
  int bytes = 0, first = 1 << 20, last = -2, offset = -1;
  bool needed = false;
  bool shares =
      false;  ///< takes no bytes of its own: it lies in the scratch of its loop, `offset` bytes from there till that is placed
};

/// `write` may begin `lag` bytes before `read`, or, if lag is negative, just so many behind its beginning. Tensors by number; -1: none.
struct permission {
  int write = -1, read = -1, lag = 0;
};

/// Steps [first, end) of the plan that are made together by patches (memory/patches.hpp) of so many rows and columns of the last one's
/// output.
struct patching {
  short first = -1, end = -1, rows = 0, columns = 0;
  friend constexpr bool operator==(patching, patching) = default;
};

/// One rule of one node.
struct step {
  int node = 0, rule = 0;
  bool backward = false, adds = false;
  int reads[4]{-1, -1, -1, -1}, writes[2]{-1, -1}, modifies = -1;
  int scratch = 0;     ///< bytes
  int scratch_at = 0;  ///< their offset in the arena; in the scratch of the loop till that is placed
  permission in_place[2];
  reach rows;                      ///< what a row of output reaches, if rows can be made one at a time
  reach columns;                   ///< what a column of it reaches, if also columns can
  int row_scratch = 0;             ///< bytes of scratch that takes
  bool row_in_place = false;       ///< a row of output may lie over the first row that it reaches
  slicing slices = slicing::none;  ///< how it works on some channels by themselves
  mixing mixes = mixing::sums;     ///< of a step that mixes: whether its dy is hidden, or its dx
  bool remakes = false;            ///< its dx can be made again
  int remade_by = -1;              ///< the step that made its dy, and makes it again
  int channels = 0, block = -1;    ///< in a loop by slices: channels of a slice; the loop's first step
  int most_scratch = 0;            ///< bytes that its kernel keeps to, as far as it can; 0: no limit
  int again[2]{
      -1, -1};  ///< forward steps that it takes again for a slice: the second reads what the first makes, for masks
  bool of_slice = false;  ///< the mask that it reads is a slice's, made again
  patching patches;       ///< of a step that is made by patches, with others
  int made_again = 0;     ///< pixels of its output that it makes a second time, as patches reach over each other
  bool unpacked = false;  ///< reads its layer's input where a rule would read the channels kept of it
};

/// Steps [first, first + count): one step, made whole, or a span of steps by rows, each row as soon as the rows that it reaches are
/// there (memory/rows.hpp), or by patches of the sample (memory/patches.hpp), or backward steps by slices of channels
/// (memory/slices.hpp).
struct loop {
  int first = 0, count = 1;
  bool by_rows = false;
  int slices = 1;
  permission in_place[3];
  int scratch = 0;  ///< bytes: the tensor of the first step; by slices of the second
  int sums = 0;     ///< by slices: bytes of the sums of an input gradient, the tensor of the first step
  bool by_patches = false;
};

/// N nodes and at most S steps: tensor number = kind * N + node; scratch of step s = tensor_kinds * N + s.
template <int N, int S>
struct plan {
  static constexpr int nodes = N, steps_room = S > 0 ? S : 1;
  static constexpr int tensors = tensor_kinds * N + steps_room;
  tensor t[static_cast<std::size_t>(tensors)];
  step s[static_cast<std::size_t>(steps_room)];
  loop l[static_cast<std::size_t>(steps_room)];
  int steps = 0, forward_steps = 0, loops = 0, forward_loops = 0;
  int peak = 0;         ///< bytes of the arena
  int lower_bound = 0;  ///< live bytes at the worst step, overlays allowed for: no placement can be smaller
  int worst = 0;        ///< its loop
  int trained = 0;      ///< bytes of trained parameters

  [[nodiscard]] static constexpr bool is_gradient(int i) { return i >= gradient * N && i < mask * N; }
  [[nodiscard]] static constexpr bool in_arena(int i) { return i < arena_kinds * N || i >= tensor_kinds * N; }
};

}  // namespace thimble
