// Backward kernels of float gradients by themselves against the definition in double: windows that are dilated, grouped or of a
// depth multiplier, trained channels that are the first or listed, images of many positions.
#include <doctest/doctest.h>

#include <thimble/kernels/bias_gradient.hpp>
#include <thimble/kernels/float_gradients.hpp>

#include "../support/window_case.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

using convolution = kernels::with_float_gradients<kernels::convolution_backward>;
using depthwise = kernels::with_float_gradients<kernels::depthwise_backward>;

struct float_case : window_case {
  std::vector<float> output_gradient;

  explicit float_case(const window_case& c) : window_case(c) {
    for (const std::int16_t v : dy) output_gradient.push_back(static_cast<float>(v) * 0x1.23p-20F);
  }
};

/// A sum and how far a float may be off it.
struct bounded_sum {
  double exact = 0, magnitude = 0;
  void add(double v) { exact += v, magnitude += std::abs(v); }
  [[nodiscard]] double error(double got, double unit = 0) const {
    return std::abs(got - exact) / (magnitude * 2e-6 + unit + 1e-30);
  }
};

template <class Call>
void check_input_gradient(const float_case& c, Call call) {
  std::vector<bounded_sum> exact(at(c.g.in.size()));
  c.each_product([&](int out, int o, int in, int w, int) {
    exact[at(in)].add(static_cast<double>(c.output_gradient[at(out)]) * c.effective(o) * c.weight[at(w)]);
  });
  for (const bool adds : {false, true}) {
    std::vector<float> dx(at(c.g.in.size()), 0.25F);
    call(kernels::float_input_gradient_args{c.output_gradient.data(), c.weights(), c.scale(), dx.data(), adds});
    double worst = 0;
    for (std::size_t i = 0; i < dx.size(); ++i)
      worst = std::max(worst, exact[i].error(static_cast<double>(dx[i]) - (adds ? 0.25 : 0), adds ? 1e-6 : 0));
    CHECK(worst <= 1);
  }
}

/// x as it is kept for backward: of every pixel the channels that train, in their order.
std::vector<std::int8_t> kept(const float_case& c) {
  std::vector<std::int8_t> k;
  for (int p = 0; p < c.g.in.pixels(); ++p)
    for (int j = 0; j < c.g.trained; ++j) k.push_back(c.x[at(p * c.g.in.c + c.channels[at(j)])]);
  return k;
}

/// Steps are summed with 24 bits after the point, so that they can be read.
constexpr kernels::learning_rule rule{.scales = false, .accumulates = true};

