// How kernels reach memory: weights in two places, masks of bits, pointers that the optimizer may not see through.
#pragma once
#include <cstdint>

#include <thimble/config.hpp>
#include <thimble/kernels/lanes.hpp>
#include <thimble/tensor/limits.hpp>
#include <thimble/tensor/rounding.hpp>

namespace thimble::kernels {

/// GCC 12.2 at -O1 and -O2 deletes calls to kernels that read a constexpr weight table: it proves a null dereference that
/// is not there (FACTS.md, Tools). An empty asm on the pointer hides where it came from.
template <class T>
THIMBLE_INLINE T* launder(T* pointer) {
  asm("" : "+r"(pointer));
  return pointer;
}

/// Weights of one layer: rows of in.c in flash; of each row `trained` channels are in SRAM instead, rows of `trained`: the first,
/// or, of a geometry that is `listed`, those that come first in `channels`, which lists all: those that train, ascending, then the
/// others, ascending. Else it is null.
struct weights {
  const std::int8_t* flash;
  const std::int8_t* sram;
  const std::uint16_t* channels = nullptr;
};

THIMBLE_INLINE weights launder(weights w, bool listed) {
  return {launder(w.flash), w.sram, listed ? launder(w.channels) : nullptr};
}

/// The channel of a row whose weight lies at place j of a row in SRAM.
THIMBLE_INLINE int trained_channel(kernels::weights w, int j) { return w.channels == nullptr ? j : w.channels[j]; }

/// The channels at N places of a row, of which those in flash come after those in SRAM.
template <int N>
THIMBLE_INLINE lanes<int, N> channels_at(kernels::weights w, int place) {
  lanes<int, N> of;
#pragma GCC unroll 4
  for (int j = 0; j < N; ++j) of[j] = w.channels[place + j];
  return of;
}

THIMBLE_INLINE void set_bit(std::uint8_t* mask, int i, bool on) {
  const int b = 1 << (i & 7), old = mask[i >> 3];
  mask[i >> 3] = static_cast<std::uint8_t>(on ? (old | b) : (old & ~b));
}

/// Clamps v; where a mask is asked for, bit i says whether the gradient passes (v was within the limits).
THIMBLE_INLINE std::int8_t clamp(int v, limits l, std::uint8_t* mask, int i) {
  const int q = v < l.low ? l.low : v > l.high ? l.high : v;
  if (mask != nullptr) set_bit(mask, i, q == v);
  return static_cast<std::int8_t>(q);
}

/// y[i] = what is within the range of y[i], for outputs that are within int8 already.
THIMBLE_INLINE void clamp_all(std::int8_t* y, int count, limits range) {
  if (range.low <= -128 && range.high >= 127) return;
  for (int i = 0; i < count; ++i) y[i] = clamp(y[i], range, nullptr, 0);
}

/// Writes a gradient, or adds to the one another reader of the tensor left there; the sum saturates to int16. Readers come in
/// the plan's order, the same on every machine.
THIMBLE_INLINE void put(std::int16_t& to, std::int16_t v, bool adds) { to = adds ? saturate16(to + v) : v; }
THIMBLE_INLINE void put(float& to, float v, bool adds) { to = adds ? to + v : v; }

}  // namespace thimble::kernels
