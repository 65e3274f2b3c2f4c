// What a kernel knows of its layer, and how a call decides which of it is constant.
#pragma once
#include <thimble/config.hpp>
#include <thimble/target/target.hpp>
#include <thimble/tensor/shape.hpp>
#include <thimble/tensor/window.hpp>

namespace thimble::kernels {

/// Sizes only: no node number, no address, no zero point, so that layers of equal geometry share code.
struct geometry {
  shape in, out;
  window win;
  int trained = 0;  ///< input channels whose weights live in SRAM: 0 none, in.c all
};

/// What must be constant for portable kernels to be fast: the window. Equal keys share one copy.
struct window_key {
  window win;
  int trained;  ///< 0: none are, and the split loop is not compiled; -1: known at run time
};
constexpr window_key key_of(const geometry& g) {
  window w = g.win;
  w.pad_top = w.pad_left = 0;  // addresses move, code does not
  return {w, g.trained == 0 ? 0 : -1};
}
THIMBLE_INLINE constexpr geometry merge(const window_key& known, geometry g) {
  g.win = {known.win.kernel_h, known.win.kernel_w, known.win.stride_h,
           known.win.stride_w, g.win.pad_top,      g.win.pad_left};
  if (known.win.kernel_h == 1) g.win.pad_top = 0;  // a window of one pads nothing
  if (known.win.kernel_w == 1) g.win.pad_left = 0;
  if (known.trained == 0) g.trained = 0;
  return g;
}

/// A 1x1 window at stride 1 sees no rows: the image as one long row. Others as they are.
THIMBLE_INLINE constexpr geometry one_row(geometry g) {
  if (g.win.kernel_h != 1 || g.win.kernel_w != 1 || g.win.stride_h != 1 || g.win.stride_w != 1) return g;
  g.in = {1, g.in.pixels(), g.in.c};
  g.out = {1, g.out.pixels(), g.out.c};
  return g;
}

template <geometry G>
inline constexpr geometry in_flash = G;  // equal geometries are one object

template <class Operation, window_key Key, class Target, class Arguments>
THIMBLE_NOINLINE void keyed(const geometry& g, const Arguments& a) {
  Operation::body(Target{}, merge(Key, g), a);
}

/// Calls Operation's body for a geometry known to the compiler: one copy of the code for each key.
template <class Operation, geometry G, class Target = native, class Arguments>
THIMBLE_INLINE void call(const Arguments& a) {
  keyed<Operation, key_of(G), Target>(in_flash<G>, a);
}

}  // namespace thimble::kernels
