// The range of a layer's output.
#pragma once

namespace thimble {

/// Limits of a layer's output: the fused activation's, within int8.
struct limits {
  int low = -128, high = 127;
};

}  // namespace thimble
