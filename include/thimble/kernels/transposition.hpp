// TRANSPOSE: a permutation of up to six dimensions, forward and backward.
#pragma once
#include <thimble/kernels/gradient_kind.hpp>
#include <thimble/target/target.hpp>

namespace thimble::kernels {

inline constexpr int most_dimensions = 6;

/// The output's extents, outermost first, and the step in the input along each. Unused dimensions come first, with extent 1.
struct permutation {
  int extent[most_dimensions] = {1, 1, 1, 1, 1, 1};
  int step[most_dimensions] = {};
  [[nodiscard]] constexpr int size() const {
    int n = 1;
    for (const int e : extent) n *= e;
    return n;
  }
};

/// Output dimension i is the input's dimension perm[i], as in TFLite.
constexpr permutation permutation_of(const int* in, const int* perm, int dimensions) {
  permutation p;
  int step[most_dimensions] = {};
  for (int i = dimensions - 1, n = 1; i >= 0; --i) step[i] = n, n *= in[i];
  for (int i = 0; i < dimensions; ++i) {
    p.extent[most_dimensions - dimensions + i] = in[perm[i]];
    p.step[most_dimensions - dimensions + i] = step[perm[i]];
  }
  return p;
}
/// The permutation that undoes it: for the gradient.
constexpr permutation inverse_of(const int* in, const int* perm, int dimensions) {
  int out[most_dimensions] = {}, back[most_dimensions] = {};
  for (int i = 0; i < dimensions; ++i) out[i] = in[perm[i]], back[perm[i]] = i;
  return permutation_of(out, back, dimensions);
}

/// f(output index, input index) for every output element, in order.
template <class F>
THIMBLE_INLINE void for_each_permuted(const permutation& p, F f) {
  int at[most_dimensions] = {};
  const int size = p.size();
  for (int i = 0, from = 0; i < size;) {
    for (const int end = i + p.extent[5]; i < end; ++i, from += p.step[5]) f(i, from);
    from -= p.extent[5] * p.step[5];
    for (int d = 4; d >= 0; --d) {
      from += p.step[d];
      if (++at[d] < p.extent[d]) break;
      from -= p.extent[d] * p.step[d];
      at[d] = 0;
    }
  }
}

/// y = x with its dimensions permuted: a copy, the quantization is kept.
struct transposition_args {
  const std::int8_t* x;
  permutation order;
  std::int8_t* y;
};
THIMBLE_INLINE void transposition(portable, const transposition_args& k) {
  for_each_permuted(k.order, [&](int to, int from) THIMBLE_LAMBDA_INLINE { k.y[to] = k.x[from]; });
}

/// dx = round(2^-shift * dy with its dimensions permuted back), halves up, saturated to int16; shift = e_x - e_y.
template <class Gradient>
struct transposition_gradient_args {
  const Gradient* dy;
  permutation order;  ///< inverse_of
  int shift;
  Gradient* dx;
  bool adds;
};
template <class Gradient>
THIMBLE_INLINE void transposition_gradient(portable, const transposition_gradient_args<Gradient>& k) {
  for_each_permuted(k.order, [&](int to, int from) THIMBLE_LAMBDA_INLINE {
    put(k.dx[to], arithmetic<Gradient>::shifted(k.dy[from], k.shift), k.adds);
  });
}

template <class Target = native>
THIMBLE_NOINLINE void run(const transposition_args& a) {
  transposition(Target{}, a);
}
template <class Target = native, class Gradient>
THIMBLE_NOINLINE void run(const transposition_gradient_args<Gradient>& a) {
  transposition_gradient(Target{}, a);
}

}  // namespace thimble::kernels
