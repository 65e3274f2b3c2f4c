// The kernels of this core's target against portable, byte by byte, on random layers: sizes, windows, multipliers of every kind,
// weights in flash, in SRAM and in both, masks, parts, outputs over inputs; nothing is written beside what is asked for.
#include <thimble/firmware/semihosting.hpp>
#include <thimble/kernels/addition.hpp>
#include <thimble/kernels/depthwise_convolution.hpp>
#include <thimble/kernels/pool.hpp>
#include <thimble/network/rule.hpp>

#include "support/random_numbers.hpp"

namespace firmware = thimble::firmware;
namespace kernels = thimble::kernels;
using kernels::geometry;
using thimble::native;
using thimble::portable;

namespace {

thimble::test::random_numbers random_numbers{12345};
std::uint32_t word() { return random_numbers.word(); }
int number(int low, int high) { return random_numbers.number(low, high); }
bool one_in(int n) { return random_numbers.one_in(n); }

constexpr int most_values = 48 * 1024, most_channels = 320, most_scratch = 24 * 1024, guard = 64;
alignas(4) std::int8_t x[most_values + 4], original[most_values + 4];
alignas(4) std::int8_t expected[most_values], made[2 * most_values + 2 * guard];
std::uint8_t expected_mask[most_values / 8 + 1], made_mask[most_values / 8 + 1];
std::int8_t flash[most_values], sram[most_values];
std::int32_t bias[most_channels], mantissa[most_channels];
std::int8_t shift[most_channels];
alignas(4) unsigned char scratch[most_scratch + 2 * guard];

struct subject {
  geometry g;
  kernels::convolution_args a{};
  bool is_depthwise = false, masked = false, over = false;
};

/// Rows of weights and their length.
int row_of(const subject& s) { return s.is_depthwise ? s.g.out.c : s.g.in.c / s.g.groups; }
int rows_of(const subject& s) { return s.is_depthwise ? s.g.win.taps() : s.g.out.c * s.g.win.taps(); }

bool fits(const subject& s) {
  return s.g.in.size() <= most_values && s.g.out.size() <= most_values && row_of(s) * rows_of(s) <= most_values &&
         s.g.out.c <= most_channels && s.g.out.h > 0 && s.g.out.w > 0;
}

thimble::window window_of(int most, bool square) {
  thimble::window w;
  w.kernel_h = number(1, most);
  w.kernel_w = square ? w.kernel_h : number(1, most);
  w.stride_h = number(1, 3);
  w.stride_w = square ? w.stride_h : number(1, 3);
  if (one_in(5)) w.dilation_h = 2;
  if (one_in(5)) w.dilation_w = 2;
  w.pad_top = number(0, w.kernel_h - 1);
  w.pad_left = number(0, w.kernel_w - 1);
  return w;
}

subject convolution() {
  subject s;
  thimble::window w;
  const int kind = number(0, 4);  // pointwise, dense, window, window of three over three, many channels
  if (kind >= 2) w = window_of(kind == 3 ? 3 : 5, kind == 3);
  if (kind == 3) w.kernel_h = w.kernel_w = 3;
  const int in = kind == 3 ? 3 : one_in(2) ? 4 * number(1, 16) : number(1, 70);
  const int out = kind == 4 ? number(250, 300) : one_in(3) ? 8 * number(1, 5) : number(1, 40);
  s.g = {{number(1, 14), number(1, 14), in}, {1, 1, out}, w};
  if (kind == 1) s.g.in.h = s.g.in.w = 1, s.g.in.c = number(1, 700);
  if (kind == 4) s.g.in.h = number(1, 4), s.g.in.w = number(1, 3), s.g.in.c = number(1, 20);
  return s;
}
subject depthwise() {
  subject s;
  s.is_depthwise = true;
  thimble::window w;
  w.kernel_h = w.kernel_w = 1 + 2 * number(1, 3);
  w.stride_h = w.stride_w = number(1, 2);
  w.pad_top = number(0, w.kernel_h - w.stride_h);
  w.pad_left = number(0, w.kernel_w - 1);
  if (one_in(6)) w = window_of(5, one_in(2));
  const int c = one_in(3) ? 8 * number(1, 2) : number(1, 12);
  s.g = {{number(1, 40), number(1, 40), c}, {1, 1, one_in(6) ? c * number(2, 3) : c}, w};
  if (one_in(5)) s.g.in.h = number(60, 100), s.g.in.w = number(60, 100), s.g.in.c = s.g.out.c = number(1, 4);  // bands
  return s;
}

/// Everything but the kind: outputs, weights, multipliers, and how it is run.
bool complete(subject& s) {
  geometry& g = s.g;
  const thimble::window& w = g.win;
  const auto outputs = [](int n, int pad, int kernel, int stride, int dilation) {
    const int free = n + 2 * pad - thimble::dilated(kernel, dilation);
    return free < 0 ? 0 : free / stride + 1;
  };
  g.out.h = outputs(g.in.h, w.pad_top, w.kernel_h, w.stride_h, w.dilation_h);
  g.out.w = outputs(g.in.w, w.pad_left, w.kernel_w, w.stride_w, w.dilation_w);
  const int row = s.is_depthwise ? g.out.c : g.in.c;
  g.trained = one_in(2) ? 0 : one_in(2) ? row : number(0, row);
  if (!fits(s)) return false;
  for (int i = 0; i < g.in.size(); ++i) original[i] = x[i] = static_cast<std::int8_t>(word());
  const bool wide = one_in(8);  // all weights and inputs at their ends
  if (wide)
    for (int i = 0; i < g.in.size(); ++i) original[i] = x[i] = one_in(2) ? -128 : 127;
  int k = 0;
  for (int r = 0; r < rows_of(s); ++r)
    for (int i = 0; i < row; ++i) {
      const auto v = static_cast<std::int8_t>(wide ? (one_in(2) ? -128 : 127) : number(-128, 127));
      flash[r * row + i] = i < g.trained ? 99 : v;
      if (i < g.trained) sram[k++] = v;
    }
  const bool odd = one_in(3);
  const int fan_in = w.taps() * (s.is_depthwise ? 1 : g.in.c);
  int fall = 4;
  for (int n = fan_in; n > 1; n /= 3) ++fall;
  for (int o = 0; o < g.out.c; ++o) {
    bias[o] = number(-20000, 20000);
    mantissa[o] = (1 << 30) + static_cast<std::int32_t>(word() & 0x3fffffff);
    shift[o] = static_cast<std::int8_t>(-fall - number(0, 3));
    if (odd && one_in(3)) shift[o] = static_cast<std::int8_t>(number(-31, 6));
    if (odd && one_in(6)) bias[o] = (one_in(2) ? 1 : -1) * (2147483647 - 255 * 128 * fan_in);
    if (odd && one_in(6)) mantissa[o] = shift[o] = 0;
    if (odd && one_in(6)) mantissa[o] = one_in(2) ? 1 << 30 : 2147483647;
  }
  s.masked = one_in(4);
  s.a.w = {flash, sram};
  s.a.bias = one_in(6) ? nullptr : bias;
  s.a.scale = {mantissa, shift};
  s.a.x_zero = one_in(3) ? -128 : number(-128, 127);
  s.a.y_zero = one_in(3) ? -128 : number(-128, 127);
  s.a.range = one_in(3) ? thimble::limits{number(-128, 0), number(1, 127)} : thimble::limits{-128, 127};
  s.a.part = {0, g.out.h};
  s.over = one_in(3);
  return true;
}

int failures = 0, run = 0;

void show(const subject& s, const char* what, int at) {
  const geometry& g = s.g;
  const thimble::window& w = g.win;
  ++failures;
  firmware::print(s.is_depthwise ? "depthwise " : "convolution ", what, " at ", at, ": ", g.in.h, "x", g.in.w, "x",
                  g.in.c, " -> ", g.out.h, "x", g.out.w, "x", g.out.c, " window ", w.kernel_h, "x", w.kernel_w,
                  " stride ", w.stride_h, ",", w.stride_w, " pad ", w.pad_top, ",", w.pad_left, " dilation ",
                  w.dilation_h, ",", w.dilation_w, " trained ", g.trained, s.masked ? " masked" : "",
                  s.over ? " over its input" : "", "\n");
}

template <class Operation>
void check(subject s) {
  const kernels::kernel_needs needs = Operation::needs(native{}, s.g);
  if (!needs.serves || needs.scratch > most_scratch) return;
  const geometry& g = s.g;
  const int size = g.out.size();
  kernels::convolution_args a = s.a;
  a.x = original;
  a.y = expected;
  a.mask = s.masked ? expected_mask : nullptr;
  for (std::uint8_t& b : expected_mask) b = 0x5a;
  for (std::uint8_t& b : made_mask) b = 0x5a;
  Operation::body(portable{}, g, a);

  // Apart, or over the input as far as the plan may lay it there
  thimble::facts f;
  f.in = g.in;
  f.out = g.out;
  f.win = g.win;
  const int lag = needs.by_channel ? 0 : (thimble::row_lag(f) + 3) / 4 * 4;
  std::int8_t* const y = made + guard;
  const std::int8_t* from = x;
  for (std::int8_t& b : made) b = 77;
  const bool over = s.over && lag + g.in.size() <= most_values && lag < size;
  if (over) {
    for (int i = 0; i < g.in.size(); ++i) y[lag + i] = original[i];
    from = y + lag;
  }
  for (unsigned char& b : scratch) b = 0xa5;
  a.x = from;
  a.y = y;
  a.mask = s.masked ? made_mask : nullptr;
  a.scratch = scratch + guard;
  if (needs.folds && !s.masked && kernels::all_shift_right(a.scale, g.out.c) && one_in(2)) {
    static std::int32_t folded[most_channels];
    for (int o = 0; o < g.out.c; ++o)
      folded[o] =
          kernels::fold<1>(flash + o * g.in.c, g.in.c, a.bias == nullptr ? nullptr : a.bias + o, 2147483647, a.x_zero)
              .v[0];
    a.folded = folded;
    a.bias = nullptr;
  }
  if (!over && one_in(2)) {  // in two parts
    a.part = {0, number(0, g.out.h)};
    Operation::body(native{}, g, a);
    a.part = {a.part.end, g.out.h};
  }
  if (!s.masked && one_in(2))  // as an image that only infers does
    Operation::body(native{}, g, kernels::convolution_args_for<native, false>{a});
  else
    Operation::body(native{}, g, a);

  ++run;
  for (int i = 0; i < size; ++i)
    if (y[i] != expected[i]) return show(s, "differs", i);
  for (int i = 0; s.masked && i < static_cast<int>(sizeof made_mask); ++i)
    if (made_mask[i] != expected_mask[i]) return show(s, "has another mask", i);
  for (int i = 0; i < guard; ++i) {
    if (made[i] != 77) return show(s, "writes before its output", guard - i);
    if (!over && y[size + i] != 77) return show(s, "writes behind its output", i);
    if (over && y[(lag + g.in.size() > size ? lag + g.in.size() : size) + i] != 77)
      return show(s, "writes behind its output", i);
    if (scratch[i] != 0xa5 || scratch[guard + needs.scratch + i] != 0xa5)
      return show(s, "writes beside its scratch", i);
  }
}

void check_logits(const subject& s) {
  static std::int32_t wanted[most_channels], got[most_channels];
  if (!kernels::convolution_forward::needs(native{}, s.g).serves || s.g.in.pixels() != 1 || s.g.win.taps() != 1) return;
  kernels::logits_args a{original, s.a.w, s.a.bias, s.a.scale, s.a.x_zero, wanted, 0, nullptr};
  kernels::convolution_forward::body(portable{}, s.g, a);
  a.y = got;
  a.scratch = scratch + guard;
  for (unsigned char& b : scratch) b = 0xa5;
  kernels::convolution_forward::body(native{}, s.g, a);
  ++run;
  const int held = kernels::convolution_forward::needs(native{}, s.g).scratch;
  for (int i = 0; i < guard; ++i)
    if (scratch[i] != 0xa5 || scratch[guard + held + i] != 0xa5) return show(s, "writes beside its scratch", i);
  for (int o = 0; o < s.g.out.c; ++o)
    if (wanted[o] != got[o]) return show(s, "has other logits", o);
}

void check_average() {
  geometry g;
  thimble::window& w = g.win;
  w.kernel_h = number(1, 18);
  w.kernel_w = number(1, 18);
  w.stride_h = number(1, 4);
  w.stride_w = number(1, 4);
  w.pad_top = number(0, w.kernel_h - 1);
  w.pad_left = number(0, w.kernel_w - 1);
  g.in = {number(1, 20), number(1, 20), number(1, 30)};
  const int h = g.in.h + w.pad_top - w.kernel_h, v = g.in.w + w.pad_left - w.kernel_w;
  if (h < 0 || v < 0) return;
  g.out = {h / w.stride_h + 1, v / w.stride_w + 1, g.in.c};
  const bool ends = one_in(3);
  for (int i = 0; i < g.in.size(); ++i) original[i] = ends ? -128 : static_cast<std::int8_t>(word());
  kernels::pool_args a{
      original, one_in(3) ? thimble::limits{-90, 100} : thimble::limits{}, expected, nullptr, {0, g.out.h}};
  kernels::average_pooling::body(portable{}, g, a);
  a.y = made + guard;
  for (std::int8_t& b : made) b = 77;
  kernels::average_pooling::body(native{}, g, a);
  ++run;
  for (int i = -guard; i < g.out.size() + guard; ++i)
    if (a.y[i] != (i >= 0 && i < g.out.size() ? expected[i] : 77)) {
      ++failures;
      firmware::print("average differs at ", i, "\n");
      return;
    }
}

void check_sum() {
  const int n = number(1, 200);
  for (int i = 0; i < 2 * n; ++i) original[i] = x[i] = static_cast<std::int8_t>(word());
  const double scales[] = {0.02, 0.0235, 0.5, 0.03 * number(1, 100), 1e-4 * number(1, 100)};
  kernels::addition_args k{};
  k.pairs = kernels::pair({1, 1, n}, {1, 1, n});
  k.a = original;
  k.b = original + n;
  k.a_zero = number(-128, 127);
  k.b_zero = number(-128, 127);
  k.y_zero = number(-128, 127);
  k.scales = kernels::addition_scales_of(scales[number(0, 4)], scales[number(0, 4)], 1.0 * number(1, 20));
  if (k.scales.y.shift > 0) return;
  k.range = one_in(4) ? thimble::limits{-100, 90} : thimble::limits{};
  k.y = expected;
  const bool masked = one_in(2);
  for (std::uint8_t& b : expected_mask) b = 0x5a;
  for (std::uint8_t& b : made_mask) b = 0x5a;
  k.mask = masked ? expected_mask : nullptr;
  addition(portable{}, k);
  if (masked) k.mask = made_mask;
  const int over = number(0, 2);
  k.a = x;
  k.b = x + n;
  k.y = over == 0 ? made : over == 1 ? x : x + n;
  k.mask = masked ? made_mask : nullptr;
  addition(native{}, k);
  ++run;
  for (int i = 0; i < n; ++i)
    if (k.y[i] != expected[i] || (masked && ((made_mask[i / 8] ^ expected_mask[i / 8]) >> i % 8 & 1) != 0)) {
      ++failures;
      firmware::print("sum of ", n, " differs at ", i, "\n");
      return;
    }
}

}  // namespace

int main() {
  for (int i = 0; i < 1500 && failures < 10; ++i) {
    subject s = convolution();
    if (complete(s)) {
      check<kernels::convolution_forward>(s);
      check_logits(s);
    }
    s = depthwise();
    if (complete(s)) check<kernels::depthwise_forward>(s);
    check_sum();
    check_average();
  }
  firmware::print(run, " layers run, ", failures, " differ\n");
  return failures;
}
