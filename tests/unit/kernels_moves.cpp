// Kernels that only move values: blocks (concatenation, padding), transposition, nearest neighbours; and their gradients.
#include <thimble/kernels/block.hpp>
#include <thimble/kernels/nearest.hpp>
#include <thimble/kernels/transposition.hpp>

#include <doctest/doctest.h>

#include <algorithm>

#include "../support/kernel_reference.hpp"

using namespace thimble;
namespace spec = thimble::test::spec;
using spec::at;

namespace {

double halved(double v, int shift) { return v * std::pow(2.0, -shift); }
/// round(v / 2^shift), halves up, saturated: what a gradient's copy must be exactly.
int narrowed(std::int16_t v, int shift) {
  return spec::clamp(static_cast<int>(std::floor(halved(v, shift) + 0.5)), -32768, 32767);
}

}  // namespace

TEST_CASE("a block is placed, and its gradient taken") {
  spec::random_values random(1);
  for (int run = 0; run < 300; ++run) {
    const shape in{random.between(1, 4), random.between(1, 4), random.between(1, 6)};
    const kernels::corner corner{random.between(0, 2), random.between(0, 2), run % 3 == 0 ? 0 : random.between(0, 3)};
    const shape out{corner.row + in.h + random.between(0, 2), corner.column + in.w + random.between(0, 2),
                    corner.channel + in.c + (run % 3 == 0 ? 0 : random.between(0, 2))};
    const std::vector<std::int8_t> x = random.int8(in.size());
    std::vector<std::int8_t> y(at(out.size()) + 1, 44);
    kernels::run(kernels::fill_args{y.data(), -128, out.size()});
    CHECK(y.back() == 44);
    kernels::run(kernels::place_args{x.data(), in, out, corner, y.data()});
    CHECK(y.back() == 44);

    const std::vector<std::int16_t> dy = random.int16(out.size()), before = random.int16(in.size(), 400);
    const bool adds = run % 2 == 0;
    const int shift = random.between(-2, 5);
    std::vector<std::int16_t> dx = before;
    kernels::run(kernels::block_gradient_args{dy.data(), in, out, corner, shift, dx.data(), adds});
    for (int r = 0; r < out.h; ++r)
      for (int c = 0; c < out.w; ++c)
        for (int k = 0; k < out.c; ++k) {
          const int i = r - corner.row, j = c - corner.column, l = k - corner.channel;
          const int o = (r * out.w + c) * out.c + k, q = (i * in.w + j) * in.c + l;
          const bool inside = i >= 0 && i < in.h && j >= 0 && j < in.w && l >= 0 && l < in.c;
          CHECK(y[at(o)] == (inside ? x[at(q)] : -128));
          if (inside) {
            const int one = narrowed(dy[at(o)], shift);
            CHECK(dx[at(q)] == spec::clamp(adds ? one + before[at(q)] : one, -32768, 32767));
          }
        }
  }
}

TEST_CASE("transposition of one to six dimensions, and back") {
  spec::random_values random(2);
  for (int run = 0; run < 400; ++run) {
    const int dimensions = 1 + run % 6;
    int in[6] = {}, perm[6] = {};
    for (int d = 0; d < dimensions; ++d) in[d] = random.between(1, 4), perm[d] = d;
    for (int d = dimensions - 1; d > 0; --d) std::swap(perm[d], perm[random.between(0, d)]);
    int n = 1, out[6] = {};
    for (int d = 0; d < dimensions; ++d) n *= in[d], out[d] = in[perm[d]];
    const kernels::permutation order = kernels::permutation_of(in, perm, dimensions);
    CHECK(order.size() == n);

    const std::vector<std::int8_t> x = random.int8(n);
    std::vector<std::int8_t> y(at(n) + 1, 66);
    kernels::run(kernels::transposition_args{x.data(), order, y.data()});
    CHECK(y.back() == 66);
    const std::vector<std::int16_t> dy = random.int16(n);
    const int shift = random.between(-1, 3);
    std::vector<std::int16_t> dx(at(n), 5);
    kernels::run(kernels::transposition_gradient_args{dy.data(), kernels::inverse_of(in, perm, dimensions), shift,
                                                      dx.data(), false});
    for (int o = 0; o < n; ++o) {  // the output's coordinates, then the input's
      int to[6] = {}, from[6] = {};
      for (int d = dimensions - 1, rest = o; d >= 0; --d) to[d] = rest % out[d], rest /= out[d];
      for (int d = 0; d < dimensions; ++d) from[perm[d]] = to[d];
      int i = 0;
      for (int d = 0; d < dimensions; ++d) i = i * in[d] + from[d];
      CHECK(y[at(o)] == x[at(i)]);
      CHECK(dx[at(i)] == narrowed(dy[at(o)], shift));
    }
  }
}

