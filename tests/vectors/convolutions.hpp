// Convolutions of all kinds, dense layers and pools, over the reference vectors.
#pragma once
#include <thimble/kernels/convolution.hpp>
#include <thimble/kernels/depthwise_convolution.hpp>
#include <thimble/kernels/pool.hpp>
#include <thimble/kernels/transposed_convolution.hpp>

#include "case.hpp"

namespace thimble::vectors {

// ---- what several operations read

constexpr bool divides(std::int64_t d, std::int64_t n) { return d > 0 && n % d == 0; }

inline int batches(const vector_case& c) {
  int n = 1;
  for (const char* key : {"input_batches", "batch_size", "input_n"})
    if (c.p_or(key, 1) > n) n = c.p(key);
  return n;
}

inline limits range_of(const vector_case& c) {
  return {c.p({"out_activation_min", "activation_min"}), c.p({"out_activation_max", "activation_max"})};
}

/// Sizes that a file gives must describe a layer, before a kernel trusts them.
inline void require_sizes(const vector_case& c, const kernels::geometry& g, int n) {
  constexpr int most = 1 << 15;
  const window& w = g.win;
  for (const int v : {g.in.h, g.in.w, g.in.c, g.out.h, g.out.w, g.out.c, w.kernel_h, w.kernel_w, w.stride_h, w.stride_w,
                      w.dilation_h, w.dilation_w, g.groups, n})
    c.require(v > 0 && v < most, "a size is out of range: ", v);
  for (const int v : {w.pad_top, w.pad_left}) c.require(v >= 0 && v < most, "a pad is out of range: ", v);
  for (const int v : {g.in.h * g.in.w, g.out.h * g.out.w, w.taps()})
    c.require(v <= 1 << 24, "a size is out of range: ", v);
}

/// Of a pool, besides: its channels stay, and no window lies outside the input (it would have no average).
inline void require_pool(const vector_case& c, const kernels::geometry& g, int n) {
  require_sizes(c, g, n);
  const window& w = g.win;
  c.require(g.in.c == g.out.c, "a pool keeps its channels");
  c.require(w.pad_top < w.kernel_h && w.pad_left < w.kernel_w && (g.out.h - 1) * w.stride_h - w.pad_top < g.in.h &&
                (g.out.w - 1) * w.stride_w - w.pad_left < g.in.w,
            "a window lies outside the input");
}

/// `count` values of a tensor, or one for all, of a tensor or a parameter.
inline int32_span one_or_all(vector_case& c, names keys, int count) {
  bool is_tensor = false;
  for (const char* key : keys) is_tensor = is_tensor || c.has_tensor(key);
  if (is_tensor && c.elements(keys) != 1) return c.int32(keys, count);
  const std::int32_t one = is_tensor ? c.int32(keys, 1)[0] : c.p(keys);
  const std::span<std::int32_t> all = c.space<std::int32_t>(count);
  for (std::int32_t& v : all) v = one;
  return all;
}

/// Multipliers as kernels read them.
inline multipliers scale_of(vector_case& c, int channels, names mantissas, names shifts) {
  const std::span<std::int32_t> mantissa = c.space<std::int32_t>(channels);
  const std::span<std::int8_t> shift = c.space<std::int8_t>(channels);
  const int32_span m = one_or_all(c, mantissas, channels), s = one_or_all(c, shifts, channels);
  for (std::size_t o = 0; o < mantissa.size(); ++o) {
    c.require(s[o] < 32, "a shift is out of range: ", s[o]);
    const bool dead = s[o] < -31;  // as TFLite: flushed to zero
    mantissa[o] = dead ? 0 : m[o];
    shift[o] = static_cast<std::int8_t>(dead ? 0 : s[o]);
  }
  return {mantissa.data(), shift.data()};
}
inline multipliers scale_of(vector_case& c, int channels) {
  return scale_of(c, channels, {"output_mult", "output_multiplier"}, {"output_shift"});
}

/// Null, for zeros, if the case has none or none of their values.
inline const std::int32_t* bias_of(vector_case& c, int channels, names keys) {
  for (const char* key : keys)
    if (c.has_tensor(key)) return c.elements({key}) == 0 ? nullptr : c.int32({key}, channels).data();
  print(c.name(), ": no biases, so zeros\n");
  return nullptr;
}

/// Runs the target's kernel, or portable where the target has none for the layer.
template <class Operation>
void run_native(vector_case& c, const kernels::geometry& g, kernels::convolution_args a) {
  const kernels::kernel_needs needs = kernels::needs_of<Operation, native>(g);
  if (!needs.serves || a.w_zero != 0) return Operation::body(portable{}, g, a);
  const std::size_t mark = c.mark();
  a.scratch = c.space<unsigned char>(needs.scratch).data();
  Operation::body(native{}, g, a);
  c.release(mark);
}

/// Runs the operation for each of n batches, whole or a row at a time, and compares.
template <class Operation>
void run_batches(vector_case& c, const kernels::geometry& g, kernels::convolution_args a, int n) {
  const int8_span x = c.int8({"input", "input_tensor"}, std::int64_t{n} * g.in.size());
  const int8_span expected = c.int8({"output_ref", "output"}, std::int64_t{n} * g.out.size());
  const std::span<std::int8_t> y = c.space<std::int8_t>(static_cast<std::int64_t>(expected.size()));
  for (int b = 0; b < n; ++b) {
    a.x = x.data() + b * g.in.size();
    a.y = y.data() + b * g.out.size();
    for (a.part = {0, g.out.h / 2}; a.part.begin < g.out.h; a.part = {a.part.end, g.out.h})
      run_native<Operation>(c, g, a);
  }
  c.check(expected, y);
}

// ---- operations

inline kernels::geometry convolution_geometry(const vector_case& c) {
  const kernels::geometry g{
      {c.p("input_h"), c.p("input_w"), c.p({"in_ch", "input_c"})},
      {c.p("output_h"), c.p("output_w"), c.p({"out_ch", "output_c"})},
      {c.p({"filter_y", "filter_h"}), c.p({"filter_x", "filter_w"}), c.p({"stride_y", "stride_h"}),
       c.p({"stride_x", "stride_w"}), c.p({"pad_y", "pad_h", "padding_h"}), c.p({"pad_x", "pad_w", "padding_w"}),
       c.p_or("dilation_y", c.p_or("dilation_h", 1)), c.p_or("dilation_x", c.p_or("dilation_w", 1))}};
  require_sizes(c, g, batches(c));
  return g;
}

template <class Operation>
void run_convolution(vector_case& c, const kernels::geometry& g, std::int64_t weights) {
  kernels::convolution_args a{};
  a.w.flash = c.int8({"weights"}, weights).data();
  a.bias = bias_of(c, g.out.c, {"biases", "bias"});
  a.scale = scale_of(c, g.out.c);
  a.x_zero = -c.p("input_offset");
  a.y_zero = c.p("output_offset");
  a.range = range_of(c);
  run_batches<Operation>(c, g, a, batches(c));
}

/// Groups follow from the weights: filters of in.c / groups channels.
inline void run_conv2d(vector_case& c) {
  kernels::geometry g = convolution_geometry(c);
  const auto weights = static_cast<std::int64_t>(c.elements({"weights"}));
  const std::int64_t row = std::int64_t{g.out.c} * g.win.taps();
  c.require(weights > 0 && divides(row, weights), "weights do not fit the filters: ", weights);
  const int filter_channels = static_cast<int>(weights / row);
  c.require(divides(filter_channels, g.in.c), "filters of ", filter_channels, " channels do not divide the input's");
  c.require(c.p_or("filter_ch", filter_channels) == filter_channels, "filter_ch is not ", filter_channels);
  g.groups = g.in.c / filter_channels;
  c.require(divides(g.groups, g.out.c), "groups do not divide the output's channels: ", g.groups);
  run_convolution<kernels::convolution_forward>(c, g, weights);
}

inline void run_depthwise_conv2d(vector_case& c) {
  const kernels::geometry g = convolution_geometry(c);
  c.require(divides(g.in.c, g.out.c) && c.p_or("ch_mult", g.out.c / g.in.c) == g.out.c / g.in.c,
            "the channels do not fit the depth multiplier");
  run_convolution<kernels::depthwise_forward>(c, g, std::int64_t{g.win.taps()} * g.out.c);
}

inline void run_transpose_conv(vector_case& c) {
  const kernels::geometry g = convolution_geometry(c);
  c.require(g.win.dilation_h == 1 && g.win.dilation_w == 1, "a transposed convolution has no dilation");
  run_convolution<kernels::transposed_convolution_forward>(c, g, std::int64_t{g.win.taps()} * g.out.c * g.in.c);
}

inline void run_fully_connected(vector_case& c) {
  const int depth =
      c.has("accumulation_depth") ? c.p("accumulation_depth") : c.p("input_h") * c.p("input_w") * c.p("in_ch");
  const kernels::geometry g{{1, 1, depth}, {1, 1, c.p("out_ch")}, {}};
  const int n = batches(c);
  require_sizes(c, g, n);
  kernels::convolution_args a{};
  a.w.flash = c.int8({"weights"}, std::int64_t{g.in.c} * g.out.c).data();
  a.bias = bias_of(c, g.out.c, {"biases", "bias"});
  a.scale = scale_of(c, g.out.c);
  a.x_zero = -c.p("input_offset");
  a.y_zero = c.p("output_offset");
  a.range = range_of(c);
  a.w_zero = -c.p_or("filter_offset", 0);
  run_batches<kernels::convolution_forward>(c, g, a, n);
}

template <class Operation>
void run_pool(vector_case& c) {
  const kernels::geometry g{
      {c.p("input_h"), c.p("input_w"), c.p({"input_c", "in_ch"})},
      {c.p("output_h"), c.p("output_w"), c.p({"output_c", "out_ch"})},
      {c.p({"filter_h", "filter_y"}), c.p({"filter_w", "filter_x"}), c.p({"stride_h", "stride_y"}),
       c.p({"stride_w", "stride_x"}), c.p({"padding_h", "pad_y"}), c.p({"padding_w", "pad_x"})}};
  const int n = batches(c);
  require_pool(c, g, n);
  const int8_span x = c.int8({"input_tensor", "input"}, std::int64_t{n} * g.in.size());
  const int8_span expected = c.int8({"output", "output_ref"}, std::int64_t{n} * g.out.size());
  const std::span<std::int8_t> y = c.space<std::int8_t>(static_cast<std::int64_t>(expected.size()));
  for (int b = 0; b < n; ++b)
    Operation::body(native{}, g,
                    kernels::pool_args{
                        x.data() + b * g.in.size(), range_of(c), y.data() + b * g.out.size(), nullptr, {0, g.out.h}});
  c.check(expected, y);
}

/// Runs the case if its operation is one of these; false if it is not.
inline bool run_convolutions(vector_case& c) {
  const text operation = c.operation();
  if (operation == "conv2d_s8" || operation == "grouped_conv2d_s8")
    run_conv2d(c);
  else if (operation == "depthwise_conv2d_s8")
    run_depthwise_conv2d(c);
  else if (operation == "transpose_conv_s8")
    run_transpose_conv(c);
  else if (operation == "fully_connected_s8")
    run_fully_connected(c);
  else if (operation == "avgpool_s8")
    run_pool<kernels::average_pooling>(c);
  else if (operation == "maxpool_s8")
    run_pool<kernels::max_pooling>(c);
  else
    return false;
  return true;
}

}  // namespace thimble::vectors
