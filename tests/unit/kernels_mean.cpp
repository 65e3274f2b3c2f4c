// MEAN over every subset of axes: both ways of TensorFlow Lite Micro's int8 reference; gradients against double.
#include <thimble/kernels/mean.hpp>

#include <doctest/doctest.h>

#include "../support/kernel_reference.hpp"

using namespace thimble;
namespace spec = thimble::test::spec;
using spec::at;

namespace {

int output_of(shape in, kernels::axes over, int y, int x, int c) {
  const int w = over.columns ? 1 : in.w, channels = over.channels ? 1 : in.c;
  return ((over.rows ? 0 : y) * w + (over.columns ? 0 : x)) * channels + (over.channels ? 0 : c);
}

/// QuantizedMeanOrSum with 1 / count in the multiplier.
int rescaled(int sum, std::int64_t count, quantization x, quantization y) {
  spec::factor f = spec::quantize(static_cast<double>(x.scale) / static_cast<double>(y.scale));
  int shift = 0;
  while (count >> (shift + 1) != 0) ++shift;
  shift = std::min(shift, 32);
  shift = std::min(shift, 31 + f.shift);
  std::int64_t mantissa = f.mantissa;
  for (int i = 0; i < shift; ++i) mantissa *= 2;
  f.mantissa = static_cast<std::int32_t>(mantissa / count);
  f.shift -= shift;
  return spec::multiply(static_cast<std::int32_t>(sum - x.zero_point * count), f) + y.zero_point;
}

}  // namespace

TEST_CASE("mean and its gradient") {
  spec::random_values random(1);
  for (int run = 0; run < 800; ++run) {
    const kernels::axes over{(run & 1) != 0, (run & 2) != 0, (run & 4) != 0};
    const shape in{random.between(1, 6), random.between(1, 6), random.between(1, 9)};
    const shape out = kernels::reduced(in, over);
    const int count = kernels::reduced_count(in, over);
    CHECK(out.size() * count == in.size());
    const quantization x{static_cast<float>(std::exp(random.real(-6, 0))), random.between(-128, 127)};
    quantization y = x;
    if (run % 3 == 1) y.zero_point = random.between(-128, 127);
    if (run % 3 == 2) y = {static_cast<float>(std::exp(random.real(-6, 0))), random.between(-128, 127)};

    const std::vector<std::int8_t> values = random.int8(in.size());
    std::vector<int> sum(at(out.size()), 0);
    int i = 0;
    for (int r = 0; r < in.h; ++r)
      for (int c = 0; c < in.w; ++c)
        for (int k = 0; k < in.c; ++k) sum[at(output_of(in, over, r, c, k))] += values[at(i++)];

    std::vector<std::int8_t> got(at(out.size()) + 1, 33);
    std::vector<std::uint8_t> mask(at(out.size()) / 8 + 1, 0);
    const kernels::mean_scale scale = kernels::mean_scale_of(x, y, count);
    kernels::run(kernels::mean_args{values.data(), in, over, scale, got.data(), run % 2 == 0 ? nullptr : mask.data()});
    for (int o = 0; o < out.size(); ++o) {
      const int v = rescaled(sum[at(o)], count, x, y);
      CHECK(got[at(o)] == spec::clamp(v, -128, 127));
      if (run % 2 != 0) CHECK((mask[at(o / 8)] >> (o % 8) & 1) == (v >= -128 && v <= 127 ? 1 : 0));
    }
    CHECK(got.back() == 33);

    const std::vector<std::int16_t> dy = random.int16(out.size()), before = random.int16(in.size(), 70);
    const double factor = static_cast<double>(x.scale) / static_cast<double>(y.scale) / count;
    const int raise = random.between(-2, 3);
    std::vector<std::int16_t> dx = before;
    const bool adds = run % 5 == 0;
    kernels::run(kernels::mean_gradient_args{dy.data(), in, over, kernels::factor_of(scale_factor(factor), raise),
                                             dx.data(), adds});
    i = 0;
    for (int r = 0; r < in.h; ++r)
      for (int c = 0; c < in.w; ++c)
        for (int k = 0; k < in.c; ++k, ++i) {
          const double one = dy[at(output_of(in, over, r, c, k))] * factor * std::pow(2.0, raise);
          const double limited = one > 32767 ? 32767 : one < -32767 ? -32767 : one;
          CHECK(spec::near(dx[at(i)], adds ? limited + before[at(i)] : limited, 0.5 + std::abs(limited) * 0x1p-15));
        }
  }
}

TEST_CASE("one quantization: the mean is rounded") {
  const quantization q{0.1f, 20};
  const std::vector<std::int8_t> x{-1, -2, -5, 1, 2, 5};
  std::int8_t y[2];
  kernels::run(
      kernels::mean_args{x.data(), {2, 1, 3}, {false, false, true}, kernels::mean_scale_of(q, q, 3), y, nullptr});
  CHECK(y[0] == -3);
  CHECK(y[1] == 3);
}

TEST_CASE("tiny factors keep the shift in range") {
  for (const int count : {1, 2, 3, 49, 1000, 1 << 20}) {
    const kernels::mean_scale s = kernels::mean_scale_of({1e-6f, 0}, {900.0f, 0}, count);
    CHECK(s.scale.shift >= -31);
    CHECK(kernels::mean_scale_of({1.0f, 1}, {1.0f, 2}, count).scale.shift <= 1);
  }
}
