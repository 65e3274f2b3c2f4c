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
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    kernels::run(kernels::clip_args{at.mask(), at.dy(), At::node.out.size()});
  }
};

}  // namespace thimble
