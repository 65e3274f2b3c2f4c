// Sum, difference, product and extrema of two tensors that are broadcast to each other: the reference's bytes; gradients
// against double.
#include <thimble/kernels/addition.hpp>
#include <thimble/kernels/extremum.hpp>
#include <thimble/kernels/multiplication.hpp>

#include <doctest/doctest.h>

#include "../support/kernel_reference.hpp"

using namespace thimble;
namespace spec = thimble::test::spec;
using spec::at;

namespace {

constexpr kernels::pairing same = kernels::pair({2, 3, 4}, {2, 3, 4});
static_assert(same.out == shape{1, 1, 24} && same.a_channel == 1 && same.b_channel == 1);
constexpr kernels::pairing vector = kernels::pair({2, 3, 4}, {1, 1, 4});
static_assert(vector.out == shape{1, 6, 4} && vector.a_column == 4 && vector.b_column == 0 && vector.b_channel == 1);
constexpr kernels::pairing scalar = kernels::pair({1, 1, 1}, {2, 3, 4});
static_assert(scalar.out == shape{1, 1, 24} && scalar.a_channel == 0 && scalar.b_channel == 1);
constexpr kernels::pairing image = kernels::pair({2, 3, 1}, {2, 3, 4});
static_assert(image.out == shape{1, 6, 4} && image.a_column == 1 && image.a_channel == 0 && image.b_column == 4);
static_assert(kernels::broadcastable({1, 3, 1}, {5, 1, 2}) && !kernels::broadcastable({2, 1, 1}, {3, 1, 1}));

/// An element's place in a tensor that may be broadcast.
int place(shape s, int y, int x, int c) {
  return ((s.h == 1 ? 0 : y) * s.w + (s.w == 1 ? 0 : x)) * s.c + (s.c == 1 ? 0 : c);
}

/// Two random shapes that can be broadcast to each other, their values, and what becomes of them.
struct sample {
  shape a, b, out;
  std::vector<std::int8_t> x0, x1;
  int a_zero, b_zero, y_zero;
  limits range;

