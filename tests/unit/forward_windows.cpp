// Windows that are dilated, grouped, of a depth multiplier or transposed: forward kernels by themselves give the definition's
// numbers, bit for bit; weights in flash, in SRAM and in both; and code for a known geometry those of code for any.
#include <doctest/doctest.h>

#include <thimble/kernels/convolution.hpp>
#include <thimble/kernels/depthwise_convolution.hpp>
#include <thimble/kernels/transposed_convolution.hpp>

#include "../support/window_case.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

std::vector<int> ints(const std::vector<std::int8_t>& v) { return {v.begin(), v.end()}; }

kernels::convolution_args args_of(const window_case& c, std::vector<std::int8_t>& y) {
  y.assign(at(c.g.out.size()), 77);
  return {c.x.data(), c.weights(), c.bias.data(), c.scale(), c.x_zero,
          c.y_zero,   {-100, 110}, y.data(),      nullptr,   {0, c.g.out.h}};
}

template <class Operation>
void check_forward(const window_case& c) {
  CAPTURE(c.name());
  std::vector<std::int8_t> y;
  kernels::convolution_args a = args_of(c, y);
  Operation::body(portable{}, c.g, a);
  CHECK(ints(y) == c.forward(true, 0, a.range));

  a = args_of(c, y);  // in two parts, without biases
  a.bias = nullptr;
  a.part = {c.g.out.h / 3, c.g.out.h};
  Operation::body(portable{}, c.g, a);
  a.part = {0, c.g.out.h / 3};
  Operation::body(portable{}, c.g, a);
  CHECK(ints(y) == c.forward(false, 0, a.range));
}

template <class Operation, kernels::geometry G>
void check_known(window_kind kind) {
  const window_case c(kind, G, 5);
  std::vector<std::int8_t> y;
  const kernels::convolution_args a = args_of(c, y);
  kernels::call<Operation, G, portable>(a);
  CHECK(ints(y) == c.forward(true, 0, a.range));
}

}  // namespace

TEST_CASE("convolutions, dilated and grouped") {
  CHECK(each_window_case(window_kind::convolution, check_forward<kernels::convolution_forward>) > 300);
}
TEST_CASE("depthwise convolutions, dilated and multiplied") {
  CHECK(each_window_case(window_kind::depthwise, check_forward<kernels::depthwise_forward>) > 300);
}
TEST_CASE("transposed convolutions") {
  CHECK(each_window_case(window_kind::transposed, check_forward<kernels::transposed_convolution_forward>) > 20);
}

TEST_CASE("code for a known geometry computes the same") {
  constexpr window dilated_window{3, 2, 1, 2, 2, 1, 2, 3};
  check_known<kernels::convolution_forward, kernels::geometry{{9, 8, 6}, {9, 4, 9}, dilated_window, 0, 3}>(
      window_kind::convolution);
  check_known<kernels::convolution_forward, kernels::geometry{{9, 8, 6}, {9, 4, 9}, dilated_window, 1, 3}>(
      window_kind::convolution);
  check_known<kernels::convolution_forward, kernels::geometry{{9, 8, 5}, {9, 4, 6}, dilated_window, 5}>(
      window_kind::convolution);
  check_known<kernels::depthwise_forward, kernels::geometry{{9, 8, 6}, {9, 4, 6}, dilated_window, 2}>(
      window_kind::depthwise);
  check_known<kernels::depthwise_forward, kernels::geometry{{9, 8, 3}, {9, 4, 9}, dilated_window, 0}>(
      window_kind::depthwise);
  check_known<kernels::depthwise_forward, kernels::geometry{{9, 8, 3}, {9, 4, 9}, dilated_window, 7}>(
      window_kind::depthwise);
  check_known<kernels::convolution_forward, kernels::geometry{{9, 8, 11}, {9, 4, 6}, dilated_window, 5, 1, true}>(
      window_kind::convolution);
  check_known<kernels::depthwise_forward, kernels::geometry{{9, 8, 13}, {9, 4, 13}, dilated_window, 6, 1, true}>(
      window_kind::depthwise);
  check_known<kernels::transposed_convolution_forward, kernels::geometry{{4, 5, 3}, {8, 10, 6}, {3, 3, 2, 2, 1, 0}}>(
      window_kind::transposed);
}

TEST_CASE("weights with a zero point") {
  for (const int w_zero : {-128, -3, 0, 15, 127})
    for (const int stride : {1, 2}) {
      const window_case c(window_kind::convolution, {{5, 4, 37}, {5 / stride, 4 / stride, 7}, {1, 1, stride, stride}},
                          3);
      std::vector<std::int8_t> y;
      kernels::convolution_args a = args_of(c, y);
      a.w_zero = w_zero;
      kernels::convolution_forward::body(portable{}, c.g, a);
      CHECK(ints(y) == c.forward(true, w_zero, a.range));
    }
  const window_case c(window_kind::convolution, {{1, 1, 37}, {1, 1, 7}, {}}, 4);
  for (const bool with_bias : {true, false}) {
    std::vector<std::int32_t> z(7);
    kernels::convolution_forward::body(portable{}, c.g,
                                       kernels::logits_args{c.x.data(),
                                                            {c.flash.data(), nullptr},
                                                            with_bias ? c.bias.data() : nullptr,
                                                            c.scale(),
                                                            c.x_zero,
                                                            z.data(),
                                                            15});
    std::vector<double> sum(7);
    for (int o = 0; o < 7; ++o) sum[at(o)] = with_bias ? c.bias[at(o)] : 0;
    c.each_product(
        [&](int out, int, int in, int w, int) { sum[at(out)] += (c.x[at(in)] - c.x_zero) * (c.weight[at(w)] - 15); });
    for (int o = 0; o < 7; ++o) CHECK(z[at(o)] == std::floor(sum[at(o)] * c.effective(o) * 65536 + 0.5));
  }
}

TEST_CASE("windows: taps inside and the taps that reach one input, by counting") {
  for (int kernel = 1; kernel <= 6; ++kernel)
    for (int dilation = 1; dilation <= 4; ++dilation) {
      for (int extent = 1; extent <= 9; ++extent)
        for (int origin = -12; origin <= 12; ++origin) {
          const tap_range r = taps_inside(origin, kernel, extent, dilation);
          int inside = 0;
          for (int k = 0; k < kernel; ++k) {
            const int i = origin + k * dilation;
            const bool in = i >= 0 && i < extent;
            if (in) CHECK((k >= r.begin && k < r.end));
            inside += in ? 1 : 0;
          }
          CHECK(r.end - r.begin == inside);
        }
      for (int stride = 1; stride <= 6; ++stride) {
        int most = 0;
        for (int i = 40; i < 40 + stride; ++i) {
          int reached = 0;
          for (int k = 0; k < kernel; ++k) reached += output_at(i, 0, k * dilation, stride, 100) >= 0 ? 1 : 0;
          most = std::max(most, reached);
        }
        CHECK(window::gradient_taps(kernel, stride, dilation) == most);
      }
    }
}
