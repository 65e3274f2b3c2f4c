// Options of layers: structural values, given in any order.
#pragma once
#include <cstddef>

#include <boost/mp11/utility.hpp>

#include <thimble/detail/fault.hpp>
#include <thimble/detail/options.hpp>
#include <thimble/network/facts.hpp>

namespace thimble {

/// Window size: square, or height and width.
struct kernel {
  int h, w;
  constexpr explicit kernel(int both) : h(both), w(both) {}
  constexpr kernel(int height, int width) : h(height), w(width) {}
};

/// Step of the window: the same both ways, or by row and by column.
struct stride {
  int h, w;
  constexpr explicit stride(int both) : h(both), w(both) {}
  constexpr stride(int down, int right) : h(down), w(right) {}
};

inline constexpr padding same = padding::same, valid = padding::valid;
inline constexpr activation relu = activation::relu, relu6 = activation::relu6;

/// What masks and messages call the layer.
template <std::size_t N>
struct name {
  char s[N]{};
  constexpr name(const char (&literal)[N]) {
    for (std::size_t i = 0; i < N; ++i) s[i] = literal[i];
  }
};

/// Quantization step of the weights of a layer that starts from zero: they reach 127 times this.
struct weight_scale {
  float value;
};

namespace detail {

template <class T>
inline constexpr bool is_name = false;
template <std::size_t N>
inline constexpr bool is_name<const name<N>> = true;
template <std::size_t N>
inline constexpr bool is_name<name<N>> = true;

template <auto Option>
constexpr void take_name(const char*& to) {
  if constexpr (is_name<decltype(Option)>) to = Option.s;
}

template <auto... Options>
constexpr const char* name_of() {
  const char* n = "";
  (take_name<Options>(n), ...);
  return n;
}

template <class Layer, auto Option>
struct option_of {
  static_assert(sizeof(Layer) == 0, "this layer does not take this option: see both above");
};

/// Each option is a name or of a type that the layer knows.
template <class Layer, class... Known>
struct takes {
  template <auto... Options>
  static constexpr bool check =
      reported<first_fault<boost::mp11::mp_if_c<is_name<decltype(Options)> || one_of<decltype(Options), Known...>,
                                                no_fault, option_of<Layer, Options>>...>>;
};

template <auto... Options>
constexpr void set_window(facts& f, kernel k, stride s, padding p) {
  k = option_or<kernel, Options...>(k);
  s = option_or<stride, Options...>(s);
  p = option_or<padding, Options...>(p);
  f.out = f.in;
  f.reject(k.h < 1 || k.w < 1 || s.h < 1 || s.w < 1, "the kernel and the stride must be at least 1");
  if (f.fault != nullptr) return;
  f.win = {k.h, k.w, s.h, s.w, pad_before(f.in.h, k.h, s.h, p), pad_before(f.in.w, k.w, s.w, p)};
  f.out.h = padded_out(f.in.h, k.h, s.h, p);
  f.out.w = padded_out(f.in.w, k.w, s.w, p);
  f.reject(f.out.h < 1 || f.out.w < 1, "the window is larger than its input (padding is valid)");
}

}  // namespace detail
}  // namespace thimble
