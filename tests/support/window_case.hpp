// One layer with a window of any kind (dilated, grouped, with a depth multiplier, transposed) and random numbers in it, and
// what it computes by definition: every (output, tap, channel) is visited and its input looked up, in wide integers.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <thimble/kernels/access.hpp>
#include <thimble/kernels/geometry.hpp>
#include <thimble/tensor/requantize.hpp>

#include "reference.hpp"

namespace thimble::test {

enum class window_kind : unsigned char { convolution, depthwise, transposed };

inline std::size_t at(int i) { return static_cast<std::size_t>(i); }

struct window_case {
  window_kind kind;
  kernels::geometry g;
  std::vector<std::int8_t> x, weight, flash, sram;  // weight: as the layer means it; flash and sram: as kernels read it
  std::vector<std::int32_t> bias, mantissa;
  std::vector<std::int8_t> shift;
  std::vector<std::int16_t> dy;
  std::vector<std::uint16_t> channels;  // of a row, those in SRAM first
  int x_zero = -17, y_zero = 5;

  [[nodiscard]] multipliers scale() const { return {mantissa.data(), shift.data()}; }
  [[nodiscard]] double effective(int o) const { return std::ldexp(mantissa[at(o)], shift[at(o)] - 31); }
  [[nodiscard]] int taps() const { return g.win.taps(); }
  /// Channels of a row of weights, and rows.
  [[nodiscard]] int row() const { return kind == window_kind::depthwise ? g.out.c : g.in.c / g.groups; }
  [[nodiscard]] int rows() const { return kind == window_kind::depthwise ? taps() : g.out.c * taps(); }
  [[nodiscard]] int group_of(int o) const { return o / (g.out.c / g.groups); }

  window_case(window_kind of, kernels::geometry geometry, std::uint32_t seed) : kind(of), g(geometry) {
    std::uint32_t n = 0;
    const auto random = [&](int low, int high) {
      std::uint32_t h = (n++ + 1) * 2654435761U ^ seed * 2246822519U;
      h = (h ^ h >> 15) * 2246822519U;
      h = (h ^ h >> 13) * 3266489917U;
      return low + static_cast<int>((h ^ h >> 16) % static_cast<std::uint32_t>(high - low + 1));
    };
    for (int i = 0; i < g.in.size(); ++i) x.push_back(static_cast<std::int8_t>(random(-128, 127)));
    for (int i = 0; i < rows() * row(); ++i) weight.push_back(static_cast<std::int8_t>(random(-127, 127)));
    for (int o = 0; o < g.out.c; ++o) {
      bias.push_back(random(-20000, 20000));
      mantissa.push_back((1 << 30) + random(0, (1 << 30) - 1));
      shift.push_back(static_cast<std::int8_t>(random(-9, -7)));
    }
    for (int i = 0; i < g.out.size(); ++i) dy.push_back(static_cast<std::int16_t>(random(-32768, 32767)));
    std::vector<char> trains(at(row()), 0);
    for (int left = g.trained, i = 0; i < row(); ++i)
      if (!g.listed ? i < g.trained : random(1, row() - i) <= left) trains[at(i)] = 1, --left;
    for (const int want : {1, 0})
      for (int i = 0; i < row(); ++i)
        if (trains[at(i)] == want) channels.push_back(static_cast<std::uint16_t>(i));
    flash = weight;
    for (int r = 0; r < rows(); ++r)
      for (int i = 0; i < g.trained; ++i) {
        std::int8_t& w = flash[at(r * row() + channels[at(i)])];
        sram.push_back(w);
        w = 99;  // must not be read
      }
  }
  [[nodiscard]] kernels::weights weights() const {
    return {flash.data(), sram.data(), g.listed ? channels.data() : nullptr};
  }

  /// visit(output element, o, input element, weight element, tap) for all products.
  template <class Visit>
  void each_product(Visit visit) const {
    const window& w = g.win;
    const bool transposed = kind == window_kind::transposed;
    const shape from = transposed ? g.in : g.out, to = transposed ? g.out : g.in;  // the window lies over `to`
    for (int y = 0; y < from.h; ++y)
      for (int x_at = 0; x_at < from.w; ++x_at)
        for (int ky = 0; ky < w.kernel_h; ++ky)
          for (int kx = 0; kx < w.kernel_w; ++kx) {
            const int ty = y * w.stride_h - w.pad_top + ky * w.dilation_h;
            const int tx = x_at * w.stride_w - w.pad_left + kx * w.dilation_w;
            if (ty < 0 || ty >= to.h || tx < 0 || tx >= to.w) continue;
            const int tap = ky * w.kernel_w + kx, near = y * from.w + x_at, far = ty * to.w + tx;
            const int out = transposed ? far : near, in = transposed ? near : far;
            for (int o = 0; o < g.out.c; ++o) {
              if (kind == window_kind::depthwise) {
                visit(out * g.out.c + o, o, in * g.in.c + o / (g.out.c / g.in.c), tap * row() + o, tap);
                continue;
              }
              for (int i = 0; i < row(); ++i)
                visit(out * g.out.c + o, o, in * g.in.c + group_of(o) * row() + i, (o * taps() + tap) * row() + i, tap);
            }
          }
  }