  explicit sample(spec::random_values& random) {
    const shape full{random.between(1, 4), random.between(1, 5), random.between(1, 9)};
    const auto side = [&] {
      const int which = random.between(0, 9);
      if (which < 3) return full;
      return shape{random.between(0, 1) != 0 ? full.h : 1, random.between(0, 1) != 0 ? full.w : 1,
                   random.between(0, 1) != 0 ? full.c : 1};
    };
    a = side(), b = side();
    out = {a.h > b.h ? a.h : b.h, a.w > b.w ? a.w : b.w, a.c > b.c ? a.c : b.c};
    x0 = random.int8(a.size()), x1 = random.int8(b.size());
    a_zero = random.between(-128, 127), b_zero = random.between(-128, 127), y_zero = random.between(-128, 127);
    if (random.between(0, 1) != 0) range = {random.between(-128, 0), random.between(0, 127)};
  }
  template <class F>
  void each(F f) const {
    int i = 0;
    for (int y = 0; y < out.h; ++y)
      for (int x = 0; x < out.w; ++x)
        for (int c = 0; c < out.c; ++c, ++i) f(i, place(a, y, x, c), place(b, y, x, c));
  }
};

/// Runs a kernel, and compares its output, mask and what lies behind them.
template <class Run, class Reference>
void check_bytes(const sample& s, bool masked, Run run, Reference reference) {
  const int n = s.out.size();
  std::vector<std::int8_t> y(at(n) + 1, 55);
  std::vector<std::uint8_t> mask(at(n) / 8 + 2, 0xA5);
  run(y.data(), masked ? mask.data() : nullptr);
  s.each([&](int i, int a, int b) {
    const int unclamped = reference(s.x0[at(a)], s.x1[at(b)]), q = spec::clamp(unclamped, s.range.low, s.range.high);
    CHECK(y[at(i)] == q);
    if (masked) CHECK((mask[at(i / 8)] >> (i % 8) & 1) == (q == unclamped ? 1 : 0));
  });
  CHECK(y[at(n)] == 55);
  CHECK(mask[at(n) / 8 + 1] == 0xA5);
}

template <bool Subtracts>
void check_sum(unsigned seed) {
  spec::random_values random(seed);
  for (int run = 0; run < 400; ++run) {
    const sample s(random);
    const auto scale = [&] { return static_cast<float>(std::exp(random.real(-8, -1))); };
    const bool halves = run % 4 == 0;  // sums of equal scales, halved: ties
    const float a = scale(), b = halves ? a : scale(), y = halves ? 2 * a : scale() * 4;
    spec::factor fa, fb, fy;
    if (Subtracts) {  // sub_common.cc: float
      const float twice = 2 * std::max(a, b);
      fa = spec::quantize(static_cast<double>(a / twice)), fb = spec::quantize(static_cast<double>(b / twice));
      fy = spec::quantize(static_cast<double>(twice / ((1 << 20) * y)));
    } else {  // add_common.cc: double
      const double twice = 2 * static_cast<double>(std::max(a, b));
      fa = spec::quantize(static_cast<double>(a) / twice), fb = spec::quantize(static_cast<double>(b) / twice);
      fy = spec::quantize(twice / ((1 << 20) * static_cast<double>(y)));
    }
    if (fy.shift > 0) continue;
    const kernels::addition_scales scales =
        Subtracts ? kernels::subtraction_scales_of(a, b, y)
                  : kernels::addition_scales_of(static_cast<double>(a), static_cast<double>(b), static_cast<double>(y));
    CHECK(scales.a == multiplier{fa.mantissa, fa.shift});
    CHECK(scales.b == multiplier{fb.mantissa, fb.shift});
    CHECK(scales.y == multiplier{fy.mantissa, fy.shift});
    check_bytes(
        s, run % 2 == 0,
        [&](std::int8_t* out, std::uint8_t* mask) {
          const kernels::addition_args k{kernels::pair(s.a, s.b),
                                         s.x0.data(),
                                         s.x1.data(),
                                         s.a_zero,
                                         s.b_zero,
                                         s.y_zero,
                                         scales,
                                         s.range,
                                         out,
                                         mask};
          if constexpr (Subtracts)
            kernels::run(kernels::subtraction_args{k});
          else
            kernels::run(k);
        },
        [&](int x0, int x1) {
          const std::int32_t v0 = spec::multiply((x0 - s.a_zero) * (1 << 20), fa);
          const std::int32_t v1 = spec::multiply((x1 - s.b_zero) * (1 << 20), fb);
          return spec::multiply(Subtracts ? v0 - v1 : v0 + v1, fy) + s.y_zero;
        });
  }
}

}  // namespace

TEST_CASE("addition") { check_sum<false>(1); }
TEST_CASE("subtraction") { check_sum<true>(2); }

TEST_CASE("multiplication") {
  spec::random_values random(3);
  for (int run = 0; run < 400; ++run) {
    const sample s(random);
    const double a = std::exp(random.real(-6, 0)), b = std::exp(random.real(-6, 0)), y = std::exp(random.real(-6, 1));
    const spec::factor f = spec::quantize(a * b / y);
    check_bytes(
        s, run % 2 == 0,
        [&](std::int8_t* out, std::uint8_t* mask) {
          kernels::run(kernels::multiplication_args{kernels::pair(s.a, s.b), s.x0.data(), s.x1.data(), s.a_zero,
                                                    s.b_zero, s.y_zero, kernels::product_scale_of(a, b, y), s.range,
                                                    out, mask});
        },
        [&](int x0, int x1) { return spec::multiply((x0 - s.a_zero) * (x1 - s.b_zero), f) + s.y_zero; });
  }
}

TEST_CASE("minimum and maximum") {
  spec::random_values random(4);
  for (int run = 0; run < 200; ++run) {
    sample s(random);
    s.range = {};
    const bool largest = run % 2 == 0;
    check_bytes(
        s, false,
        [&](std::int8_t* out, std::uint8_t*) {
          kernels::run(kernels::extremum_args{kernels::pair(s.a, s.b), s.x0.data(), s.x1.data(), largest, out});
        },
        [&](int x0, int x1) { return largest ? std::max(x0, x1) : std::min(x0, x1); });
  }
}

