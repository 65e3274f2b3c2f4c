// Element-wise operations of the reference vectors, and those that only move values.
#pragma once
#include <thimble/kernels/addition.hpp>
#include <thimble/kernels/block.hpp>
#include <thimble/kernels/extremum.hpp>
#include <thimble/kernels/multiplication.hpp>
#include <thimble/kernels/softmax_int8.hpp>
#include <thimble/kernels/transposition.hpp>

#include "case.hpp"

namespace thimble::vectors {

inline limits output_range(const vector_case& c) { return {c.p("out_activation_min"), c.p("out_activation_max")}; }

/// A product of extents, none of them negative.
inline int elements_of(const vector_case& c, std::initializer_list<int> extents) {
  std::int64_t n = 1;
  for (const int e : extents) {
    c.require(e >= 0, "a negative extent");
    n *= e;
    c.require(n <= 1 << 28, "too many elements");
  }
  return static_cast<int>(n);
}

inline void run_addition(vector_case& c) {
  const int n = c.p("dst_size");
  c.require(c.p_or("left_shift", 20) == 20, "the left shift is not 20");
  const std::span<std::int8_t> y = c.space<std::int8_t>(n);
  kernels::run(kernels::addition_args{
      .pairs = kernels::pair({1, 1, n}, {1, 1, n}),
      .a = c.int8({"input1"}, n).data(),
      .b = c.int8({"input2"}, n).data(),
      .a_zero = -c.p("input1_offset"),
      .b_zero = -c.p("input2_offset"),
      .y_zero = c.p("output_offset"),
      .scales = {{c.p("input1_mult"), c.p("input1_shift")},
                 {c.p("input2_mult"), c.p("input2_shift")},
                 {c.p("output_mult"), c.p("output_shift")}},
      .range = output_range(c),
      .y = y.data(),
      .mask = nullptr,
  });
  c.check(c.int8({"output_ref", "output"}, n), y);
}

inline void run_multiplication(vector_case& c) {
  const int n = c.p("dst_size");
  const std::span<std::int8_t> y = c.space<std::int8_t>(n);
  kernels::run(kernels::multiplication_args{
      .pairs = kernels::pair({1, 1, n}, {1, 1, n}),
      .a = c.int8({"input1"}, n).data(),
      .b = c.int8({"input2"}, n).data(),
      .a_zero = -c.p("input1_offset"),
      .b_zero = -c.p("input2_offset"),
      .y_zero = c.p("output_offset"),
      .scale = {c.p("output_mult"), c.p("output_shift")},
      .range = output_range(c),
      .y = y.data(),
      .mask = nullptr,
  });
  c.check(c.int8({"output_ref", "output"}, n), y);
}

/// The batch is broadcast too: here, a sample at a time.
inline void run_extremum(vector_case& c) {
  const bool largest = c.p_text("layer_type") == "maximum";
  c.require(largest || c.p_text("layer_type") == "minimum", "neither minimum nor maximum");
  const shape a{c.p("height_1"), c.p("width_1"), c.p("channel_1")};
  const shape b{c.p("height_2"), c.p("width_2"), c.p("channel_2")};
  const int a_batch = c.p("batch_1"), b_batch = c.p("batch_2"), batch = a_batch == 1 ? b_batch : a_batch;
  c.require(kernels::broadcastable(a, b) && (b_batch == batch || b_batch == 1), "shapes cannot be broadcast");
  const shape out = kernels::broadcast(a, b);
  c.require(
      out == shape{c.p_or("output_height", out.h), c.p_or("output_width", out.w), c.p_or("output_channel", out.c)} &&
          batch == c.p_or("output_batch", batch),
      "the output is not the inputs' broadcast shape");

  const int8_span x0 = c.int8({"input_tensor_1", "input1"}, elements_of(c, {a_batch, a.h, a.w, a.c}));
  const int8_span x1 = c.int8({"input_tensor_2", "input2"}, elements_of(c, {b_batch, b.h, b.w, b.c}));
  const int n = elements_of(c, {batch, out.h, out.w, out.c});
  const std::span<std::int8_t> y = c.space<std::int8_t>(n);
  const kernels::pairing pairs = kernels::pair(a, b);
  for (int i = 0; i < batch; ++i)
    kernels::run(kernels::extremum_args{
        .pairs = pairs,
        .a = x0.data() + (a_batch == 1 ? 0 : i * a.size()),
        .b = x1.data() + (b_batch == 1 ? 0 : i * b.size()),
        .largest = largest,
        .y = y.data() + i * out.size(),
    });
  c.check(c.int8({"output", "output_ref"}, n), y);
}

inline void run_pad(vector_case& c) {
  const int batch = c.p("input_n"), before = c.p_or("pre_pad_n", 0);
  const shape in{c.p("input_h"), c.p("input_w"), c.p("input_c")};
  const kernels::corner at{c.p_or("pre_pad_h", 0), c.p_or("pre_pad_w", 0), c.p_or("pre_pad_c", 0)};
  const shape out{at.row + in.h + c.p_or("post_pad_h", 0), at.column + in.w + c.p_or("post_pad_w", 0),
                  at.channel + in.c + c.p_or("post_pad_c", 0)};
  const int value = c.p("pad_value");
  c.require(value >= -128 && value <= 127, "the padding's value is not int8");
  const int n = elements_of(c, {before + batch + c.p_or("post_pad_n", 0), out.h, out.w, out.c});
  c.require(n == c.p_or("output_size", n), "the output's size is not the padded shape's");

  const int8_span x = c.int8({"input_tensor", "input"}, elements_of(c, {batch, in.h, in.w, in.c}));
  const std::span<std::int8_t> y = c.space<std::int8_t>(n);
  kernels::run(kernels::fill_args{y.data(), static_cast<std::int8_t>(value), n});
  for (int i = 0; i < batch; ++i)
    kernels::run(kernels::place_args{
        .x = x.data() + i * in.size(),
        .in = in,
        .out = out,
        .at = at,
        .y = y.data() + (before + i) * out.size(),
    });
  c.check(c.int8({"output", "output_ref"}, n), y);
}

inline void run_softmax(vector_case& c) {
  const int rows = c.p("num_rows"), row_size = c.p("row_size"), n = elements_of(c, {rows, row_size});
  const std::span<std::int8_t> y = c.space<std::int8_t>(n);
  kernels::run(kernels::softmax_args{
      .x = c.int8({"input", "input_tensor"}, n).data(),
      .scale = {{c.p("input_mult"), c.p("input_left_shift")}, c.p("diff_min")},
      .y = y.data(),
      .rows = rows,
      .row_size = row_size,
  });
  c.check(c.int8({"output_ref", "output"}, n), y);
}

inline void run_transposition(vector_case& c) {
  constexpr int most = kernels::most_dimensions;
  int in[most] = {}, perm[most] = {};
  const int extents = c.p_list("in_dim", in, most);  // cases pad it with zeros
  const int dimensions = c.p_list("perm", perm, most);
  c.require(dimensions == c.p_or("perm_size", dimensions) && dimensions <= extents, "perm and in_dim differ in length");
  bool used[most] = {};
  for (int i = 0; i < dimensions; ++i) {
    c.require(perm[i] >= 0 && perm[i] < dimensions && !used[perm[i]], "perm is not a permutation");
    used[perm[i]] = true;
  }
  const kernels::permutation order = kernels::permutation_of(in, perm, dimensions);
  const int n = elements_of(
      c, {order.extent[0], order.extent[1], order.extent[2], order.extent[3], order.extent[4], order.extent[5]});
  c.require(n == c.p_or("size", n), "size is not that of in_dim");
  const std::span<std::int8_t> y = c.space<std::int8_t>(n);
  kernels::run(kernels::transposition_args{c.int8({"input_tensor", "input"}, n).data(), order, y.data()});
  c.check(c.int8({"output", "output_ref"}, n), y);
}

/// Runs the case if its operation is one of these; false if it is not.
inline bool run_elementwise(vector_case& c) {
  struct {
    const char* operation;
    void (*run)(vector_case&);
  } constexpr operations[] = {{"add_s8", run_addition},    {"mul_s8", run_multiplication},
                              {"minmax_s8", run_extremum}, {"pad_s8", run_pad},
                              {"softmax_s8", run_softmax}, {"transpose_s8", run_transposition}};
  for (const auto& o : operations)
    if (c.operation() == o.operation) {
      o.run(c);
      return true;
    }
  return false;
}

}  // namespace thimble::vectors
