// The kernels of a target of the host against portable, byte by byte, on random layers: sizes, windows, multipliers of every kind, weights
// in flash, in SRAM and in both, masks, parts, outputs over inputs. Every buffer is as long as what it holds, so that the address
// sanitizer sees what reads or writes beside it.
#pragma once
#include <doctest/doctest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <thimble/kernels/addition.hpp>
#include <thimble/kernels/depthwise_convolution.hpp>
#include <thimble/kernels/pool.hpp>
#include <thimble/network/rule.hpp>

#include "support/random_numbers.hpp"

namespace thimble::test::x86 {

/// n values on the heap, not initialized by more than `value`.
template <class T>
struct buffer {
  std::unique_ptr<T[]> v;
  int n;
  explicit buffer(int count, T value = T{}) : v(new T[static_cast<std::size_t>(count)]), n(count) {
    for (int i = 0; i < n; ++i) v[static_cast<std::size_t>(i)] = value;
  }
  T& operator[](int i) { return v[static_cast<std::size_t>(i)]; }
  T* data() { return v.get(); }
};

inline std::string words_of(const kernels::geometry& g) {
  char text[256];
  const window& w = g.win;
  std::snprintf(text, sizeof text,
                "%dx%dx%d -> %dx%dx%d window %dx%d stride %d,%d pad %d,%d dilation %d,%d trained %d groups %d%s",
                g.in.h, g.in.w, g.in.c, g.out.h, g.out.w, g.out.c, w.kernel_h, w.kernel_w, w.stride_h, w.stride_w,
                w.pad_top, w.pad_left, w.dilation_h, w.dilation_w, g.trained, g.groups, g.listed ? " listed" : "");
  return text;
}

/// Multipliers of output channels: usual ones, or now and then odd.
struct random_multipliers {
  buffer<std::int32_t> mantissa;
  buffer<std::int8_t> shift;
  random_multipliers(random_numbers& r, int channels, int fall, int spread) : mantissa(channels), shift(channels) {
    const bool odd = r.one_in(3);
    for (int o = 0; o < channels; ++o) {
      mantissa[o] = (1 << 30) + static_cast<std::int32_t>(r.word() & 0x3fffffff);
      shift[o] = static_cast<std::int8_t>(-fall - r.number(0, spread));
      if (odd && r.one_in(3)) shift[o] = static_cast<std::int8_t>(r.number(-31, 6));
      if (odd && r.one_in(6)) mantissa[o] = shift[o] = 0;
      if (odd && r.one_in(6)) mantissa[o] = r.one_in(2) ? 1 << 30 : 2147483647;
    }
  }
  multipliers get() { return {mantissa.data(), shift.data()}; }
};

/// Weights in rows of `row`, g.trained of them in SRAM: the first, or those that a list has.
struct random_weights {
  buffer<std::int8_t> flash, sram;
  buffer<std::uint16_t> channels;
  random_weights(random_numbers& r, const kernels::geometry& g, int rows, int row)
      : flash(rows * row), sram(rows * g.trained), channels(g.listed ? row : 0) {
    const bool wide = r.one_in(8);  // all at their ends
    if (g.listed) {
      int trained = 0, other = g.trained;
      for (int i = 0; i < row; ++i) {
        const bool in = trained < g.trained && r.number(0, row - i - 1) < g.trained - trained;
        channels[in ? trained++ : other++] = static_cast<std::uint16_t>(i);
      }
    }
    const auto any = [&] { return static_cast<std::int8_t>(wide ? (r.one_in(2) ? -128 : 127) : r.number(-128, 127)); };
    for (int i = 0; i < rows * row; ++i) flash[i] = any();
    for (int i = 0; i < rows * g.trained; ++i) sram[i] = any();
    for (int n = 0; n < rows; ++n)
      for (int k = 0; k < g.trained; ++k) flash[n * row + (g.listed ? channels[k] : k)] = 99;  // not to be read
  }
  kernels::weights get(const kernels::geometry& g) {
    return {flash.data(), sram.data(), g.listed ? channels.data() : nullptr};
  }
};

inline window random_window(random_numbers& r, int most, bool square) {
  window w;
  w.kernel_h = r.number(1, most);
  w.kernel_w = square ? w.kernel_h : r.number(1, most);
  w.stride_h = r.number(1, 3);
  w.stride_w = square ? w.stride_h : r.number(1, 3);
  if (r.one_in(5)) w.dilation_h = 2;
  if (r.one_in(5)) w.dilation_w = 2;
  w.pad_top = r.number(0, w.kernel_h - 1);
  w.pad_left = r.number(0, w.kernel_w - 1);
  return w;
}
/// Outputs along an axis, `after` of padding behind it; 0 if none.
inline int outputs_of(int n, int pad, int after, int kernel, int stride, int dilation) {
  const int free = n + pad + after - dilated(kernel, dilation);
  return free < 0 ? 0 : free / stride + 1;
}
inline bool set_outputs(kernels::geometry& g) {
  const window& w = g.win;
  g.out.h = outputs_of(g.in.h, w.pad_top, w.pad_top, w.kernel_h, w.stride_h, w.dilation_h);
  g.out.w = outputs_of(g.in.w, w.pad_left, w.pad_left, w.kernel_w, w.stride_w, w.dilation_w);
  return g.out.h > 0 && g.out.w > 0;
}
inline int random_trained(random_numbers& r, int row) { return r.one_in(2) ? 0 : r.one_in(2) ? row : r.number(0, row); }

inline kernels::geometry random_convolution(random_numbers& r) {
  kernels::geometry g;
  const int kind = r.number(0, 5);  // pointwise, dense, window, window of three over three, many channels, few pixels
  if (kind == 2 || kind == 3) g.win = random_window(r, kind == 3 ? 3 : 5, kind == 3);
  if (kind == 3) g.win.kernel_h = g.win.kernel_w = 3;
  g.in = {r.number(1, 12), r.number(1, 12), kind == 3 ? 3 : r.one_in(2) ? 8 * r.number(1, 12) : r.number(1, 70)};
  g.out.c = kind == 4 ? r.number(60, 300) : r.one_in(2) ? 8 * r.number(1, 16) : r.number(1, 70);
  if (kind == 1) g.in = {1, 1, r.number(1, 700)};
  if (kind == 4) g.in = {r.number(1, 4), r.number(1, 3), r.number(1, 40)};
  if (kind == 5) g.in = {1, r.number(1, 6), r.number(1, 140)};
  if (!set_outputs(g)) return {};
  g.trained = random_trained(r, g.in.c);
  g.listed = g.trained != 0 && g.trained != g.in.c && r.one_in(3);
  return g;
}
inline kernels::geometry random_depthwise(random_numbers& r) {
  kernels::geometry g;
  g.win.kernel_h = g.win.kernel_w = 1 + 2 * r.number(1, 3);
  g.win.stride_h = g.win.stride_w = r.number(1, 2);
  g.win.pad_top = r.number(0, g.win.kernel_h - 1);
  g.win.pad_left = r.number(0, g.win.kernel_w - 1);
  if (r.one_in(8)) g.win = random_window(r, 5, r.one_in(2));
  g.in = {r.number(1, 24), r.number(1, 24), r.one_in(2) ? 8 * r.number(1, 6) : r.number(1, 50)};
  g.out.c = g.in.c;
  if (!set_outputs(g)) return {};
  g.trained = random_trained(r, g.in.c);
  return g;
}

/// Every layer that the target takes, forward; the result: whether it took this one.
template <class Target, class Operation>
bool check_forward(random_numbers& r, const kernels::geometry& g, bool is_depthwise) {
  const kernels::kernel_needs needs = Operation::needs(Target{}, g);
  if (g.out.c == 0 || g.out.h == 0 || !needs.serves) return false;
  const int fan_in = g.win.taps() * (is_depthwise ? 1 : g.in.c), size = g.out.size();
  int fall = 4;
  for (int n = fan_in; n > 1; n /= 3) ++fall;
  buffer<std::int8_t> x(g.in.size()), expected(size);
  const bool wide = r.one_in(8);
  for (int i = 0; i < x.n; ++i)
    x[i] = static_cast<std::int8_t>(wide ? (r.one_in(2) ? -128 : 127) : r.number(-128, 127));
  random_weights w(r, g, is_depthwise ? g.win.taps() : g.out.c * g.win.taps(), is_depthwise ? g.out.c : g.in.c);
  random_multipliers m(r, g.out.c, fall, 3);
  buffer<std::int32_t> bias(g.out.c);
  const bool odd = r.one_in(3);
  for (int o = 0; o < g.out.c; ++o) {
    bias[o] = r.number(-20000, 20000);
    if (odd && r.one_in(6)) bias[o] = (r.one_in(2) ? 1 : -1) * (2147483647 - 255 * 128 * fan_in);
  }
  const bool masked = r.one_in(4);
  buffer<std::uint8_t> expected_mask((size + 7) / 8, 0x5a), mask((size + 7) / 8, 0x5a);
  kernels::convolution_args a{};
  a.x = x.data();
  a.y = expected.data();
  a.w = w.get(g);
  a.bias = r.one_in(6) ? nullptr : bias.data();
  a.scale = m.get();
  a.x_zero = r.one_in(3) ? -128 : r.number(-128, 127);
  a.y_zero = r.one_in(3) ? -128 : r.number(-128, 127);
  a.range = r.one_in(3) ? limits{r.number(-128, 0), r.number(1, 127)} : limits{-128, 127};
  a.mask = masked ? expected_mask.data() : nullptr;
  a.part = {0, g.out.h};
  Operation::body(portable{}, g, a);

  // Apart, or over the input as far as the plan may lay it there
  facts f;
  f.in = g.in;
  f.out = g.out;
  f.win = g.win;
  const int lag = needs.by_channel ? 0 : row_lag(f);
  const bool over = r.one_in(3);
  const int behind = lag + g.in.size() > size ? lag + g.in.size() : size;
  buffer<std::int8_t> made(over ? behind : size, 77);
  buffer<unsigned char> scratch(needs.scratch, 0xa5);
  if (over) {
    for (int i = 0; i < x.n; ++i) made[lag + i] = x[i];
    a.x = made.data() + lag;
  }
  a.y = made.data();
  a.mask = masked ? mask.data() : nullptr;
  a.scratch = scratch.data();
  if (!over && r.one_in(2)) {  // in two parts
    a.part = {0, r.number(0, g.out.h)};
    Operation::body(Target{}, g, a);
    a.part = {a.part.end, g.out.h};
  }
  Operation::body(Target{}, g, a);

  const std::string layer = words_of(g) + (masked ? " masked" : "") + (over ? " over its input" : "");
  int at = 0;
  while (at < size && made[at] == expected[at]) ++at;
  CHECK_MESSAGE(at == size, (is_depthwise ? "depthwise " : "convolution "), layer, ": differs at ", at);
  for (at = 0; at < mask.n && mask[at] == expected_mask[at];) ++at;
  if (masked) CHECK_MESSAGE(at == mask.n, layer, ": another mask at ", at);

  if (!is_depthwise && g.in.pixels() == 1 && g.win.taps() == 1) {
    buffer<std::int32_t> wanted(g.out.c), got(g.out.c);
    kernels::logits_args l{x.data(), a.w, a.bias, a.scale, a.x_zero, wanted.data(), 0, nullptr};
    kernels::convolution_forward::body(portable{}, g, l);
    l.y = got.data();
    l.scratch = scratch.data();
    kernels::convolution_forward::body(Target{}, g, l);
    for (at = 0; at < g.out.c && wanted[at] == got[at];) ++at;
    CHECK_MESSAGE(at == g.out.c, layer, ": other logits at ", at);
  }
  return true;
}

template <class Target>
void check_sum(random_numbers& r) {
  const int n = r.number(1, 200);
  buffer<std::int8_t> a(n), b(n), expected(n), made(n);
  for (int i = 0; i < n; ++i) {
    a[i] = static_cast<std::int8_t>(r.word());
    b[i] = static_cast<std::int8_t>(r.word());
  }
  buffer<std::uint8_t> expected_mask((n + 7) / 8, 0x5a), mask((n + 7) / 8, 0x5a);
  const double scales[] = {0.02, 0.0235, 0.5, 0.03 * r.number(1, 100), 1e-4 * r.number(1, 100)};
  const int of_a = r.number(0, 4), of_b = r.number(0, 4);
  const bool masked = r.one_in(3);
  kernels::addition_args k{};
  k.pairs = kernels::pair({1, 1, n}, {1, 1, n});
  k.a = a.data();
  k.b = b.data();
  k.a_zero = r.number(-128, 127);
  k.b_zero = r.number(-128, 127);
  k.y_zero = r.number(-128, 127);
  k.scales = kernels::addition_scales_of(scales[of_a], scales[of_b], r.one_in(2) ? 0.1 : 1.0 * r.number(1, 20));
  if (k.scales.y.shift > 0) return;
  k.range = r.one_in(4) ? limits{-100, 90} : limits{};
  k.y = expected.data();
  k.mask = masked ? expected_mask.data() : nullptr;
  addition(portable{}, k);
  const int over = r.number(0, 2);
  k.y = over == 0 ? made.data() : over == 1 ? a.data() : b.data();
  k.mask = masked ? mask.data() : nullptr;
  addition(Target{}, k);
  int at = 0;
  while (at < n && k.y[at] == expected[at]) ++at;
  CHECK_MESSAGE(at == n, "sum of ", n, " differs at ", at);
  for (at = 0; at < mask.n && mask[at] == expected_mask[at];) ++at;
  if (masked) CHECK_MESSAGE(at == mask.n, "sum of ", n, " has another mask at ", at);
}

template <class Target>
void check_average(random_numbers& r) {
  kernels::geometry g;
  g.win = random_window(r, 9, r.one_in(2));
  g.win.dilation_h = g.win.dilation_w = 1;
  g.in = {r.number(1, 12), r.number(1, 12), r.number(1, 40)};
  g.out.c = g.in.c;
  if (!set_outputs(g)) return;
  const bool wide = r.one_in(4);
  buffer<std::int8_t> x(g.in.size()), expected(g.out.size()), made(g.out.size());
  for (int i = 0; i < x.n; ++i) x[i] = static_cast<std::int8_t>(wide ? -128 : r.number(-128, 127));
  kernels::pool_args a{x.data(), r.one_in(3) ? limits{-50, 60} : limits{}, expected.data(), nullptr, {0, g.out.h}};
  kernels::average_pooling::body(portable{}, g, a);
  a.y = made.data();
  kernels::average_pooling::body(Target{}, g, a);
  int at = 0;
  while (at < made.n && made[at] == expected[at]) ++at;
  CHECK_MESSAGE(at == made.n, "average pool ", words_of(g), ": differs at ", at);
}

template <class Target>
void check_forward() {
  random_numbers r{12345};
  int convolutions = 0, depthwise = 0;
  for (int i = 0; i < 1500; ++i) {
    convolutions += check_forward<Target, kernels::convolution_forward>(r, random_convolution(r), false);
    depthwise += check_forward<Target, kernels::depthwise_forward>(r, random_depthwise(r), true);
    check_sum<Target>(r);
    check_average<Target>(r);
  }
  CHECK(convolutions > 800);
  CHECK(depthwise > 500);
}

}  // namespace thimble::test::x86
