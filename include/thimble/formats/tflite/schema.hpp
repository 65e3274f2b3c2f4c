// The numbers of TensorFlow Lite's file format that we use.
// Source: tensorflow/lite/schema/schema.fbs, version 3.
#pragma once
#include <cstdint>

namespace thimble::tflite {

inline constexpr int schema_version = 3;
inline constexpr char identifier[] = "TFL3";

enum class tensor_type : std::int8_t { float32 = 0, int32 = 2, uint8 = 3, int64 = 4, int8 = 9 };

/// Element types by their number in the file, for messages.
constexpr const char* name_of_type(int type) {
  constexpr const char* names[] = {"float32", "float16",   "int32",  "uint8",   "int64",      "string", "bool",
                                   "int16",   "complex64", "int8",   "float64", "complex128", "uint64", "resource",
                                   "variant", "uint32",    "uint16", "int4",    "bfloat16"};
  return type >= 0 && type < 19 ? names[type] : "unknown";
}

/// Operators that thimble knows, by their number in the file.
enum class operation : int {
  add = 0,
  average_pool_2d = 1,
  concatenation = 2,
  conv_2d = 3,
  depthwise_conv_2d = 4,
  dequantize = 6,
  fully_connected = 9,
  logistic = 14,
  max_pool_2d = 17,
  mul = 18,
  relu = 19,
  relu_n1_to_1 = 20,
  relu6 = 21,
  reshape = 22,
  softmax = 25,
  pad = 34,
  transpose = 39,
  mean = 40,
  sub = 41,
  squeeze = 43,
  maximum = 55,
  minimum = 57,
  transpose_conv = 67,
  expand_dims = 70,
  resize_nearest_neighbor = 97,
  leaky_relu = 98,
  quantize = 114,
};

constexpr bool is_known(int code) {
  switch (static_cast<operation>(code)) {
    case operation::add:
    case operation::average_pool_2d:
    case operation::concatenation:
    case operation::conv_2d:
    case operation::depthwise_conv_2d:
    case operation::dequantize:
    case operation::fully_connected:
    case operation::logistic:
    case operation::max_pool_2d:
    case operation::mul:
    case operation::relu:
    case operation::relu_n1_to_1:
    case operation::relu6:
    case operation::reshape:
    case operation::softmax:
    case operation::pad:
    case operation::transpose:
    case operation::mean:
    case operation::sub:
    case operation::squeeze:
    case operation::maximum:
    case operation::minimum:
    case operation::transpose_conv:
    case operation::expand_dims:
    case operation::resize_nearest_neighbor:
    case operation::leaky_relu:
    case operation::quantize:
      return true;
  }
  return false;
}

}  // namespace thimble::tflite
