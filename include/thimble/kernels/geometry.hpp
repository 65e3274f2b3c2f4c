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
  int trained = 0;      ///< channels of a weight row that live in SRAM: 0 none, all of them all
  int groups = 1;       ///< convolutions: output channel o sees the input channels of group o / (out.c / groups)
  bool listed = false;  ///< which channels are trained says a list; of one group, or one output a depthwise channel
  int most_scratch =
      0;  ///< bytes that kernels keep to, as far as they can, at the price of more instructions; 0: no limit
};
constexpr bool fits_scratch(const geometry& g, int bytes) { return g.most_scratch == 0 || bytes <= g.most_scratch; }
constexpr geometry without_list(geometry g) {
  g.listed = false;
  return g;
}

/// What must be constant for portable kernels to be fast: the window. Equal keys share one copy.
struct window_key {
  window win;
  int trained;              ///< 0: none are, and the split loop is not compiled; -1: known at run time
  int groups;               ///< 1, or -1: known at run time
  bool one_to_one = false;  ///< as many channels out as in, which spares a depthwise kernel its multiplier
  bool listed = false;      ///< the loops over places of a list are compiled, and those over the first channels are not
};
constexpr window_key key_of(const geometry& g) {
  window w = g.win;
  w.pad_top = w.pad_left = 0;             // addresses move, code does not
  if (w.kernel_h == 1) w.dilation_h = 1;  // of one tap, nothing lies between
  if (w.kernel_w == 1) w.dilation_w = 1;
  return {w, g.trained == 0 ? 0 : -1, g.groups == 1 ? 1 : -1, false, g.listed};
}
THIMBLE_INLINE constexpr geometry merge(const window_key& known, geometry g) {
  const window& w = known.win;  // member by member: GCC does not see through a copy of the whole
  g.win = {w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, g.win.pad_top, g.win.pad_left, w.dilation_h, w.dilation_w};
  if (known.win.kernel_h == 1) g.win.pad_top = 0;  // a window of one pads nothing (see also import.hpp, can_pad)
  if (known.win.kernel_w == 1) g.win.pad_left = 0;
  if (known.trained == 0) g.trained = 0;
  if (known.groups == 1) g.groups = 1;
  if (known.one_to_one) g.out.c = g.in.c;
  g.listed = known.listed;
  return g;
}

/// The depthwise layers that targets have kernels for, a target's own conditions apart: square windows of 3, 5 or 7 at stride 1 or 2.
constexpr bool has_small_filters(const geometry& g) {
  const window& w = g.win;
  const bool taps = w.kernel_h == w.kernel_w && (w.kernel_h == 3 || w.kernel_h == 5 || w.kernel_h == 7);
  const bool strides = w.stride_h == w.stride_w && (w.stride_h == 1 || w.stride_h == 2);
  return taps && strides && w.dilation_h == 1 && w.dilation_w == 1 && g.in.c == g.out.c && !g.listed;
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

/// The key of an operation: its own, if it has a function `key`, or that of all.
template <class Operation>
constexpr window_key key_for(const geometry& g) {
  if constexpr (requires { Operation::key(g); })
    return Operation::key(g);
  else
    return key_of(g);
}

template <class Operation, window_key Key, class Target, class Arguments>
THIMBLE_NOINLINE void keyed(const geometry& g, const Arguments& a) {
  Operation::body(Target{}, merge(Key, g), a);
}

/// Calls Operation's body for a geometry known to the compiler: one copy of the code for each key.
template <class Operation, geometry G, class Target = native, class Arguments>
THIMBLE_INLINE void call(const Arguments& a) {
  keyed<Operation, key_for<Operation>(G), Target>(in_flash<G>, a);
}

}  // namespace thimble::kernels
