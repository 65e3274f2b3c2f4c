// The backward kernels of a target of the host against portable, value by value, on random layers.
#pragma once
#include <algorithm>
#include <thimble/kernels/bias_gradient.hpp>
#include <thimble/kernels/clip.hpp>
#include <thimble/layers/weighted.hpp>
#include <thimble/training/exponents.hpp>

#include "support/x86_kernels.hpp"

namespace thimble::test::x86 {

/// A gradient of a random size; of kind 0 all at the ends.
inline std::int16_t random_gradient(random_numbers& r, int kind) {
  if (kind == 0) return r.one_in(2) ? 32767 : -32768;
  if (kind == 1) return static_cast<std::int16_t>(r.number(-32768, 32767));
  return static_cast<std::int16_t>(r.one_in(3) ? 0 : r.number(-32768, 32767) >> r.number(0, 12));
}
inline buffer<std::int16_t> random_gradients(random_numbers& r, int n) {
  const int kind = r.number(0, 5);
  buffer<std::int16_t> v(n);
  for (int i = 0; i < n; ++i) v[i] = random_gradient(r, kind);
  return v;
}
template <class T>
void check_equal(buffer<T>& made, buffer<T>& expected, const char* what, const kernels::geometry& g) {
  int at = 0;
  while (at < made.n && made[at] == expected[at]) ++at;
  CHECK_MESSAGE(at == made.n, std::string(what), " ", words_of(g), ": differs at ", at);
}

template <class Target, class Operation>
bool check_input_gradient(random_numbers& r, const kernels::geometry& g, bool is_depthwise) {
  const kernels::kernel_needs needs = Operation::needs(Target{}, g);
  if (g.out.c == 0 || g.out.h == 0 || !needs.serves) return false;
  buffer<std::int16_t> dy = random_gradients(r, g.out.size()), expected = random_gradients(r, g.in.size());
  buffer<std::int16_t> made(expected.n);
  for (int i = 0; i < made.n; ++i) made[i] = expected[i];
  random_weights w(r, g, is_depthwise ? g.win.taps() : g.out.c, is_depthwise ? g.out.c : g.in.c);
  random_multipliers m(r, g.out.c, 0, 10);
  const int room = std::max(needs.scratch, Operation::needs(portable{}, g).scratch);
  buffer<std::int32_t> scratch((room + 3) / 4, -1);
  kernels::input_gradient_args a{dy.data(),
                                 w.get(g),
                                 m.get(),
                                 is_depthwise ? r.number(-12, 4) : r.number(-6, 6),
                                 is_depthwise ? 32767 : gradient_limit(g.out.c),
                                 is_depthwise ? 0 : r.number(2, r.one_in(4) ? 31 : 18),
                                 expected.data(),
                                 !is_depthwise && r.one_in(2),
                                 reinterpret_cast<std::int16_t*>(scratch.data())};
  Operation::body(portable{}, g, a);
  a.dx = made.data();
  Operation::body(Target{}, g, a);
  check_equal(made, expected, is_depthwise ? "depthwise input gradient" : "input gradient", g);
  return true;
}

inline kernels::geometry random_pointwise(random_numbers& r) {
  kernels::geometry g;
  g.in = {r.number(1, 9), r.number(1, 9), r.one_in(2) ? 8 * r.number(1, 12) : r.number(1, 70)};
  if (r.one_in(8)) g.in = {r.number(12, 18), r.number(14, 18), r.number(1, 20)};  // over 256 positions
  g.out = {g.in.h, g.in.w, r.one_in(6) ? r.number(200, 560) : r.number(1, 60)};
  g.trained = random_trained(r, g.in.c);
  return g;
}

/// Sums of gradients as they are made, times a step's size; or weights as they learn.
template <class Target, class Operation, kernels::learning_rule Rule>
bool check_weight_gradient(random_numbers& r, kernels::geometry g, int rows) {
  if (g.out.c == 0) return false;
  if (g.trained == 0) g.trained = g.in.c;
  const kernels::kernel_needs needs = kernels::needs_of<thimble::weighted::weights_of<Operation>, Target>(g);
  if (!needs.serves) return false;
  buffer<std::int16_t> dy = random_gradients(r, g.out.size());
  const bool packed = r.one_in(2), wide = r.one_in(6);
  const int row = packed ? g.trained : g.in.c, n = rows * g.trained;
  buffer<std::int8_t> x(g.in.pixels() * row);
  for (int i = 0; i < x.n; ++i)
    x[i] = static_cast<std::int8_t>(wide ? (r.one_in(9) ? 127 : -128) : r.number(-128, 127));
  random_multipliers m(r, g.out.c, 0, 10);
  int drop = 0;
  while ((std::int64_t{32768} * 255 * g.out.pixels() >> drop) > 2147483647) ++drop;
  buffer<unsigned char> scratch(needs.scratch, 0xa5);
  const int x_zero = r.one_in(2) ? -128 : r.number(-128, 127);
  const kernels::step_of_layer size{{(1u << 30) + (r.word() & 0x3fffffff), -r.number(28, 62)}, {}, {}, 0, 0};
  struct state {
    buffer<std::int8_t> w;
    buffer<unsigned char> rest;
    buffer<std::int32_t> sum;
  };
  state wanted{buffer<std::int8_t>(n), buffer<unsigned char>(n), buffer<std::int32_t>(n)};
  state got{buffer<std::int8_t>(n), buffer<unsigned char>(n), buffer<std::int32_t>(n)};
  for (int i = 0; i < n; ++i) {
    wanted.w[i] = got.w[i] = static_cast<std::int8_t>(r.number(-128, 127));
    wanted.rest[i] = got.rest[i] = static_cast<unsigned char>(r.word());
    wanted.sum[i] = got.sum[i] = r.number(-9, 9);
  }
  const auto learn = [&](auto target, state& s) {
    const kernels::weight_gradient_args<Rule> a{{dy.data(), x.data(), x_zero, row, drop},
                                                m.get(),
                                                {size, {s.w.data(), s.rest.data(), 0}, nullptr, s.sum.data()},
                                                nullptr,
                                                scratch.data()};
    Operation::body(target, g, a);
  };
  learn(portable{}, wanted);
  learn(Target{}, got);
  check_equal(got.sum, wanted.sum, "weight gradient", g);
  check_equal(got.w, wanted.w, "weights learnt", g);
  check_equal(got.rest, wanted.rest, "residuals learnt", g);
  return true;
}

template <class Target>
void check_bias_gradient(random_numbers& r) {
  constexpr kernels::learning_rule sums{.accumulates = true};
  constexpr kernels::step_of_layer step{{1 << 30, -34}, {}, {}, 0, 0};
  kernels::geometry g;
  g.in = g.out = {r.number(1, 30), r.number(1, 20), r.number(1, 30)};
  buffer<std::int16_t> dy = random_gradients(r, g.out.size());
  if (r.one_in(5)) std::fill(dy.data(), dy.data() + dy.n, std::int16_t{-32768});
  random_multipliers m(r, g.out.c, 0, 10);
  buffer<std::int32_t> wanted(g.out.c), got(g.out.c);
  kernels::bias_gradient_args<std::int16_t, sums> a{dy.data(), m.get(), {step, nullptr, 0, nullptr, wanted.data()}};
  kernels::bias_backward::body(portable{}, g, a);
  a.to.sum = got.data();
  kernels::bias_backward::body(Target{}, g, a);
  check_equal(got, wanted, "bias gradient", g);
}

template <class Target>
void check_elementwise(random_numbers& r) {
  const int n = r.number(1, 200);
  const kernels::geometry g{{1, 1, n}, {1, 1, n}, {}};
  buffer<std::int16_t> expected = random_gradients(r, n), made(n);
  buffer<std::uint8_t> mask((n + 7) / 8);
  for (int i = 0; i < mask.n; ++i) mask[i] = static_cast<std::uint8_t>(r.one_in(4) ? 255 : r.word());
  for (int i = 0; i < n; ++i) made[i] = expected[i];
  clip(portable{}, kernels::clip_args<std::int16_t>{mask.data(), expected.data(), n});
  clip(Target{}, kernels::clip_args<std::int16_t>{mask.data(), made.data(), n});
  check_equal(made, expected, "clip", g);

  buffer<std::int16_t> dy = random_gradients(r, n);
  const bool adds = r.one_in(3);
  kernels::scaled_gradient_args<std::int16_t> a{
      dy.data(),
      {r.one_in(9) ? 0 : r.number(1 << 14, 1 << 15), r.number(r.one_in(5) ? -3 : 10, 40)},
      expected.data(),
      adds,
      n};
  scaled_gradient(portable{}, a);
  a.dx = made.data();
  if (!adds && r.one_in(2)) a.dx = dy.data();
  scaled_gradient(Target{}, a);
  check_equal(a.dx == dy.data() ? dy : made, expected, "scaled gradient", g);
}

template <class Target>
void check_gradients() {
  random_numbers r{54321};
  int pointwise = 0, depthwise = 0, weights = 0;
  for (int i = 0; i < 800; ++i) {
    pointwise += check_input_gradient<Target, kernels::convolution_backward>(r, random_pointwise(r), false);
    depthwise += check_input_gradient<Target, kernels::depthwise_backward>(r, random_depthwise(r), true);
    constexpr kernels::learning_rule sums{.accumulates = true}, plain{};
    kernels::geometry g = random_pointwise(r);
    weights += check_weight_gradient<Target, kernels::convolution_backward, sums>(r, g, g.out.c);
    g = random_pointwise(r);
    weights += check_weight_gradient<Target, kernels::convolution_backward, plain>(r, g, g.out.c);
    g = random_depthwise(r);
    weights += check_weight_gradient<Target, kernels::depthwise_backward, sums>(r, g, g.win.taps());
    check_bias_gradient<Target>(r);
    check_elementwise<Target>(r);
  }
  CHECK(pointwise > 700);
  CHECK(depthwise > 250);
  CHECK(weights > 1600);
}

}  // namespace thimble::test::x86
