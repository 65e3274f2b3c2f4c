// One operator with its options, as a file has them.
// Source: tensorflow/lite/schema/schema.fbs, the option tables.
#pragma once
#include <cstdint>

#include <thimble/formats/flatbuffer.hpp>
#include <thimble/formats/tflite/schema.hpp>

namespace thimble::tflite {

inline constexpr int most_operands = 16;  ///< inputs of one operator

/// One operator and all the options that any of ours has.
struct operator_info {
  int code = 0, inputs = 0, outputs = 0;
  int input[most_operands]{}, output = -1;
  bool valid_padding = false, padding_known = true;
  int stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1, filter_h = 1, filter_w = 1;
  int activation = 0;  ///< NONE, RELU, RELU_N1_TO_1, RELU6
  int axis = 0;
  bool align_corners = false, half_pixel_centers = false;
  float beta = 1, alpha = 0;
  [[nodiscard]] constexpr operation what() const { return static_cast<operation>(code); }
  /// The tensor of input i, or -1.
  [[nodiscard]] constexpr int at(int i) const { return i < inputs ? input[i] : -1; }
  friend constexpr bool operator==(const operator_info&, const operator_info&) = default;
};

/// Numbers of fields as the schema gives them, by the operator whose options they are; t is their table, or 0.
template <class Byte>
constexpr void read_options(flatbuffer::file<Byte>& f, operator_info& o, std::uint32_t t) {
  const auto padding_and_stride = [&] {
    const int padding = f.byte_field(t, 0);
    o.valid_padding = padding == 1;
    o.padding_known = padding == 0 || padding == 1;
    o.stride_w = f.int_field(t, 1);
    o.stride_h = f.int_field(t, 2);
  };
  switch (o.what()) {
    case operation::conv_2d:
      padding_and_stride();
      o.activation = f.byte_field(t, 3);
      o.dilation_w = f.int_field(t, 4, 1);
      o.dilation_h = f.int_field(t, 5, 1);
      break;
    case operation::depthwise_conv_2d:
      padding_and_stride();
      o.activation = f.byte_field(t, 4);
      o.dilation_w = f.int_field(t, 5, 1);
      o.dilation_h = f.int_field(t, 6, 1);
      break;
    case operation::transpose_conv:
      padding_and_stride();
      o.activation = f.byte_field(t, 3);
      break;
    case operation::average_pool_2d:
    case operation::max_pool_2d:
      padding_and_stride();
      o.filter_w = f.int_field(t, 3);
      o.filter_h = f.int_field(t, 4);
      o.activation = f.byte_field(t, 5);
      break;
    case operation::add:
    case operation::sub:
    case operation::mul:
    case operation::fully_connected:
      o.activation = f.byte_field(t, 0);
      break;
    case operation::concatenation:
      o.axis = f.int_field(t, 0);
      o.activation = f.byte_field(t, 1);
      break;
    case operation::softmax:
      o.beta = f.float_field(t, 0);
      break;
    case operation::leaky_relu:
      o.alpha = f.float_field(t, 0);
      break;
    case operation::resize_nearest_neighbor:
      o.align_corners = f.byte_field(t, 0) != 0;
      o.half_pixel_centers = f.byte_field(t, 1) != 0;
      break;
    default:
      break;
  }
}

}  // namespace thimble::tflite
