// Options of a layer are structural values in any order; each is found by its type.
#pragma once
#include <type_traits>

namespace thimble::detail {

template <class T>
constexpr void take(T& to, const T& from) {
  to = from;
}
template <class T, class Other>
constexpr void take(T&, const Other&) {}

/// The option of type T among Options (the last one, if several), or `fallback`.
template <class T, auto... Options>
constexpr T option_or(T fallback) {
  (take(fallback, Options), ...);
  return fallback;
}

template <class Option, class... Known>
inline constexpr bool one_of = (std::is_same_v<std::remove_const_t<Option>, Known> || ...);

}  // namespace thimble::detail