template <class Call>
void check_weight_gradient(const float_case& c, Call call) {
  const int k = c.g.trained;
  if (k == 0) return;
  constexpr kernels::step_size size{1'500'000'000, -7};
  const double rate = std::ldexp(size.mantissa, size.exponent);
  std::vector<bounded_sum> exact(c.weight.size());
  c.each_product([&](int out, int o, int in, int w, int) {
    exact[at(w)].add(rate * c.effective(o) * static_cast<double>(c.output_gradient[at(out)]) *
                     (c.x[at(in)] - c.x_zero));
  });
  const bool can_keep = c.row() == c.g.in.c && k < c.g.in.c;
  for (const bool keeps : {false, true}) {
    if (keeps && !can_keep) continue;
    const std::vector<std::int8_t> x = keeps ? kept(c) : c.x;
    std::vector<std::int32_t> sum(c.sram.size());
    const kernels::weight_sink<rule> sink{{size, {}, {}, 0, 0}, {nullptr, nullptr, 0}, nullptr, sum.data()};
    call(kernels::float_weight_gradient_args<rule>{
        {c.output_gradient.data(), x.data(), c.x_zero, keeps ? k : c.g.in.c}, c.weights(), c.scale(), sink});
    double worst = 0, moved = 0;
    for (int r = 0; r < c.rows(); ++r)
      for (int j = 0; j < k; ++j) {
        const bounded_sum& s = exact[at(r * c.row() + c.channels[at(j)])];
        worst = std::max(worst, s.error(sum[at(r * k + j)], 2));
        moved = std::max(moved, std::abs(s.exact));
      }
    CHECK(worst <= 1);
    CHECK(moved > 1e4);
    CHECK(moved < 2e9);
  }
}

void check_bias_gradient(const float_case& c) {
  constexpr kernels::step_size size{1'500'000'000, -7};
  std::vector<bounded_sum> exact(at(c.g.out.c));
  for (int i = 0; i < c.g.out.size(); ++i)
    exact[at(i % c.g.out.c)].add(std::ldexp(size.mantissa, size.exponent) * c.effective(i % c.g.out.c) *
                                 static_cast<double>(c.output_gradient[at(i)]));
  std::vector<std::int32_t> sum(at(c.g.out.c));
  const kernels::bias_sink<rule> sink{{size, {}, {}, 0, 0}, nullptr, 0, nullptr, sum.data()};
  kernels::bias_backward::body(portable{}, c.g,
                               kernels::bias_gradient_args<float, rule>{c.output_gradient.data(), c.scale(), sink});
  double worst = 0;
  for (int o = 0; o < c.g.out.c; ++o) worst = std::max(worst, exact[at(o)].error(sum[at(o)], 2));
  CHECK(worst <= 1);
}

template <class Call>
void check(const window_case& of, Call call) {
  CAPTURE(of.name());
  const float_case c(of);
  check_input_gradient(c, call);
  check_weight_gradient(c, call);
  check_bias_gradient(c);
}

template <class Operation, kernels::geometry G>
void check_known(window_kind kind) {
  check(window_case(kind, G, 5), [](const auto& a) { kernels::call<Operation, G, portable>(a); });
}

}  // namespace

TEST_CASE("convolutions, dilated and grouped") {
  each_window_case(window_kind::convolution, [](const window_case& c) {
    check(c, [&](const auto& a) { convolution::body(portable{}, c.g, a); });
  });
}
TEST_CASE("depthwise convolutions, dilated and multiplied") {
  each_window_case(window_kind::depthwise,
                   [](const window_case& c) { check(c, [&](const auto& a) { depthwise::body(portable{}, c.g, a); }); });
}

TEST_CASE("code for a known geometry computes the same; many positions") {
  constexpr window w{3, 2, 1, 2, 2, 1, 2, 3};
  check_known<convolution, kernels::geometry{{9, 8, 6}, {9, 4, 9}, w, 1, 3}>(window_kind::convolution);
  check_known<convolution, kernels::geometry{{9, 8, 6}, {9, 4, 5}, w, 0}>(window_kind::convolution);
  check_known<convolution, kernels::geometry{{20, 40, 4}, {20, 20, 4}, w, 2, 2}>(window_kind::convolution);
  check_known<convolution, kernels::geometry{{96, 96, 4}, {96, 96, 3}, {}, 2}>(window_kind::convolution);
  check_known<convolution, kernels::geometry{{1, 1, 2000}, {1, 1, 7}, {}, 900}>(window_kind::convolution);
  check_known<convolution, kernels::geometry{{1, 1, 9}, {1, 1, 3000}, {}, 2}>(window_kind::convolution);
  check_known<convolution, kernels::geometry{{9, 8, 11}, {9, 4, 6}, w, 5, 1, true}>(window_kind::convolution);
  check_known<depthwise, kernels::geometry{{9, 8, 13}, {9, 4, 13}, w, 6, 1, true}>(window_kind::depthwise);
  check_known<depthwise, kernels::geometry{{9, 8, 6}, {9, 4, 6}, w, 2}>(window_kind::depthwise);
  check_known<depthwise, kernels::geometry{{9, 8, 3}, {9, 4, 9}, w, 5}>(window_kind::depthwise);
  check_known<depthwise, kernels::geometry{{96, 96, 3}, {96, 96, 3}, {3, 3, 1, 1, 1, 1}, 3}>(window_kind::depthwise);
}
