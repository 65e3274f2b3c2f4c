// Functions of one int8 value: every byte of their tables against TensorFlow Lite's specification, for many quantizations;
// derivatives against double.
#include <thimble/kernels/table.hpp>
#include <thimble/kernels/tables.hpp>

#include <doctest/doctest.h>

#include <algorithm>

#include "../support/kernel_reference.hpp"

using namespace thimble;
namespace spec = thimble::test::spec;

namespace {

/// Many quantizations of input and output; f(x, y, alpha).
template <class F>
void for_quantizations(unsigned seed, F f) {
  spec::random_values random(seed);
  for (int run = 0; run < 400; ++run) {
    const auto draw = [&](double low, double high) {
      return quantization{static_cast<float>(std::exp(random.real(low, high))),
                          std::clamp(random.between(-140, 140), -128, 127)};
    };
    quantization x = draw(-7, 1);
    quantization y = run % 4 == 0 ? x : draw(-7, 1);
    if (run % 16 == 1) x.scale = 4, y.scale = 0.4f;  // 6 / 4 and 1 / 0.4 end in a half
    f(x, y, static_cast<float>(random.real(-0.5, 1.5)));
  }
}

int requantized(int v, quantization x, quantization y) {  // quantize_common.cc: a ratio of doubles
  return y.zero_point +
         spec::multiply(v - x.zero_point, spec::quantize(static_cast<double>(x.scale) / static_cast<double>(y.scale)));
}
int rectified(int v, quantization x, quantization y) {  // activations_common.cc, since 2025: a ratio of doubles
  return y.zero_point +
         spec::multiply(v - x.zero_point, spec::quantize(static_cast<double>(x.scale) / static_cast<double>(y.scale)));
}
double real(int q, quantization x) { return static_cast<double>(x.scale) * (q - x.zero_point); }
bool int8_holds(int v) { return v >= -128 && v <= 127; }

}  // namespace

TEST_CASE("quantize") {
  for_quantizations(1, [](quantization x, quantization y, float) {
    const spec::factor ratio = spec::quantize(static_cast<double>(x.scale) / static_cast<double>(y.scale));
    CHECK(kernels::ratio_of(x, y) == multiplier{ratio.mantissa, ratio.shift});
    for (int q = -128; q < 128; ++q) {
      const int v = requantized(q, x, y);
      CHECK(kernels::quantize_of(q, x, y) == spec::clamp(v, -128, 127));
      CHECK(kernels::quantize_slope(q, x, y) == (int8_holds(v) ? 1 : 0));
    }
  });
}

TEST_CASE("relu, relu6, relu_n1_to_1") {
  for_quantizations(2, [](quantization x, quantization y, float) {
    for (int q = -128; q < 128; ++q) {
      const int v = rectified(q, x, y);
      CHECK(kernels::relu_of(q, x, y) == spec::clamp(v, y.zero_point, 127));
      CHECK(kernels::relu_slope(q, x, y) == (q >= x.zero_point && int8_holds(v) ? 1 : 0));

      const auto six = static_cast<int>(std::min(1e6f, std::round(6.0f / x.scale))) + x.zero_point;
      const int high = std::min(six, 127);
      CHECK(kernels::relu6_of(q, x, x) == std::min(std::max(q, x.zero_point), high));
      CHECK(kernels::relu6_slope(q, x, x) == (q >= x.zero_point && q <= high ? 1 : 0));

      const auto one = static_cast<int>(std::min(1e6f, std::round(1.0f / y.scale)));
      const int top = std::min(127, y.zero_point + one), bottom = std::max(-128, y.zero_point - one);
      CHECK(kernels::relu_n1_to_1_of(q, x, y) == std::min(std::max(v, bottom), top));
      CHECK(kernels::relu_n1_to_1_slope(q, x, y) == (std::abs(real(q, x)) <= 1 && int8_holds(v) ? 1 : 0));
    }
  });
}

TEST_CASE("leaky relu") {
  for_quantizations(3, [](quantization x, quantization y, float alpha) {
    const spec::factor identity = spec::quantize(static_cast<double>(x.scale / y.scale));
    const spec::factor below = spec::quantize(static_cast<double>(x.scale * alpha / y.scale));
    for (const bool negative : {false, true}) {
      const multiplier m = kernels::leaky_relu_scale(negative, x, y, alpha);
      CHECK(m.mantissa == (negative ? below : identity).mantissa);
      CHECK(m.shift == (negative ? below : identity).shift);
    }
    for (int q = -128; q < 128; ++q) {
      const int v = y.zero_point + spec::multiply(q - x.zero_point, q >= x.zero_point ? identity : below);
      CHECK(kernels::leaky_relu_of(q, x, y, alpha) == spec::clamp(v, -128, 127));
      const double slope = q >= x.zero_point ? 1 : static_cast<double>(alpha);
      CHECK(kernels::leaky_relu_slope(q, x, y, alpha) == (int8_holds(v) ? slope : 0));
    }
  });
}

