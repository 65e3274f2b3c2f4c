// What a layer says of its steps: roles read and written, permissions, scratch. Nothing here or later knows a layer.
#pragma once
#include <cstdint>

#include <thimble/network/facts.hpp>

namespace thimble {

/// The tensors a step may touch, seen from its node. `kept` is what a layer saves for its own backward pass.
enum class role : std::uint8_t { none, x0, x1, y, mask, kept, dx0, dx1, dy, w, b };

/// Permission: `write` may begin `lag` bytes before `read`, if read dies in this step.
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

/// Channels of its input that a layer copies for backward: the trained ones; none if all train, as the input itself stays.
constexpr int kept_channels(const facts& f) { return f.trained < f.in.c ? f.trained : 0; }

}  // namespace thimble
