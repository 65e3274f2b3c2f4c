// What the file says of one node, and how shapes, windows and axes of files become ours.
#pragma once
#include <thimble/formats/tflite/constants.hpp>
#include <thimble/network/facts.hpp>

namespace thimble::tflite {

/// Batch 1, the last three extents as rows, columns and channels; extents before them join the rows. The order in memory is
/// the same.
constexpr shape shape_of(const tensor& t) {
  std::int64_t rows = 1;
  for (int i = 0; i < t.rank - 2; ++i) rows *= t.dim[i];
  return {static_cast<int>(rows), t.extent(1), t.extent(0)};
}

/// An axis of a tensor counted from its last, 0 the channels; negative axes count from the end already.
constexpr int from_last(const tensor& t, int axis) { return axis < 0 ? -1 - axis : t.rank - 1 - axis; }

/// The name of a tensor, up to the first `;` (converters join the names of fused operators).
template <class File, int Tensor>
inline constexpr auto name_of_tensor = [] {
  constexpr std::uint32_t begin = contents_of<File>.t[Tensor].name_at;
  constexpr int n = [] {
    constexpr const tensor& t = contents_of<File>.t[Tensor];
    int k = 0;
    const int all = t.name_length < 255 ? static_cast<int>(t.name_length) : 255;
    while (k < all && File::data[t.name_at + static_cast<unsigned>(k)] != ';') ++k;
    return k;
  }();
  numbers<char, n + 1> s{};
  for (int i = 0; i < n; ++i) s.v[i] = static_cast<char>(File::data[begin + static_cast<unsigned>(i)]);
  return s;
}();

/// One node of a file: `n` the node, `o` its operator, `made` its output's tensor, `operand(i)` its operator's inputs.
template <class File, int Node>
struct described {
  static constexpr const imported_node& n = imported_of<File>.at[Node];
  static constexpr const operator_info& o = contents_of<File>.op[n.number < 0 ? 0 : n.number];
  static constexpr const tensor& made = contents_of<File>.t[n.tensor];
  static constexpr const tensor& operand(int i) { return contents_of<File>.t[o.at(i)]; }
  static constexpr bool has(int i) { return o.at(i) >= 0; }

  /// A parameter of the operator: constant int32 or int64.
  static constexpr bool is_list(int i) {
    return has(i) && operand(i).is_constant() &&
           (operand(i).is(tensor_type::int32) || operand(i).is(tensor_type::int64));
  }
  static constexpr int entries(int i) { return static_cast<int>(operand(i).elements()); }
  static constexpr int entry(int i, int k) { return open<File>().integer(operand(i), k); }

  static constexpr void begin(facts& f) {
    f.kind = name_of_operator(o.code);
    f.name = name_of_tensor<File, n.tensor>.v;
    constexpr activation known[] = {activation::none, activation::relu, activation::relu_n1_to_1, activation::relu6};
    f.reject(o.activation < 0 || o.activation > 3, "its fused activation is none of RELU, RELU_N1_TO_1 and RELU6");
    if (f.fault == nullptr) f.act = known[o.activation];
  }
  /// The output as the file has it, which must hold what the operator makes.
  static constexpr void end(facts& f, shape makes) {
    f.out = shape_of(made);
    f.reject(makes != f.out, "the file gives its output another shape than the operator makes");
  }
  static constexpr void end_of_size(facts& f, int size) {
    f.out = shape_of(made);
    f.reject(size != f.out.size(), "the file gives its output another size than the operator makes");
  }

  /// Outputs along one axis, and the padding before the first.
  struct placed {
    int out, before;
  };
  static constexpr placed place(int extent, int kernel, int stride, int dilation) {
    const int span = (kernel - 1) * dilation + 1;
    if (o.valid_padding) return {extent < span ? 0 : (extent - span) / stride + 1, 0};
    const int out = (extent + stride - 1) / stride, all = (out - 1) * stride + span - extent;
    return {out, all > 0 ? all / 2 : 0};
  }
  /// The window over the input, a folded border included; returns the output's shape but for its channels.
  static constexpr shape slide(facts& f, int kernel_h, int kernel_w) {
    f.reject(contents_of<File>.t[o.at(0)].rank != 4 || contents_of<File>.t[o.at(0)].dim[0] != 1,
             "it takes an image of batch 1: four dimensions, the first 1");
    f.reject(kernel_h < 1 || kernel_w < 1, "its window is empty");
    if (f.fault != nullptr) return {};
    const placed y = place(f.in.h + n.top + n.bottom, kernel_h, o.stride_h, o.dilation_h);
    const placed x = place(f.in.w + n.left + n.right, kernel_w, o.stride_w, o.dilation_w);
    f.win = {kernel_h,         kernel_w,          o.stride_h,   o.stride_w,
             y.before + n.top, x.before + n.left, o.dilation_h, o.dilation_w};
    return {y.out, x.out, f.in.c};
  }
};

}  // namespace thimble::tflite
