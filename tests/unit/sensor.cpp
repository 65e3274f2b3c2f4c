// Samples as sensors give them, against the formulas in double.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <thimble/sensor.hpp>

#include "support/tiny_network.hpp"

namespace thimble {
namespace {

struct pixels_net : network<input<shape{4, 5, 3}>, global_average_pool, dense<2>> {};
struct learner : classifier<quantized<pixels_net, test::random_parameters<pixels_net, 5>>> {};

constexpr quantization stored = learner::input_quantization;

int expected(double real) {
  return static_cast<int>(
      std::clamp(std::round(real / static_cast<double>(stored.scale)) + stored.zero_point, -128.0, 127.0));
}

learner l;

TEST_CASE("bytes, with and without normalization") {
  std::vector<std::uint8_t> raw(60);
  for (std::size_t i = 0; i < raw.size(); ++i) raw[i] = static_cast<std::uint8_t>(i * 255 / 59);
  REQUIRE(put_bytes(l, raw) == status::ok);
  auto x = l.input();
  for (std::size_t i = 0; i < raw.size(); ++i) CHECK(x[i] == expected(raw[i]));
  constexpr normalization centred{127.5f, 127.5f};
  REQUIRE(put_bytes<centred>(l, raw) == status::ok);
  for (std::size_t i = 0; i < raw.size(); ++i) CHECK(std::abs(x[i] - expected((raw[i] - 127.5) / 127.5)) == 0);
}

TEST_CASE("parts of a sample, and parts too long") {
  for (std::int8_t& v : l.input()) v = 99;
  const std::vector<std::uint8_t> line(15, 0);
  REQUIRE(put_bytes(l, line, 30) == status::ok);
  auto x = l.input();
  CHECK(x[29] == 99);
  CHECK(x[30] == expected(0));
  CHECK(x[44] == expected(0));
  CHECK(x[45] == 99);
  CHECK(put_bytes(l, line, 46) == status::sample_too_long);
  CHECK(put_bytes(l, line, std::numeric_limits<std::size_t>::max()) == status::sample_too_long);
  CHECK(x[46] == 99);
}

TEST_CASE("RGB565") {
  const std::vector<std::uint16_t> pixels{0x0000, 0xFFFF, 0xF800, 0x07E0, 0x001F, 0x8410};
  constexpr normalization unit{0, 255};
  REQUIRE(put_rgb565<unit>(l, pixels, 2) == status::ok);
  const auto x = l.input();
  const int bytes[][3] = {{0, 0, 0}, {255, 255, 255}, {255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {132, 130, 132}};
  for (std::size_t i = 0; i < pixels.size(); ++i)
    for (std::size_t c = 0; c < 3; ++c) CHECK(x[6 + 3 * i + c] == expected(bytes[i][c] / 255.0));
  CHECK(put_rgb565(l, pixels, 15) == status::sample_too_long);
}

TEST_CASE("real values") {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> values{
      0, 0.5f, -0.5f, 1e30f, -1e30f, inf, -inf, nan, 2.5f * stored.scale, -2.5f * stored.scale};
  REQUIRE(put_real(l, values) == status::ok);
  const auto x = l.input();
  for (std::size_t i = 0; i < 5; ++i) CHECK(x[i] == expected(static_cast<double>(values[i])));
  CHECK(x[5] == 127);
  CHECK(x[6] == -128);
  CHECK(x[7] == stored.zero_point);
  CHECK(x[8] == stored.zero_point + 3);
  CHECK(x[9] == stored.zero_point - 3);
  for (int q = -128; q < 128; ++q)
    CHECK(quantized_value(dequantized(static_cast<std::int8_t>(q), stored), stored) == q);
}

}  // namespace
}  // namespace thimble