TEST_CASE("an input of the output's shape may be overwritten") {
  spec::random_values random(5);
  const shape whole{3, 4, 5}, part{1, 4, 1};
  std::vector<std::int8_t> x0 = random.int8(whole.size()), x1 = random.int8(part.size()), y(x0.size());
  kernels::addition_args k{kernels::pair(part, whole),
                           x1.data(),
                           x0.data(),
                           3,
                           -4,
                           5,
                           kernels::addition_scales_of(0.1, 0.2, 0.3),
                           {},
                           y.data(),
                           nullptr};
  kernels::run(k);
  k.y = x0.data();
  kernels::run(k);
  CHECK(x0 == y);
}

TEST_CASE("gradients of sums, differences and products") {
  spec::random_values random(6);
  for (int run = 0; run < 400; ++run) {
    const sample s(random);
    const std::vector<std::int16_t> dy = random.int16(s.out.size()), before = random.int16(s.a.size(), 99);
    const bool product = run % 2 == 0, negative = run % 3 == 0, adds = run % 5 < 2;
    const double factor = std::exp(random.real(-9, 0)) / (product ? 100 : 1);
    const multiplier m = scale_factor(factor);
    const int raise = random.between(-3, 1);
    std::vector<double> real(at(s.a.size()), 0.0);
    s.each([&](int i, int a, int b) { real[at(a)] += double{1} * dy[at(i)] * (product ? s.x1[at(b)] - s.b_zero : 1); });
    std::vector<std::int16_t> dx = before;
    kernels::run(kernels::product_gradient_args{kernels::pair(s.a, s.b), dy.data(), product ? s.x1.data() : nullptr,
                                                s.b_zero, m, raise, negative, dx.data(), adds});
    const double slack = 0.5 + 0.5 * std::pow(2.0, m.shift + raise) + 1e-9;
    for (int j = 0; j < s.a.size(); ++j) {
      const double one = (negative ? -1 : 1) * real[at(j)] * factor * std::pow(2.0, raise);
      const double limited = one > 32767 ? 32767 : one < -32768 ? -32768 : one;
      CHECK(spec::near(dx[at(j)], adds ? limited + before[at(j)] : one, slack));
    }
  }
}

TEST_CASE("a gradient's sum saturates") {
  const int n = 3000;
  const std::vector<std::int16_t> dy(at(n), -32768);
  const std::vector<std::int8_t> other(at(n), 127);
  std::int16_t dx = 0;
  kernels::run(kernels::product_gradient_args{
      kernels::pair({1, 1, 1}, {1, 1, n}), dy.data(), other.data(), -128, {1 << 30, 1}, -20, false, &dx, false});
  CHECK(dx == -2048);  // -2^31 * 2^-20
}

TEST_CASE("gradients of minimum and maximum") {
  spec::random_values random(7);
  for (int run = 0; run < 300; ++run) {
    sample s(random);
    for (auto* x : {&s.x0, &s.x1})
      for (auto& v : *x) v = static_cast<std::int8_t>(v / 32);  // ties
    const std::vector<std::int16_t> dy = random.int16(s.out.size());
    const bool largest = run % 2 == 0;
    const int shift = random.between(-1, 4);
    std::vector<std::int16_t> dx0(at(s.a.size())), dx1(at(s.b.size()));
    kernels::run(kernels::extremum_gradient_args{kernels::pair(s.a, s.b), dy.data(), s.x0.data(), s.x1.data(), largest,
                                                 true, shift, dx0.data(), false});
    kernels::run(kernels::extremum_gradient_args{kernels::pair(s.b, s.a), dy.data(), s.x1.data(), s.x0.data(), largest,
                                                 false, shift, dx1.data(), false});
    std::vector<double> real0(dx0.size(), 0.0), real1(dx1.size(), 0.0);
    s.each([&](int i, int a, int b) {
      const int x0 = s.x0[at(a)], x1 = s.x1[at(b)];
      (x0 == x1 || (x0 > x1) == largest ? real0[at(a)] : real1[at(b)]) += dy[at(i)] * std::pow(2.0, -shift);
    });
    for (std::size_t j = 0; j < dx0.size(); ++j) CHECK(spec::near(dx0[j], real0[j], 0.5));
    for (std::size_t j = 0; j < dx1.size(); ++j) CHECK(spec::near(dx1[j], real1[j], 0.5));
  }
}