TEST_CASE("logistic") {
  const quantization y{1.0f / 256, -128};
  for_quantizations(4, [&](quantization x, quantization, float) {
    int shift = 0;
    const double fraction = std::frexp(static_cast<double>(x.scale) * (1 << 27), &shift);
    const auto mantissa = static_cast<std::int32_t>(std::round(fraction * 0x1p31));
    const auto radius = static_cast<int>(std::floor(15.0 * (1 << 27) / std::pow(2.0, shift)));
    for (int q = -128; q < 128; ++q) {
      const int input = q - x.zero_point;
      int expected = input <= -radius ? -128 : 127;
      if (input > -radius && input < radius) {
        const std::int32_t q4 = spec::multiply(input, {mantissa, shift});
        std::int32_t q0 = 1 << 30;
        if (q4 != 0) q0 = spec::one_over_one_plus_x(spec::exp_on_negative_values(-std::abs(q4), 4));
        if (q4 < 0) q0 = INT32_MAX - q0;
        expected = spec::clamp(spec::divide_by_power(q0, 23) - 128, -128, 127);
      }
      CHECK(kernels::logistic_of(q, x, y) == expected);
      const double s = 1 / (1 + std::exp(-real(q, x)));
      const int nearest = spec::clamp(static_cast<int>(std::round(s * 256)), 0, 255) - 128;
      if (std::abs(input) < radius) CHECK(std::abs(expected - nearest) <= 1);
      const double slope = kernels::logistic_slope(q, x, y);
      if (slope == 0)  // clipped, or nothing is left
        CHECK((std::abs(input) >= radius || s > 255.4 / 256));
      else
        CHECK(slope == doctest::Approx(s * (1 - s)).epsilon(1e-9));
    }
  });
}

TEST_CASE("gemmlowp's reciprocal, as a number") {
  for (std::int64_t a = 0; a <= INT32_MAX; a += 9'999'991) {
    const auto x = static_cast<std::int32_t>(a);
    CHECK(kernels::one_over_one_plus(x) == spec::one_over_one_plus_x(x));
    CHECK(kernels::one_over_one_plus(x) * 0x1p-31 == doctest::Approx(1 / (1 + x * 0x1p-31)).epsilon(1e-7));
  }
}

TEST_CASE("a table is looked up for every byte") {
  static constexpr quantization x{0.05f, 3}, y{0.03f, -10};
  static constexpr kernels::value_table table = kernels::table_of([](int q) { return kernels::relu_of(q, x, y); });
  std::vector<std::int8_t> in, out(257, 77);
  for (int q = -128; q < 128; ++q) in.push_back(static_cast<std::int8_t>(q));
  kernels::run(kernels::table_args{in.data(), table.data(), out.data(), 256});
  for (int q = -128; q < 128; ++q) CHECK(out[spec::at(q + 128)] == kernels::relu_of(q, x, y));
  CHECK(out[256] == 77);
  kernels::run(kernels::table_args{in.data(), table.data(), in.data(), 256});  // in place
  CHECK(std::equal(in.begin(), in.end(), out.begin()));
}

TEST_CASE("slopes and gradients") {
  spec::random_values random(5);
  for_quantizations(6, [&](quantization x, quantization y, float alpha) {
    const double factor = static_cast<double>(x.scale) / static_cast<double>(y.scale);
    const auto slope = [&](int q) { return kernels::leaky_relu_slope(q, x, y, alpha); };
    const kernels::slope_table t = kernels::slopes_of(slope, factor);
    double largest = 0;
    for (int q = -128; q < 128; ++q) {
      const double expected = slope(q) * factor * std::pow(2.0, t.shift), stored = t.value[spec::at(q + 128)];
      CHECK(std::abs(stored - expected) <= 0.5);
      largest = std::max(largest, std::abs(stored));
    }
    if (largest == 0) return;
    CHECK(largest >= 1 << 14);
    const int n = 37;
    const std::vector<std::int8_t> in = random.int8(n);
    const std::vector<std::int16_t> dy = random.int16(n), before = random.int16(n, 50);
    for (const bool adds : {false, true}) {
      std::vector<std::int16_t> dx = before;
      kernels::run(kernels::table_gradient_args{dy.data(), in.data(), t.value.data(), t.shift + 2, dx.data(), adds, n});
      for (int i = 0; i < n; ++i) {
        const double one = dy[spec::at(i)] * slope(in[spec::at(i)]) * factor / 4;
        const double limited = one > 32767 ? 32767 : one < -32768 ? -32768 : one;
        const double slack = 0.5 + std::abs(dy[spec::at(i)]) * 0.5 * std::pow(2.0, -t.shift - 2);
        CHECK(spec::near(dx[spec::at(i)], adds ? limited + before[spec::at(i)] : one, slack));
      }
    }
  });
  constexpr kernels::slope_table none = kernels::slopes_of([](int) { return 0.0; }, 1);
  CHECK(none.shift == 0);
  CHECK(none.value[7] == 0);
  constexpr kernels::slope_table half = kernels::slopes_of([](int q) { return q < 0 ? -0.5 : 0.25; }, 1);
  CHECK(half.value[0] == -(1 << 14));
  CHECK(half.value[255] == 1 << 13);
  CHECK(half.shift == 15);
}