TEST_CASE("nearest indices are TensorFlow Lite's") {
  for (const bool align : {false, true})
    for (const bool half : {false, true})
      for (int in = 1; in < 40; ++in)
        for (int out = 1; out < 60; ++out)
          for (int i = 0; i < out; ++i) {
            const float scale = align && out > 1 ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                                                 : static_cast<float>(in) / static_cast<float>(out);
            const float offset = half ? 0.5f : 0.0f, real = (static_cast<float>(i) + offset) * scale;
            int expected = std::min(static_cast<int>(align ? std::round(real) : std::floor(real)), in - 1);
            if (half) expected = std::max(0, expected);
            if (kernels::nearest_index(i, in, out, align, half) != expected)
              FAIL_CHECK(i << " of " << in << " to " << out);
          }
}

TEST_CASE("nearest neighbours and their gradient") {
  spec::random_values random(3);
  for (int run = 0; run < 300; ++run) {
    const shape in{random.between(1, 6), random.between(1, 6), random.between(1, 5)};
    const shape out{random.between(1, 9), random.between(1, 9), in.c};
    const bool align = (run & 1) != 0, half = (run & 2) != 0, adds = (run & 4) != 0;
    std::vector<std::int16_t> rows, columns;
    for (int i = 0; i < out.h; ++i)
      rows.push_back(static_cast<std::int16_t>(kernels::nearest_index(i, in.h, out.h, align, half)));
    for (int i = 0; i < out.w; ++i)
      columns.push_back(static_cast<std::int16_t>(kernels::nearest_index(i, in.w, out.w, align, half)));

    const std::vector<std::int8_t> x = random.int8(in.size());
    std::vector<std::int8_t> y(at(out.size()) + 1, 22);
    kernels::run(kernels::nearest_args{x.data(), in, out, rows.data(), columns.data(), y.data()});
    CHECK(y.back() == 22);
    const std::vector<std::int16_t> dy = random.int16(out.size()), before = random.int16(in.size(), 60);
    std::vector<std::int16_t> dx = before;
    const int shift = random.between(0, 4);
    kernels::run(
        kernels::nearest_gradient_args{dy.data(), in, out, rows.data(), columns.data(), shift, dx.data(), adds});
    std::vector<double> sum(at(in.size()), 0.0);
    for (int r = 0; r < out.h; ++r)
      for (int c = 0; c < out.w; ++c)
        for (int k = 0; k < in.c; ++k) {
          const int o = (r * out.w + c) * in.c + k, i = (rows[at(r)] * in.w + columns[at(c)]) * in.c + k;
          CHECK(y[at(o)] == x[at(i)]);
          sum[at(i)] += dy[at(o)];
        }
    for (int i = 0; i < in.size(); ++i) {
      const double one = std::floor(halved(sum[at(i)], shift) + 0.5);
      const double limited = one > 32767 ? 32767 : one < -32768 ? -32768 : one;
      CHECK(spec::near(dx[at(i)], adds ? limited + before[at(i)] : limited, 0));
    }
  }
}

TEST_CASE("tables of nearest rows are made by the compiler") {
  static constexpr auto twice = kernels::nearest_indices<6>(3, false, false);
  static_assert(twice[0] == 0 && twice[1] == 0 && twice[2] == 1 && twice[5] == 2);
  static constexpr auto corners = kernels::nearest_indices<4>(3, true, false);
  static_assert(corners[1] == 1 && corners[2] == 1 && corners[3] == 2);
  CHECK(twice.size() == 6);
}
