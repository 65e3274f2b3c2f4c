// A whole network of the reference vectors: a chain of numbered layers, run one after another. Parameters are named
// KIND_NUMBER_NAME, tensors layer_NUMBER_KIND_NAME; numbers left out are reshapes.
#pragma once
#include <algorithm>

#include <thimble/kernels/convolution.hpp>
#include <thimble/kernels/depthwise_convolution.hpp>
#include <thimble/kernels/pool.hpp>
#include <thimble/kernels/softmax_int8.hpp>

#include "case.hpp"
#include "convolutions.hpp"

namespace thimble::vectors {

/// A key put together from words and a number.
class joined {
 public:
  template <class... Parts>
  explicit joined(const Parts&... parts) {
    (add(parts), ...);
  }
  operator const char*() const { return text_; }  // NOLINT(google-explicit-constructor): it is a text

 private:
  void add(const char* word) {
    while (*word != '\0' && used_ + 1 < sizeof text_) text_[used_++] = *word++;
  }
  void add(int number) {
    if (number >= 10) add(number / 10);
    const char digit[]{static_cast<char>('0' + number % 10), '\0'};
    add(digit);
  }
  char text_[96]{};
  std::size_t used_ = 0;
};

/// One layer of the chain: what it is called, and the values that it reads and writes.
struct chained_layer {
  vector_case& c;
  const char* kind;
  int number;
  std::span<const std::int8_t> x;
  std::span<std::int8_t> y;

  [[nodiscard]] joined key(const char* name) const { return joined(kind, "_", number, "_", name); }
  [[nodiscard]] joined tensor(const char* name) const { return joined("layer_", number, "_", kind, "_", name); }
  [[nodiscard]] int p(const char* name) const { return c.p(key(name)); }
  [[nodiscard]] limits range() const { return {p("out_activation_min"), p("out_activation_max")}; }

  [[nodiscard]] kernels::geometry geometry() const {
    const kernels::geometry g{{p("input_h"), p("input_w"), p("in_ch")},
                              {p("output_h"), p("output_w"), p("out_ch")},
                              {p("filter_y"), p("filter_x"), p("stride_y"), p("stride_x"), p("pad_y"), p("pad_x"),
                               p("dilation_y"), p("dilation_x")}};
    require_sizes(c, g, 1);
    c.require(g.in.size() == static_cast<int>(x.size()) && g.out.size() <= static_cast<int>(y.size()), key("size"),
              ": the layer before gives other sizes");
    return g;
  }

  [[nodiscard]] kernels::convolution_args args(const kernels::geometry& g, std::int64_t weights) const {
    const joined mantissas = tensor("output_mult"), shifts = tensor("output_shift");
    const joined mantissa = key("output_multiplier"), shift = key("output_shift");
    kernels::convolution_args a{};
    a.x = x.data();
    a.w.flash = c.int8({tensor("weights")}, weights).data();
    a.bias = bias_of(c, g.out.c, {tensor("bias")});
    a.scale = scale_of(c, g.out.c, {mantissas, mantissa}, {shifts, shift});
    a.x_zero = -p("input_offset");
    a.y_zero = p("output_offset");
    a.range = range();
    a.y = y.data();
    a.part = {0, g.out.h};
    return a;
  }
};

/// Runs the layer; the size of its output.
inline int run_layer(const chained_layer& l) {
  const text kind{l.kind};
  if (kind == "softmax") {
    const int rows = l.p("num_rows"), row = l.p("row_size");
    l.c.require(rows > 0 && row > 0 && std::int64_t{rows} * row == static_cast<std::int64_t>(l.x.size()), l.key("size"),
                ": the layer before gives other sizes");
    kernels::run(
        kernels::softmax_args{l.x.data(), {{l.p("mult"), l.p("shift")}, l.p("diff_min")}, l.y.data(), rows, row});
    return rows * row;
  }
  if (kind == "fully_connected") {  // its channels are written the other way round, so: from its tensors
    const kernels::geometry g{
        {1, 1, static_cast<int>(l.x.size())}, {1, 1, static_cast<int>(l.c.elements({l.tensor("bias")}))}, {}};
    require_sizes(l.c, g, 1);
    run_native<kernels::convolution_forward>(l.c, g, l.args(g, std::int64_t{g.in.c} * g.out.c));
    return g.out.size();
  }
  const kernels::geometry g = l.geometry();
  const std::int64_t filters = std::int64_t{g.win.taps()} * g.out.c;
  if (kind == "conv_2d") {
    run_native<kernels::convolution_forward>(l.c, g, l.args(g, filters * g.in.c));
  } else if (kind == "depthwise_conv_2d") {
    l.c.require(divides(g.in.c, g.out.c), l.key("size"), ": no whole depth multiplier");
    run_native<kernels::depthwise_forward>(l.c, g, l.args(g, filters));
  } else {
    require_pool(l.c, g, 1);
    const kernels::pool_args a{l.x.data(), l.range(), l.y.data(), nullptr, {0, g.out.h}};
    if (kind == "max_pool_2d")
      kernels::max_pooling::body(native{}, g, a);
    else
      kernels::average_pooling::body(native{}, g, a);
  }
  return g.out.size();
}

/// Runs the case if it is a network; false if it is not.
inline bool run_network(vector_case& c) {
  if (!(c.operation() == "net_ds_cnn_s8")) return false;
  constexpr const char* kinds[] = {"conv_2d",     "depthwise_conv_2d", "average_pool_2d",
                                   "max_pool_2d", "fully_connected",   "softmax"};
  constexpr int most_layers = 99;

  int largest = static_cast<int>(c.elements({"input"}));  // of all values between layers
  for (int number = 1; number <= most_layers; ++number)
    for (const char* kind : kinds)
      if (const joined size(kind, "_", number, "_dst_size"); c.has(size)) largest = std::max(largest, c.p(size));
  const std::span<std::int8_t> values[] = {c.space<std::int8_t>(largest), c.space<std::int8_t>(largest)};

  int8_span x = c.int8({"input"}, static_cast<std::int64_t>(c.elements({"input"})));
  std::copy(x.begin(), x.end(), values[0].begin());
  x = values[0].first(x.size());
  int layers = 0;
  for (int number = 1; number <= most_layers; ++number)
    for (const char* kind : kinds) {
      if (!c.has(joined(kind, "_", number, "_dst_size"))) continue;
      const std::size_t mark = c.mark();
      const std::span<std::int8_t> y = values[++layers % 2];
      x = y.first(static_cast<std::size_t>(run_layer({c, kind, number, x, y})));
      c.release(mark);
    }
  c.require(layers > 0, "no layers");
  c.check(c.int8({"output_ref", "output"}, static_cast<std::int64_t>(c.elements({"output_ref", "output"}))), x);
  return true;
}

}  // namespace thimble::vectors
