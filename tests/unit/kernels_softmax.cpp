// SOFTMAX of int8 against the specification of TensorFlow Lite's integer reference, and against double.
#include <thimble/kernels/softmax_int8.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>

#include "../support/kernel_reference.hpp"

using namespace thimble;
namespace spec = thimble::test::spec;
using spec::at;

namespace {

struct prepared {
  spec::factor scale;
  int least;
};
/// PreprocessSoftmaxScaling and CalculateInputRadius.
prepared prepare(double beta, double scale) {
  const spec::factor f = spec::quantize(std::min(beta * scale * (1 << 26), 2147483647.0));
  const double radius = 1.0 * 31 * (1 << 26) / std::pow(2.0, f.shift);
  return {f, static_cast<int>(-1.0 * static_cast<int>(std::floor(radius)))};
}

std::vector<int> reference(const std::vector<std::int8_t>& x, const prepared& p) {
  const int largest = *std::max_element(x.begin(), x.end());
  const auto term = [&](int v) { return spec::exp_on_negative_values(spec::multiply(v - largest, p.scale), 5); };
  std::int32_t sum = 0;
  for (const int v : x)
    if (v - largest >= p.least) sum += spec::divide_by_power(term(v), 12);
  int headroom = 0;
  while ((static_cast<std::uint32_t>(sum) << headroom & 0x80000000u) == 0) ++headroom;
  const auto shifted = static_cast<std::int32_t>((std::int64_t{sum} << headroom) - (std::int64_t{1} << 31));
  const std::int32_t reciprocal = spec::one_over_one_plus_x(shifted);
  std::vector<int> y;
  for (const int v : x) {
    int q = 0;
    if (v - largest >= p.least)
      q = spec::divide_by_power(spec::high_multiply(reciprocal, term(v)), 12 - headroom + 31 - 8);
    y.push_back(spec::clamp(q - 128, -128, 127));
  }
  return y;
}

}  // namespace

TEST_CASE("softmax") {
  spec::random_values random(1);
  for (int run = 0; run < 600; ++run) {
    const double scale = static_cast<double>(static_cast<float>(std::exp(random.real(-7, 3)))),
                 beta = run % 3 == 0 ? 1 : random.real(0.3, 2);
    const prepared p = prepare(beta, scale);
    const kernels::softmax_scale s = kernels::softmax_scale_of(beta, scale);
    CHECK(s.scale.mantissa == p.scale.mantissa);
    CHECK(s.scale.shift == p.scale.shift);
    CHECK(s.least == p.least);

    const int rows = random.between(1, 3), n = random.between(1, 20);
    std::vector<std::int8_t> x = random.int8(rows * n), y(x.size() + 1, 99);
    kernels::run(kernels::softmax_args{x.data(), s, y.data(), rows, n});
    CHECK(y.back() == 99);
    for (int r = 0; r < rows; ++r) {
      const std::vector<std::int8_t> row(x.begin() + r * n, x.begin() + (r + 1) * n);
      const std::vector<int> expected = reference(row, p);
      const int largest = *std::max_element(row.begin(), row.end());
      double sum = 0;
      for (const int v : row) sum += std::exp(beta * scale * (v - largest));
      for (int i = 0; i < n; ++i) {
        const int q = y[at(r * n + i)];
        CHECK(q == expected[at(i)]);
        CHECK(std::abs(q + 128 - std::min(255.0, 256 * std::exp(beta * scale * (row[at(i)] - largest)) / sum)) <= 1);
      }
    }
    y.pop_back();
    kernels::run(kernels::softmax_args{x.data(), s, x.data(), rows, n});  // in place
    CHECK(x == y);
  }
}

TEST_CASE("softmax of one value, and of the most equal values") {
  const kernels::softmax_scale s = kernels::softmax_scale_of(1, 0.1);
  std::int8_t one = -128;
  kernels::run(kernels::softmax_args{&one, s, &one, 1, 1});
  CHECK(one == 127);
  for (const int n : {256, 511, 512, 1024, 4095}) {  // from 512 on the reference aborts
    std::vector<std::int8_t> many(at(n), -7);
    kernels::run(kernels::softmax_args{many.data(), s, many.data(), 1, n});
    const int expected = n < 512 ? -127 : -128;
    CHECK(std::all_of(many.begin(), many.end(), [&](int v) { return v == expected; }));
  }
  std::vector<std::int8_t> pair{5, 5};
  kernels::run(kernels::softmax_args{pair.data(), s, pair.data(), 1, 2});
  CHECK(pair == std::vector<std::int8_t>{0, 0});
}