  /// The output, by definition.
  [[nodiscard]] std::vector<int> forward(bool with_bias, int w_zero, limits range) const {
    std::vector<std::int64_t> sum(at(g.out.size()));
    for (int i = 0; i < g.out.size(); ++i) sum[at(i)] = with_bias ? bias[at(i % g.out.c)] : 0;
    each_product(
        [&](int out, int, int in, int w, int) { sum[at(out)] += (x[at(in)] - x_zero) * (weight[at(w)] - w_zero); });
    std::vector<int> y;
    for (int i = 0; i < g.out.size(); ++i) {
      const fixed_multiplier m{mantissa[at(i % g.out.c)], shift[at(i % g.out.c)]};
      y.push_back(static_cast<int>(clamp_to(double_rounded(sum[at(i)], m) + y_zero, range.low, range.high)));
    }
    return y;
  }

  [[nodiscard]] std::string name() const {
    const window& w = g.win;
    std::string s;
    for (int v : {g.in.h, g.in.w, g.in.c, g.out.h, g.out.w, g.out.c, w.kernel_h, w.kernel_w, w.stride_h, w.stride_w,
                  w.pad_top, w.pad_left, w.dilation_h, w.dilation_w, g.trained, g.groups, g.listed ? 1 : 0})
      s += std::to_string(v) + " ";
    return s;
  }
};

/// All shapes of a kind: kernels, strides, dilations, paddings, channels, and how many of them train.
template <class Check>
int each_window_case(window_kind kind, Check check) {
  struct channels {
    int in, out, groups;
  };
  std::vector<channels> sizes;
  if (kind == window_kind::convolution)
    sizes = {{1, 1, 1}, {3, 5, 1}, {11, 6, 1}, {6, 9, 3}, {6, 12, 2}, {6, 6, 6}, {5, 10, 5}, {8, 8, 2}, {10, 4, 2}};
  else if (kind == window_kind::depthwise)
    sizes = {{1, 1, 1}, {5, 5, 1}, {13, 13, 1}, {3, 6, 1}, {4, 12, 1}, {1, 7, 1}, {2, 16, 1}};
  else
    sizes = {{1, 1, 1}, {3, 5, 1}, {6, 4, 1}, {2, 9, 1}};
  struct sides {
    int kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  };
  const sides all[] = {{1, 1, 1, 1, 1, 1}, {3, 3, 1, 1, 1, 1}, {3, 2, 2, 2, 1, 1}, {2, 3, 1, 1, 2, 2},
                       {3, 3, 2, 2, 2, 2}, {3, 3, 2, 1, 3, 3}, {3, 2, 1, 2, 2, 3}, {4, 3, 3, 2, 2, 1},
                       {1, 3, 1, 1, 1, 3}, {2, 2, 4, 4, 2, 2}};
  int cases = 0;
  for (const channels& c : sizes)
    for (const sides& s : all)
      for (const bool pads : {false, true}) {
        if (kind == window_kind::transposed && s.dilation_h * s.dilation_w != 1) continue;
        const int tall = dilated(s.kernel_h, s.dilation_h), broad = dilated(s.kernel_w, s.dilation_w);
        const shape near{9, 8, c.in};
        window w{s.kernel_h, s.kernel_w, s.stride_h, s.stride_w, 0, 0, s.dilation_h, s.dilation_w};
        shape out{};
        if (kind == window_kind::transposed) {
          if (pads) w.pad_top = (tall - 1) / 2, w.pad_left = broad / 2;
          out = {(near.h - 1) * s.stride_h + tall - w.pad_top, (near.w - 1) * s.stride_w + broad - 2 * w.pad_left + 1,
                 c.out};
        } else {
          const padding p = pads ? padding::same : padding::valid;
          w.pad_top = pad_before(near.h, tall, s.stride_h, p);
          w.pad_left = pad_before(near.w, broad, s.stride_w, p);
          out = {padded_out(near.h, tall, s.stride_h, p), padded_out(near.w, broad, s.stride_w, p), c.out};
        }
        const int row = kind == window_kind::depthwise ? c.out : c.in / c.groups;
        for (const int trained : {0, 1, row / 2, row}) {
          if (trained > 0 && kind == window_kind::transposed) break;
          check(window_case(kind, {near, out, w, trained, c.groups}, static_cast<std::uint32_t>(++cases)));
          if (trained > 0 && trained < row && row == c.in)
            check(window_case(kind, {near, out, w, trained, 1, true}, static_cast<std::uint32_t>(++cases)));
        }
      }
  return cases;
}

}  // namespace thimble::test
