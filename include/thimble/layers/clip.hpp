// The clipping of gradients by a mask, which layers that clamp their output share.
#pragma once
#include <thimble/kernels/clip.hpp>
#include <thimble/network/rule.hpp>

namespace thimble {

/// Zeroes the gradient where the output was clipped. Logits are never clipped.
struct clip_by_mask {
  static constexpr uses describe(const facts& f) {
    return {.reads = {f.logits ? role::none : role::mask},
            .writes = {},
            .modifies = f.logits ? role::none : role::dy,
            .scratch = 0,
            .in_place = {}};
  }
  /// A slice's bits lie together if they are whole bytes.
  static constexpr slicing slices(const facts& f) { return f.out.c % 8 == 0 ? slicing::outputs : slicing::none; }
  template <class At>
  THIMBLE_INLINE static void run_slice(At at) {
    constexpr int count = At::node.out.c, pixels = At::node.out.pixels(), row = At::whole.out.c / 8;
    auto* dy = at.dy();
    if constexpr (At::has_mask_of_slice) {
      kernels::run(kernels::clip_args{at.mask(), dy, count * pixels});
      return;
    }
    const std::uint8_t* mask = at.mask() + at.first() / 8;
    for (int p = 0; p < pixels; ++p, mask += row, dy += count) kernels::run(kernels::clip_args{mask, dy, count});
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    kernels::run(kernels::clip_args{at.mask(), at.dy(), At::node.out.size()});
  }
};

}  // namespace thimble
