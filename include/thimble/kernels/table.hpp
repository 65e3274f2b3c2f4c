// Functions of one int8 value as tables of 256, forward and backward. kernels/tables.hpp makes the tables.
#pragma once
#include <thimble/kernels/gradient_kind.hpp>
#include <thimble/target/target.hpp>

namespace thimble::kernels {

/// y = table[x + 128]. May be in place.
struct table_args {
  const std::int8_t* x;
  const std::int8_t* table;  ///< 256 values
  std::int8_t* y;
  int count;
};
THIMBLE_INLINE void look_up(portable, const table_args& k) {
  const std::int8_t* const middle = launder(k.table) + 128;
  for (int i = 0; i < k.count; ++i) k.y[i] = middle[k.x[i]];
}

/// dx = round(2^-shift * dy * slope[x + 128]), halves up, saturated to int16. The product is exact in int32. May lie over dy.
template <class Gradient>
struct table_gradient_args {
  const Gradient* dy;
  const std::int8_t* x;
  const std::int16_t* slopes;  ///< 256 values
  int shift;
  Gradient* dx;
  bool adds;
  int count;
};
template <class Gradient>
THIMBLE_INLINE void table_gradient(portable, const table_gradient_args<Gradient>& k) {
  const std::int16_t* const middle = launder(k.slopes) + 128;
  for (int i = 0; i < k.count; ++i)
    put(k.dx[i], arithmetic<Gradient>::shifted(k.dy[i] * middle[k.x[i]], k.shift), k.adds);
}

template <class Target = native>
THIMBLE_NOINLINE void run(const table_args& a) {
  look_up(Target{}, a);
}
template <class Target = native, class Gradient>
THIMBLE_NOINLINE void run(const table_gradient_args<Gradient>& a) {
  table_gradient(Target{}, a);
}

}  // namespace thimble::kernels
