// Windows that are dilated, grouped or of a depth multiplier: backward kernels by themselves against the definition in double,
// every element within the error that the kernels' rounding allows.
#include <doctest/doctest.h>

#include <thimble/kernels/convolution_gradient.hpp>
#include <thimble/kernels/depthwise_convolution.hpp>

#include "../support/window_case.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

constexpr int raise = 4;                    // e_y - e_t: scaled gradients have four bits more than dy's unit
constexpr int shift_of_sum = 11;            // e_x - e_t
constexpr std::int16_t untouched = -12345;  // after the scratch

/// Sums over output channels: each dy is scaled first, within half a unit and 2^-15 of its value; a sum is rounded once.
template <class Call>
void check_input_gradient(const window_case& c, Call call) {
  CAPTURE(c.name());
  const bool depthwise = c.kind == window_kind::depthwise;
  const int terms = (depthwise ? 1 : c.g.out.c / c.g.groups) * c.g.win.gradient_taps();
  const int limit = std::min(32767, 2147483647 / (128 * terms));
  std::vector<double> exact(at(c.g.in.size())), allowed(at(c.g.in.size()), 0.5 + 1e-6);
  constexpr double unit = 1.0 / (1 << (shift_of_sum - raise));
  c.each_product([&](int out, int o, int in, int w, int) {
    const double scaled = c.dy[at(out)] * c.effective(o);
    exact[at(in)] += scaled * c.weight[at(w)] * unit;
    if (depthwise)
      allowed[at(in)] += std::abs(scaled * c.weight[at(w)]) * unit * 0x1p-20;
    else
      allowed[at(in)] +=
          std::abs(c.weight[at(w)]) * (0.5 + std::abs(scaled) * (1 << raise) * 0x1p-15) / (1 << shift_of_sum);
  });
  // After a depthwise sum a multiply and a shift round, by half a unit each; where an input has several outputs, by half a
  // 256th of a unit for each (the multiply, at most by half a 64th here).
  const double outputs = depthwise ? c.g.out.c / c.g.in.c : 0;  // NOLINT(bugprone-integer-division): it divides
  if (depthwise)
    for (double& a : allowed) a += outputs == 1 ? 0.5 : 0.5 * outputs / 64;

  const int scratch = depthwise ? 0 : c.g.win.gradient_taps() * c.g.out.c;
  std::vector<std::int16_t> scaled(at(scratch + 8), untouched), dx(at(c.g.in.size()), 0), sum(at(c.g.in.size()), 300);
  kernels::input_gradient_args a{c.dy.data(),  c.weights(),  c.scale(), depthwise ? raise - shift_of_sum : raise,
                                 limit,        shift_of_sum, dx.data(), false,
                                 scaled.data()};
  call(a);
  a.dx = sum.data();
  a.adds = true;
  call(a);
  double worst = 0;
  bool added = true;
  for (std::size_t i = 0; i < dx.size(); ++i) {
    worst = std::max(worst, std::abs(dx[i] - std::clamp(exact[i], -32768.0, 32767.0)) / allowed[i]);
    added = added && sum[i] == std::clamp(dx[i] + 300, -32768, 32767);
  }
  CHECK(worst <= 1);
  CHECK(added);
  CHECK(std::count(scaled.end() - 8, scaled.end(), untouched) == 8);
}

/// x as it is kept for backward: of every pixel and group the channels that `trained` weights read, in their order.
std::vector<std::int8_t> kept(const window_case& c, int of_group) {
  std::vector<std::int8_t> k;
  const int width = c.g.in.c / c.g.groups;
  for (int p = 0; p < c.g.in.pixels() * c.g.groups; ++p)
    for (int i = 0; i < of_group; ++i) k.push_back(c.x[at(p * width + (c.g.listed ? c.channels[at(i)] : i))]);
  return k;
}

