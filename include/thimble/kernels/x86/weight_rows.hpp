// Rows of a convolution's weights, wherever they lie: in flash, in SRAM, or in both.
#pragma once
#include <cstddef>
#include <cstring>

#include <thimble/kernels/access.hpp>
#include <thimble/kernels/geometry.hpp>

namespace thimble::kernels::x86 {

/// Rows of weights, one an output channel, wherever they lie.
struct weight_rows {
  const geometry& g;
  kernels::weights w;
  std::int8_t* room;  ///< for rows that are put together

  [[nodiscard]] THIMBLE_INLINE int size() const { return g.win.taps() * g.in.c; }
  [[nodiscard]] THIMBLE_INLINE bool is_split() const { return g.listed || (g.trained != 0 && g.trained != g.in.c); }
  /// Rows [o, o + n), one after the other.
  [[nodiscard]] THIMBLE_INLINE const std::int8_t* at(int o, int n) const {
    if (!is_split()) return (g.trained == 0 ? w.flash : w.sram) + static_cast<std::ptrdiff_t>(o) * size();
    return copy(o, n);
  }
  THIMBLE_NOINLINE const std::int8_t* copy(int o, int n) const {
    const int c = g.in.c, k = g.trained, taps = g.win.taps();
    std::int8_t* to = room;
    for (int r = o * taps; r < (o + n) * taps; ++r, to += c)
      if (g.listed) {
        std::memcpy(to, w.flash + r * c, static_cast<std::size_t>(c));
        for (int j = 0; j < k; ++j) to[w.channels[j]] = w.sram[r * k + j];
      } else {
        std::memcpy(to, w.sram + r * k, static_cast<std::size_t>(k));
        std::memcpy(to + k, w.flash + r * c + k, static_cast<std::size_t>(c - k));
      }
    return room;
  }
};

}  // namespace thimble::kernels::x86
