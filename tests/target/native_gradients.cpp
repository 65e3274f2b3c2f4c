// The backward kernels of this core's target against portable, value by value, on random layers: sizes, windows, multipliers of every
// kind, weights in flash, in SRAM and in both, gradients at their ends; nothing is written beside what is asked for.
#include <thimble/firmware/semihosting.hpp>
#include <thimble/kernels/addition.hpp>
#include <thimble/kernels/bias_gradient.hpp>
#include <thimble/kernels/clip.hpp>
#include <thimble/kernels/convolution_gradient.hpp>
#include <thimble/kernels/depthwise_convolution.hpp>
#include <thimble/training/exponents.hpp>

#include "support/random_numbers.hpp"

namespace firmware = thimble::firmware;
namespace kernels = thimble::kernels;
using kernels::geometry;
using thimble::native;
using thimble::portable;

namespace {

thimble::test::random_numbers random_numbers{54321};
std::uint32_t word() { return random_numbers.word(); }
int number(int low, int high) { return random_numbers.number(low, high); }
bool one_in(int n) { return random_numbers.one_in(n); }

constexpr int most_values = 24 * 1024, most_channels = 600, most_scratch = 24 * 1024, guard = 64;
alignas(4) std::int16_t dy[most_values], before[most_values];
alignas(4) std::int16_t expected[most_values], made[most_values + 2 * guard];
std::int8_t flash[most_values], sram[most_values];
std::int32_t mantissa[most_channels];
std::int8_t shift[most_channels];
alignas(4) unsigned char scratch[most_scratch + 2 * guard];

int failures = 0, run = 0;

void show(const geometry& g, const char* what, int at) {
  const thimble::window& w = g.win;
  ++failures;
  firmware::print(what, " at ", at, ": ", g.in.h, "x", g.in.w, "x", g.in.c, " -> ", g.out.h, "x", g.out.w, "x", g.out.c,
                  " window ", w.kernel_h, "x", w.kernel_w, " stride ", w.stride_h, ",", w.stride_w, " pad ", w.pad_top,
                  ",", w.pad_left, " trained ", g.trained, "\n");
}

/// A gradient of a random size; now and then all at the ends.
std::int16_t gradient(int kind) {
  if (kind == 0) return one_in(2) ? 32767 : -32768;
  if (kind == 1) return static_cast<std::int16_t>(number(-32768, 32767));
  return static_cast<std::int16_t>(one_in(3) ? 0 : number(-32768, 32767) >> number(0, 12));
}

/// Weights in rows of `row`, the first g.trained in SRAM; multipliers.
void make_weights(const geometry& g, int rows, int row) {
  const bool wide = one_in(6);
  for (int r = 0, k = 0; r < rows; ++r)
    for (int i = 0; i < row; ++i) {
      const auto v = static_cast<std::int8_t>(wide ? (one_in(4) ? 127 : -128) : number(-128, 127));
      flash[r * row + i] = i < g.trained ? 99 : v;
      if (i < g.trained) sram[k++] = v;
    }
  const bool odd = one_in(3);
  for (int o = 0; o < g.out.c; ++o) {
    mantissa[o] = (1 << 30) + static_cast<std::int32_t>(word() & 0x3fffffff);
    shift[o] = static_cast<std::int8_t>(-number(0, 10));
    if (odd && one_in(3)) shift[o] = static_cast<std::int8_t>(number(-31, 6));
    if (odd && one_in(6)) mantissa[o] = shift[o] = 0;
    if (odd && one_in(6)) mantissa[o] = one_in(2) ? 1 << 30 : 2147483647;
  }
}

template <class Operation>
void check_input_gradient(const geometry& g, int raise, int drop, int limit, bool adds, const char* name) {
  const kernels::kernel_needs needs = Operation::needs(native{}, g);
  if (!needs.serves || needs.scratch > most_scratch) return;
  const int kind = number(0, 5), size = g.in.size();
  for (int i = 0; i < g.out.size(); ++i) dy[i] = gradient(kind);
  std::int16_t* const dx = made + guard;
  for (std::int16_t& v : made) v = 77;
  for (int i = 0; i < size; ++i) dx[i] = expected[i] = before[i] = gradient(number(0, 5));
  kernels::input_gradient_args a{dy,       {flash, sram}, {mantissa, shift},
                                 raise,    limit,         drop,
                                 expected, adds,          reinterpret_cast<std::int16_t*>(scratch)};
  Operation::body(portable{}, g, a);
  for (unsigned char& b : scratch) b = 0xa5;
  a.dx = dx;
  a.scaled = reinterpret_cast<std::int16_t*>(scratch + guard);
  if (needs.by_channel && g.out.size() <= size && one_in(2)) {  // over the output's gradient
    for (int i = 0; i < g.out.size(); ++i) dx[i] = dy[i];
    a.dy = dx;
  }
  Operation::body(native{}, g, a);
  ++run;
  for (int i = 0; i < size; ++i)
    if (dx[i] != expected[i]) return show(g, name, i);
  for (int i = 0; i < guard; ++i) {
    if (made[i] != 77 || dx[size + i] != 77) return show(g, "writes beside its gradient", i);
    if (scratch[i] != 0xa5 || scratch[guard + needs.scratch + i] != 0xa5)
      return show(g, "writes beside its scratch", i);
  }
  if (!needs.by_channel) return;
  for (int i = 0; i < g.out.size(); ++i) dx[i] = dy[i];
  a.dy = dx;
  Operation::body(native{}, g, a);
  for (int i = 0; i < size; ++i)
    if (dx[i] != expected[i]) return show(g, "differs over its output's gradient", i);
}

void check_pointwise() {
  geometry g;
  const int kind = number(0, 3);
  g.in = {number(1, 9), number(1, 9), one_in(2) ? 4 * number(1, 16) : number(1, 40)};
  g.out = {g.in.h, g.in.w, kind == 3 ? number(200, 560) : number(1, 60)};
  g.trained = one_in(2) ? 0 : one_in(2) ? g.in.c : number(0, g.in.c);
  if (g.in.size() > most_values || g.out.size() > most_values || g.in.c * g.out.c > most_values) return;
  make_weights(g, g.out.c, g.in.c);
  check_input_gradient<kernels::convolution_backward>(g, number(-6, 6), number(2, one_in(4) ? 31 : 18),
                                                      thimble::gradient_limit(g.out.c), one_in(2),
                                                      "pointwise input gradient");
}

void check_depthwise() {
  geometry g;
  thimble::window& w = g.win;
  w.kernel_h = w.kernel_w = 1 + 2 * number(1, 3);
  w.stride_h = w.stride_w = number(1, 2);
  w.pad_top = number(0, w.kernel_h - 1);
  w.pad_left = number(0, w.kernel_w - 1);
  const int c = number(1, 9);
  g.in = {number(1, 21), number(1, 21), c};
  const int h = g.in.h + w.pad_top + number(0, w.kernel_h - 1) - w.kernel_h;
  const int v = g.in.w + w.pad_left + number(0, w.kernel_w - 1) - w.kernel_w;
  if (h < 0 || v < 0) return;
  g.out = {h / w.stride_h + 1, v / w.stride_w + 1, c};
  g.trained = one_in(2) ? 0 : one_in(2) ? c : number(0, c);
  make_weights(g, w.taps(), c);
  check_input_gradient<kernels::depthwise_backward>(g, number(-12, 4), 0, 32767, false, "depthwise input gradient");
}

/// Sums of gradients as they are made: what they are times a step's size.
constexpr kernels::learning_rule sums{.accumulates = true};
constexpr kernels::step_of_layer step{{1 << 30, -34}, {}, {}, 0, 0};
std::int32_t wanted[most_values], got[most_values];

void check_weight_gradient() {
  using operation = kernels::convolution_backward;
  geometry g;
  const bool large = one_in(8);
  g.in = {number(1, large ? 16 : 7), number(1, large ? 16 : 7), one_in(2) ? 4 * number(1, 16) : number(1, 40)};
  g.out = {g.in.h, g.in.w, number(1, 40)};
  g.trained = one_in(2) ? g.in.c : number(1, g.in.c);
  const kernels::kernel_needs needs = operation::weight_needs(native{}, g);
  if (g.in.size() > most_values || g.out.size() > most_values || !needs.serves || needs.scratch > most_scratch) return;
  make_weights(g, g.out.c, g.in.c);
  const int kind = number(0, 4), weights = g.out.c * g.trained, row = one_in(2) ? g.trained : g.in.c;
  for (int i = 0; i < g.out.size(); ++i) dy[i] = gradient(kind);
  for (int i = 0; i < g.in.size(); ++i)  // beside the weights, which are not read
    flash[i] = static_cast<std::int8_t>(kind == 0 ? (one_in(9) ? 127 : -128) : number(-128, 127));
  for (int i = 0; i < weights; ++i) wanted[i] = got[i] = number(-9, 9);
  for (unsigned char& b : scratch) b = 0xa5;
  kernels::weight_gradient_args<sums> a{{dy, flash, one_in(2) ? -128 : number(-128, 127), row, 0},
                                        {mantissa, shift},
                                        {step, {sram, nullptr, 0}, nullptr, wanted},
                                        nullptr,
                                        scratch + guard};
  operation::body(portable{}, g, a);
  a.to.sum = got;
  operation::body(native{}, g, a);
  ++run;
  for (int i = 0; i < most_values; ++i)
    if (wanted[i] != got[i]) return show(g, "pointwise weight gradient", i);
  for (int i = 0; i < guard; ++i)
    if (scratch[i] != 0xa5 || scratch[guard + needs.scratch + i] != 0xa5)
      return show(g, "writes beside its scratch", i);
}

/// Weights as they learn, at sizes of step from nothing to all.
void check_learning() {
  using operation = kernels::convolution_backward;
  constexpr kernels::learning_rule plain{};
  geometry g;
  g.in = {number(1, 5), number(2, 5), number(1, 20)};
  g.out = {g.in.h, g.in.w, number(1, 20)};
  g.trained = g.in.c;
  if (!operation::weight_needs(native{}, g).serves) return;
  make_weights(g, 0, 0);
  const int weights = g.out.c * g.trained;
  static std::int8_t value[2][400];
  static unsigned char rest[2][400];
  for (int i = 0; i < g.out.size(); ++i) dy[i] = gradient(2);
  for (int i = 0; i < g.in.size(); ++i) flash[i] = static_cast<std::int8_t>(word());
  for (int i = 0; i < weights; ++i) {
    value[0][i] = value[1][i] = static_cast<std::int8_t>(one_in(4) ? (one_in(2) ? -128 : 127) : number(-128, 127));
    rest[0][i] = rest[1][i] = static_cast<unsigned char>(word());
  }
  const kernels::step_of_layer size{
      {one_in(9) ? 0u : (1u << 30) + (word() & 0x3fffffff), -number(28, 62)}, {}, {}, 0, 0};
  kernels::weight_gradient_args<plain> a{{dy, flash, number(-128, 127), g.in.c, 0},
                                         {mantissa, shift},
                                         {size, {value[0], rest[0], 0}, nullptr, nullptr},
                                         nullptr,
                                         scratch};
  operation::body(portable{}, g, a);
  a.to.w = {value[1], rest[1], 0};
  operation::body(native{}, g, a);
  ++run;
  for (int i = 0; i < weights; ++i)
    if (value[0][i] != value[1][i] || rest[0][i] != rest[1][i]) return show(g, "weight learnt", i);
}

void check_scaled_gradient() {
  const int n = number(1, 100), odd = number(0, 1);
  std::int16_t* const v = made + guard + odd;
  for (int i = 0; i < n; ++i) dy[i] = v[i] = gradient(number(0, 2));
  for (int i = 0; i < n; ++i) expected[i] = before[i] = gradient(1);
  const bool adds = one_in(4), over = !adds && one_in(2);
  kernels::scaled_gradient_args<std::int16_t> a{
      dy, {one_in(9) ? 0 : number(1 << 14, 1 << 15), number(one_in(5) ? -3 : 10, 40)}, expected, adds, n};
  scaled_gradient(portable{}, a);
  if (!over)
    for (int i = 0; i < n; ++i) v[i] = before[i];
  else
    a.dy = v;
  a.dx = v;
  scaled_gradient(native{}, a);
  ++run;
  for (int i = 0; i < n; ++i)
    if (v[i] != expected[i]) return show({}, "scaled gradient", i);
}

void check_quotient() {
  const std::uint32_t d = (1u << 31) + (one_in(3) ? word() & 3 : one_in(2) ? 0x7fffffff - (word() & 3) : word() >> 1);
  const std::uint32_t high = one_in(3) ? d - 1 - (word() & 3) : word() % d, low = one_in(3) ? ~(word() & 3) : word();
  ++run;
  if (kernels::quotient(high, low, d) != ((std::uint64_t{high} << 32) + low) / d) show({}, "quotient", 0);
}

void check_bias_gradient() {
  geometry g;
  g.in = g.out = {number(1, 30), number(1, 20), number(1, 30)};
  if (g.out.size() > most_values) return;
  make_weights(g, 0, 0);
  const int kind = number(0, 4);
  for (int i = 0; i < g.out.size(); ++i) dy[i] = kind == 4 ? std::int16_t{-32768} : gradient(kind);
  for (int o = 0; o <= g.out.c; ++o) wanted[o] = got[o] = 0;
  kernels::bias_gradient_args<std::int16_t, sums> a{dy, {mantissa, shift}, {step, nullptr, 0, nullptr, wanted}};
  kernels::bias_backward::body(portable{}, g, a);
  a.to.sum = got;
  kernels::bias_backward::body(native{}, g, a);
  ++run;
  for (int o = 0; o < g.out.c; ++o)
    if (wanted[o] != got[o]) return show(g, "bias gradient", o);

  // Biases as they learn, at sizes of step from nothing to all
  constexpr kernels::learning_rule plain{};
  const std::int32_t limit = one_in(2) ? 2147483647 : number(1 << 20, 1 << 30);
  for (int o = 0; o < g.out.c; ++o)
    wanted[o] = got[o] = one_in(3) ? (one_in(2) ? limit : -limit) : number(-(1 << 20), 1 << 20);
  kernels::bias_gradient_args<std::int16_t, plain> learning{
      dy,
      {mantissa, shift},
      {{{one_in(9) ? 0u : (1u << 30) + (word() & 0x3fffffff), -number(0, 70)}, {}, {}, 0, number(-10, 6)},
       wanted,
       limit,
       nullptr,
       nullptr}};
  kernels::bias_backward::body(portable{}, g, learning);
  learning.to.bias = got;
  kernels::bias_backward::body(native{}, g, learning);
  for (int o = 0; o <= g.out.c; ++o)
    if (wanted[o] != got[o]) return show(g, "bias learnt", o);
}

void check_clip() {
  const int n = number(1, 200), kind = number(0, 3);
  std::int16_t* const v = made + guard;
  std::uint8_t* const mask = scratch;
  for (int i = 0; i < n; ++i) expected[i] = v[i] = gradient(1);
  v[n] = 77;
  for (int i = 0; i <= n / 8; ++i)
    mask[i] = static_cast<std::uint8_t>(kind == 0 ? 255 : kind == 1 ? 0 : one_in(4) ? 255 : word());
  clip(portable{}, kernels::clip_args<std::int16_t>{mask, expected, n});
  clip(native{}, kernels::clip_args<std::int16_t>{mask, v, n});
  ++run;
  expected[n] = 77;
  for (int i = 0; i <= n; ++i)
    if (v[i] != expected[i]) return show({}, "clip", i);
}

}  // namespace

int main() {
  for (int i = 0; i < 800 && failures < 10; ++i) {
    check_pointwise();
    check_depthwise();
    check_weight_gradient();
    check_learning();
    check_scaled_gradient();
    check_quotient();
    check_bias_gradient();
    check_clip();
  }
  firmware::print(run, " layers run, ", failures, " differ\n");
  return failures;
}
