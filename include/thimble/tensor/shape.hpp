// Height, width and channels of one sample.
#pragma once

namespace thimble {

/// NHWC with N = 1: element (y, x, c) lies at (y * w + x) * c_count + c. A structural value: it can be a template argument.
struct shape {
  int h = 1, w = 1, c = 1;
  [[nodiscard]] constexpr int size() const { return h * w * c; }
  [[nodiscard]] constexpr int row() const { return w * c; }
  [[nodiscard]] constexpr int pixels() const { return h * w; }
  friend constexpr bool operator==(shape, shape) = default;
};

/// A half-open range of output rows: what one call of a kernel makes.
struct rows {
  int begin = 0, end = 0;
};

}  // namespace thimble
