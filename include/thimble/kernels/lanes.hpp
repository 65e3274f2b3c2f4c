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

/// Lanes that lie side by side.
struct neighbours {
  THIMBLE_INLINE constexpr int operator[](int i) const { return i; }
};

/// [begin, end) in fours, then one at a time: `f<n>(first of n)`.
template <class F>
THIMBLE_INLINE void in_fours(int begin, int end, F f) {
  int i = begin;
  for (; i + 4 <= end; i += 4) f.template operator()<4>(i);
  for (; i < end; ++i) f.template operator()<1>(i);
}

}  // namespace thimble::kernels
