// A few accumulators side by side.
#pragma once
#include <cstddef>

#include <thimble/config.hpp>

namespace thimble::kernels {

/// N values that the optimizer keeps in registers when every loop over them is unrolled.
template <class T, int N>
struct lanes {
  T v[static_cast<std::size_t>(N)]{};
  THIMBLE_INLINE constexpr T& operator[](int i) { return v[i]; }
  THIMBLE_INLINE constexpr const T& operator[](int i) const { return v[i]; }
};

}  // namespace thimble::kernels
