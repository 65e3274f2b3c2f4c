// Field numbers of TensorFlow Lite's schema.fbs (version 3), and which operator has which table of options.
#pragma once
#include <cstdint>

#include "support/tflite/model.hpp"

namespace thimble::test::tflite::schema {

using field = std::uint16_t;
/// Byte offset of a field within a FlatBuffers vtable.
constexpr field slot(int number) { return static_cast<field>(4 + 2 * number); }

namespace model {
inline constexpr field version = slot(0), operator_codes = slot(1), subgraphs = slot(2), description = slot(3),
                       buffers = slot(4), metadata = slot(6);
}
namespace operator_code {
inline constexpr field deprecated_builtin_code = slot(0), custom_code = slot(1), version = slot(2),
                       builtin_code = slot(3);
}
namespace subgraph {
inline constexpr field tensors = slot(0), inputs = slot(1), outputs = slot(2), operators = slot(3), name = slot(4);
}
namespace tensor {
inline constexpr field shape = slot(0), type = slot(1), buffer = slot(2), name = slot(3), quantization = slot(4);
}
namespace quantization {
inline constexpr field scale = slot(2), zero_point = slot(3), dimension = slot(6);
}
namespace operation {
inline constexpr field opcode_index = slot(0), inputs = slot(1), outputs = slot(2), options_type = slot(3),
                       options = slot(4);
}
namespace buffer {
inline constexpr field data = slot(0);
}
namespace metadata {
inline constexpr field name = slot(0), buffer = slot(1);
}
namespace conv_2d {  // also TransposeConvOptions, which ends after activation
inline constexpr field padding = slot(0), stride_w = slot(1), stride_h = slot(2), activation = slot(3),
                       dilation_w = slot(4), dilation_h = slot(5);
}
namespace depthwise_conv_2d {
inline constexpr field padding = slot(0), stride_w = slot(1), stride_h = slot(2), depth_multiplier = slot(3),
                       activation = slot(4), dilation_w = slot(5), dilation_h = slot(6);
}
namespace pool_2d {
inline constexpr field padding = slot(0), stride_w = slot(1), stride_h = slot(2), filter_w = slot(3),
                       filter_h = slot(4), activation = slot(5);
}
namespace fully_connected {
inline constexpr field activation = slot(0), keep_num_dims = slot(2);
}
namespace softmax {
inline constexpr field beta = slot(0);
}
namespace concatenation {
inline constexpr field axis = slot(0), activation = slot(1);
}
namespace arithmetic {  // AddOptions, MulOptions, SubOptions
inline constexpr field activation = slot(0);
}
namespace reshape {
inline constexpr field new_shape = slot(0);
}
namespace reducer {
inline constexpr field keep_dims = slot(0);
}
namespace resize {
inline constexpr field align_corners = slot(0), half_pixel_centers = slot(1);
}
namespace leaky_relu {
inline constexpr field alpha = slot(0);
}

/// The number of an operator's table in the union BuiltinOptions; 0: none.
constexpr std::uint8_t options_type(code kind) {
  switch (kind) {
    case code::conv_2d:
      return 1;
    case code::depthwise_conv_2d:
      return 2;
    case code::average_pool_2d:
    case code::max_pool_2d:
      return 5;
    case code::fully_connected:
      return 8;
    case code::softmax:
      return 9;
    case code::concatenation:
      return 10;
    case code::add:
      return 11;
    case code::reshape:
      return 17;
    case code::mul:
      return 21;
    case code::pad:
      return 22;
    case code::transpose:
      return 26;
    case code::mean:
      return 27;
    case code::sub:
      return 28;
    case code::dequantize:
      return 38;
    case code::maximum:
    case code::minimum:
      return 39;
    case code::transpose_conv:
      return 49;
    case code::resize_nearest_neighbor:
      return 74;
    case code::leaky_relu:
      return 75;
    case code::quantize:
      return 89;
    default:
      return 0;  // LOGISTIC, RELU, RELU6 have none
  }
}

}  // namespace thimble::test::tflite::schema
