// Element-wise minimum and maximum of two tensors, broadcast or not, forward and backward.
#pragma once
#include <thimble/kernels/gradient_kind.hpp>
#include <thimble/kernels/pairing.hpp>
#include <thimble/target/target.hpp>

namespace thimble::kernels {

/// y = max(a, b) or min(a, b) of the stored values: TFLite's MAXIMUM and MINIMUM, whose three tensors share a quantization.
/// y may lie over an input that is not broadcast, if backward does not need it.
struct extremum_args {
  pairing pairs;
  const std::int8_t *a, *b;
  bool largest;
  std::int8_t* y;
};
THIMBLE_INLINE void extremum(portable, const extremum_args& k) {
  for_each_pair(k.pairs, [&](int i, int a, int b) THIMBLE_LAMBDA_INLINE {
    const bool first = k.largest ? k.a[a] >= k.b[b] : k.a[a] <= k.b[b];
    k.y[i] = first ? k.a[a] : k.b[b];
  });
}

/// dx[j] = round(2^-shift * sum of dy over the outputs that x[j] was broadcast to and won), saturated to int16; the sum in 64
/// bits. Of equal values one side wins: the one whose call says so, as the first input's should.
template <class Gradient>
struct extremum_gradient_args {
  pairing pairs;  ///< pair(x, other): x is its a
  const Gradient* dy;
  const std::int8_t *x, *other;
  bool largest, wins_ties;
  int shift;
  Gradient* dx;
  bool adds;
};
template <class Gradient>
THIMBLE_INLINE void extremum_gradient(portable, const extremum_gradient_args<Gradient>& k) {
  using math = arithmetic<Gradient>;
  gather_pairs<typename math::sum>(
      k.pairs,
      [&](int i, int j, int b) THIMBLE_LAMBDA_INLINE {
        const int over = k.largest ? k.x[j] - k.other[b] : k.other[b] - k.x[j];
        return over > 0 || (over == 0 && k.wins_ties) ? typename math::term{k.dy[i]} : 0;
      },
      [&](int j, typename math::sum sum)
          THIMBLE_LAMBDA_INLINE { put(k.dx[j], math::shifted_sum(sum, k.shift), k.adds); });
}

template <class Target = native>
THIMBLE_NOINLINE void run(const extremum_args& a) {
  extremum(Target{}, a);
}
template <class Target = native, class Gradient>
THIMBLE_NOINLINE void run(const extremum_gradient_args<Gradient>& a) {
  extremum_gradient(Target{}, a);
}

}  // namespace thimble::kernels
