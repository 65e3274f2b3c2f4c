// What a layer says of its steps: roles read and written, permissions, scratch. Nothing here or later knows a layer.
#pragma once
#include <cstdint>

#include <thimble/network/facts.hpp>

namespace thimble {

/// The tensors a step may touch, seen from its node. `kept` is what a layer saves for its own backward pass.
enum class role : std::uint8_t {
  none,
  y,
  mask,
  kept,
  dy,
  w,
  b,
  x0 = 16,  ///< the first input; x(i) is input i
  x1,
  dx0 = x0 + most_inputs,  ///< the gradient of the first input; dx(i) of input i
  dx1
};
constexpr role x(int i) { return static_cast<role>(static_cast<int>(role::x0) + i); }
constexpr role dx(int i) { return static_cast<role>(static_cast<int>(role::dx0) + i); }
/// The input that x(i) or dx(i) speaks of; -1 for other roles.
constexpr int slot_of(role r) {
  const int n = static_cast<int>(r) - static_cast<int>(role::x0);
  return n < 0 ? -1 : n % most_inputs;
}
constexpr bool is_input(role r) { return r >= role::x0 && r < role::dx0; }

/// Permission: `write` may begin `lag` bytes before `read` (up to three more, as tensors are aligned; none more if lag is 0), if read
/// dies in this step.
struct overlay {
  role write, read;
  int lag;
};

/// What one rule of a layer does. Rules never say when they are needed: liveness decides.
/// (No default member initializers: GCC 12 rejects `return {.reads = ...}` with them in a constexpr function.)
struct uses {
  role reads[4];
  role writes[2];
  role modifies;  ///< changed where it lies; neither sets nor adds
  int scratch;    ///< bytes, live during this step only
  overlay in_place[2];
};

/// Bytes between the first output row and the oldest input row still needed, so that rows made in order may overwrite
/// their input. For kernels that finish a row of output before they start the next.
constexpr int row_lag(const facts& f) {
  int lag = 0;
  for (int r = 0; r < f.out.h; ++r) {
    const int oldest = r * f.win.stride_h - f.win.pad_top;
    const int ahead = (r + 1) * f.out.row() * (f.logits ? 4 : 1) - (oldest > 0 ? oldest : 0) * f.in.row();
    if (ahead > lag) lag = ahead;
  }
  return lag;
}

/// Row o of the output is made of rows [o * stride - pad, o * stride - pad + kernel) of each input, those that exist, and of nothing
/// else. kernel 0: no row can be made before all of the input is there. A forward rule that can make rows one at a time says so by
/// `static constexpr reach rows(const facts&)`, and works on the facts of one_row_of as on any other layer's.
struct reach {
  int kernel = 0, stride = 1, pad = 0;
};
/// Columns likewise: a rule that can also make some columns of a row by themselves says so by
/// `static constexpr reach columns(const facts&)`, and works on the facts of part_of.
/// The layer that makes one row of output from the rows that it reaches, `above` of which lie over the image's edge.
constexpr facts one_row_of(facts f, const reach& r, int above = 0) {
  if (f.most_scratch > 0) f.most_scratch = f.row_scratch;
  f.in.h = r.kernel - above < f.in.h ? r.kernel - above : f.in.h;
  f.in1.h = f.in1.h < 1 ? f.in1.h : 1;
  f.out.h = 1;
  f.win.pad_top = above;
  return f;
}

/// Extents of a part of a layer's input and output, and how far its first window reaches over the image's edge.
struct part_shape {
  short in_h = 0, in_w = 0, out_h = 0, out_w = 0, above = 0, left = 0;
  friend constexpr bool operator==(part_shape, part_shape) = default;
};
/// The layer that makes that part.
constexpr facts part_of(facts f, const part_shape& s) {
  if (f.most_scratch > 0) f.most_scratch = f.row_scratch;
  f.in.h = s.in_h, f.in.w = s.in_w;
  if (f.inputs[1] >= 0) f.in1.h = s.in_h, f.in1.w = s.in_w;
  f.out.h = s.out_h, f.out.w = s.out_w;
  f.win.pad_top = s.above, f.win.pad_left = s.left;
  return f;
}

/// What a gradient rule can do to some channels of a hidden gradient, while the others have no bytes (memory/slices.hpp); and whether a
/// forward rule can make some channels again. A rule that can says so by `static constexpr slicing slices(const facts&)`, and works on the
/// facts of slice_of as on any other layer's: by `run_slice(at)` if it has one, else by `run(at)`. at.first() is the first channel.
enum class slicing : std::uint8_t {
  none,
  outputs,   ///< each channel of dy by itself
  channels,  ///< and into the same channel of dx, or from the same channel of x
  mixes  ///< sums over the channels of dy: makes some channels of dx from all of dy, or adds some channels of dy to sums of all dx
};
/// What a step does that mixes: adds to sums of all dx; makes a slice of dx; makes it from a dy that nobody reads later, which is
/// prepared where it lies before the first slice; or from a dy that is itself made again, a few pixels at a time, because it has no bytes
/// either (memory/slices.hpp). A rule whose dx is a function of dy, value by value, can say by
/// `static constexpr bool remakes(const facts&)` that `remake(at, first, count, to)` makes some of its values, of whole pixels,
/// again.
enum class mixing : std::uint8_t { sums, makes, makes_of_prepared, makes_again };
/// The layer with `count` channels of its output's gradient, or, if it mixes and `of_dx`, of its input's.
constexpr facts slice_of(facts f, slicing how, bool of_dx, int count) {
  if (how == slicing::channels) {
    f.weight_row = count;
    f.trains_beside = f.trained > 0;
    f.trained = 0;
  }
  if (how == slicing::channels || (how == slicing::mixes && of_dx)) f.in.c = count;
  if (how != slicing::mixes || !of_dx) f.out.c = f.biases = count;
  return f;
}

/// Channels of its input that a layer copies for backward: the trained ones. None if all train, or if a weight row is not the
/// input's channels (groups, several outputs a channel): then the input itself stays.
constexpr int kept_channels(const facts& f) { return f.trained < f.in.c && f.weight_row == f.in.c ? f.trained : 0; }

}  // namespace thimble