/// The sum is exact; its step is rounded by a multiply and a shift, after a division of 2^-29.
template <class Call>
void check_weight_gradient(const window_case& c, Call call) {
  if (c.g.trained == 0) return;
  CAPTURE(c.name());
  const bool depthwise = c.kind == window_kind::depthwise;
  constexpr kernels::step_size size{1'500'000'000, -54};
  const double rate = std::ldexp(size.mantissa, size.exponent);
  std::vector<double> sum(c.weight.size());
  c.each_product(
      [&](int out, int, int in, int w, int) { sum[at(w)] += c.dy[at(out)] * double(c.x[at(in)] - c.x_zero); });

  const int k = c.g.trained, m = c.g.out.c / c.g.in.c;
  for (const bool keeps : {false, true}) {
    CAPTURE(keeps);
    if (c.g.listed && !keeps) continue;
    const int channels = !keeps ? c.g.in.c / c.g.groups : depthwise ? (k + m - 1) / m : k;
    const std::vector<std::int8_t> x = kept(c, channels);
    std::vector<std::int8_t> value = c.sram, residual(c.sram.size(), 31);
    constexpr kernels::learning_rule rule{};
    const kernels::weights_at<rule> weights{value.data(), reinterpret_cast<unsigned char*>(residual.data()), 0};
    const kernels::weight_sink<rule> sink{
        {.size = size, .clip = {}, .decay = {}, .momentum = 0, .largest_shift = -7}, weights, nullptr, nullptr};
    call(kernels::weight_gradient_args<rule>{
        {c.dy.data(), x.data(), c.x_zero, channels * c.g.groups, 0}, c.scale(), sink, c.weights().channels});
    double worst = 0, moved = 0;
    for (int r = 0; r < c.rows(); ++r)
      for (int i = 0; i < k; ++i) {
        const int channel = c.channels[at(i)], o = depthwise ? channel : r / c.taps();
        const double step = sum[at(r * c.row() + channel)] * rate / c.effective(o);
        const double to = std::clamp(256.0 * c.sram[at(r * k + i)] + 31 - step, -32640.0, 32639.0);
        const double got = 256.0 * value[at(r * k + i)] + residual[at(r * k + i)];
        worst = std::max(worst, std::abs(got - to) / (1.0 + std::abs(step) * 0x1p-27));
        moved = std::max(moved, std::abs(step));
      }
    CHECK(worst <= 1);
    CHECK(moved > 10);
  }
}

template <class Operation, kernels::geometry G>
void check_known(window_kind kind) {
  const window_case c(kind, G, 5);
  check_input_gradient(c, [](const auto& a) { kernels::call<Operation, G, portable>(a); });
  check_weight_gradient(c, [](const auto& a) { kernels::call<Operation, G, portable>(a); });
}

}  // namespace

TEST_CASE("convolutions, dilated and grouped") {
  each_window_case(window_kind::convolution, [](const window_case& c) {
    const auto call = [&](const auto& a) { kernels::convolution_backward::body(portable{}, c.g, a); };
    check_input_gradient(c, call);
    check_weight_gradient(c, call);
  });
}
TEST_CASE("depthwise convolutions, dilated and multiplied") {
  each_window_case(window_kind::depthwise, [](const window_case& c) {
    const auto call = [&](const auto& a) { kernels::depthwise_backward::body(portable{}, c.g, a); };
    check_input_gradient(c, call);
    check_weight_gradient(c, call);
  });
}

TEST_CASE("code for a known geometry computes the same; more than 256 positions") {
  constexpr window w{3, 2, 1, 2, 2, 1, 2, 3};
  using convolution = kernels::convolution_backward;
  using depthwise = kernels::depthwise_backward;
  check_known<convolution, kernels::geometry{{9, 8, 6}, {9, 4, 9}, w, 1, 3}>(window_kind::convolution);
  check_known<convolution, kernels::geometry{{9, 8, 6}, {9, 4, 9}, w, 2, 3}>(window_kind::convolution);
  check_known<convolution, kernels::geometry{{9, 8, 6}, {9, 4, 5}, w, 0}>(window_kind::convolution);
  check_known<convolution, kernels::geometry{{20, 40, 4}, {20, 20, 4}, w, 2, 2}>(window_kind::convolution);
  check_known<convolution, kernels::geometry{{20, 20, 4}, {20, 20, 4}, {}, 2, 2}>(window_kind::convolution);
  check_known<depthwise, kernels::geometry{{9, 8, 6}, {9, 4, 6}, w, 2}>(window_kind::depthwise);
  check_known<depthwise, kernels::geometry{{9, 8, 3}, {9, 4, 9}, w, 0}>(window_kind::depthwise);
  check_known<depthwise, kernels::geometry{{9, 8, 3}, {9, 4, 9}, w, 5}>(window_kind::depthwise);
  check_known<depthwise, kernels::geometry{{20, 40, 3}, {20, 20, 6}, w, 6}>(window_kind::depthwise);
  check_known<convolution, kernels::geometry{{9, 8, 11}, {9, 4, 6}, w, 5, 1, true}>(window_kind::convolution);
  check_known<depthwise, kernels::geometry{{9, 8, 13}, {9, 4, 13}, w, 6, 1, true}>(window_kind::depthwise);
}
