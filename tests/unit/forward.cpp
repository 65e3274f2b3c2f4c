// int8 inference gives the reference's numbers, bit for bit: convolutions, and the arithmetic below them.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include "../support/forward_check.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

struct limited : network<input<shape{1, 1, 1}>, conv2d<1, relu6>, dense<2>> {};
template <int Middle>
struct limited_parameters : varied_parameters<limited> {
  static constexpr quantization activation[] = {{1, 0}, {6.0F / (static_cast<float>(Middle) + 0.5F), -128}, {}};
};
template <int Middle>
void check_limits() {
  using values = node_values<quantized<limited, limited_parameters<Middle>>, 1>;
  const float scale = limited_parameters<Middle>::activation[1].scale;
  CAPTURE(scale);
  CHECK(values::range().low == -128);
  CHECK(values::range().high == std::min(-128 + static_cast<int>(std::lround(6.0F / scale)), 127));
}

}  // namespace

TEST_CASE("padding and output sizes are TensorFlow Lite's") {
  for (int n = 1; n <= 30; ++n)
    for (int k = 1; k <= 11; ++k)
      for (int s = 1; s <= 4; ++s) {
        const int outputs = (n + s - 1) / s;
        CHECK(padded_out(n, k, s, padding::same) == outputs);
        CHECK(pad_before(n, k, s, padding::same) == std::max((outputs - 1) * s + k - n, 0) / 2);
        CHECK(padded_out(n, k, s, padding::valid) == (n < k ? 0 : (n - k) / s + 1));
        CHECK(pad_before(n, k, s, padding::valid) == 0);
      }
}

TEST_CASE("requantization is gemmlowp's double rounding") {
  for (std::uint32_t i = 0; i < 200000; ++i) {
    const double scale = std::ldexp(0.5 + 0.5 * uniform(1, i), static_cast<int>(hash(2, i) % 36) - 33);
    const multiplier m = quantize_multiplier(scale);
    const fixed_multiplier expected = fix(scale);
    REQUIRE(m.mantissa == expected.mantissa);
    if (m.mantissa != 0) REQUIRE(m.shift == expected.exponent);
    const auto v = static_cast<std::int32_t>(hash(3, i)) >> (hash(4, i) % 24 + (m.shift > 0 ? 8 : 0));
    REQUIRE(requantize(v, m) == double_rounded(v, expected));
    for (const std::int32_t edge : {INT32_MIN, INT32_MAX, -1, 0, 1})
      if (m.shift <= 0) REQUIRE(requantize(edge, m) == double_rounded(edge, expected));
  }
}

TEST_CASE("limits of ReLU6 are TensorFlow Lite's, for scales at which 6 / scale lies at a half") {
  // CalculateActivationRangeQuantized divides in float and rounds half away from zero.
  const auto check = [](auto... middle) { (check_limits<middle()>(), ...); };
  [&]<int... I>(std::integer_sequence<int, I...>) {
    check(std::integral_constant<int, 100 + I>{}...);
  }(std::make_integer_sequence<int, 155>{});
}

TEST_CASE("pointwise") { check_forward<pointwise_tails>(); }
TEST_CASE("pointwise, wide") { check_forward<pointwise_wide>(); }
TEST_CASE("3x3") { check_forward<square3>(); }
TEST_CASE("3x3, even") { check_forward<square3_even>(); }
TEST_CASE("5x5") { check_forward<square5>(); }
TEST_CASE("5x5, even") { check_forward<square5_even>(); }
TEST_CASE("rectangular") { check_forward<rectangular>(); }
TEST_CASE("rectangular, valid") { check_forward<rectangular_valid>(); }
TEST_CASE("stride larger than the kernel") { check_forward<larger_stride>(); }
