// A quantized network as a .tflite file describes it, in memory: what write.hpp writes, read_for_test.hpp reads and
// evaluate.hpp evaluates. Numbers of enumerators are those of TensorFlow Lite's published schema (schema.fbs).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace thimble::test::tflite {

using bytes = std::vector<std::uint8_t>;
using dims = std::vector<int>;

enum class element : std::int8_t { float32 = 0, int32 = 2, uint8 = 3, int64 = 4, int16 = 7, int8 = 9 };
enum class padding : std::int8_t { same = 0, valid = 1 };
enum class activation : std::int8_t { none = 0, relu = 1, relu_n1_to_1 = 2, relu6 = 3 };

/// BuiltinOperator. The last three are for files that must be refused.
enum class code : std::int32_t {
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
  relu6 = 21,
  reshape = 22,
  softmax = 25,
  pad = 34,
  transpose = 39,
  mean = 40,
  sub = 41,
  maximum = 55,
  minimum = 57,
  transpose_conv = 67,
  resize_nearest_neighbor = 97,
  leaky_relu = 98,
  quantize = 114,
  lstm = 16,
  custom = 32,
  broadcast_to = 130
};

struct quantization {
  std::vector<float> scales;  // one, or one per slice along `dimension`; none: not quantized
  std::vector<std::int64_t> zero_points;
  int dimension = 0;
};

struct tensor {
  std::string name;
  element type = element::int8;
  dims shape;
  quantization quantized;
  bytes data;  // little-endian; empty: computed
  float scale() const { return quantized.scales.at(0); }
  int zero_point() const { return static_cast<int>(quantized.zero_points.at(0)); }
  std::size_t count() const {
    std::size_t n = 1;
    for (const int d : shape) n *= static_cast<std::size_t>(d);
    return n;
  }
};

struct pair {
  int h = 1, w = 1;
};

/// Of all operators; each uses those that its table in the schema has.
struct options {
  padding pad = padding::same;
  activation act = activation::none;
  pair stride{}, dilation{}, filter{};
  int depth_multiplier = 1;
  int axis = 0;
  bool keep_dims = false, keep_num_dims = false, align_corners = false, half_pixel_centers = false;
  float beta = 1, alpha = 0;
  dims new_shape{};
};

struct operation {
  code kind = code::add;
  std::vector<int> inputs, outputs;  // tensor numbers; -1: an optional input that is absent
  options how;
};

struct network {
  std::string description;
  std::vector<tensor> tensors;
  std::vector<operation> operations;  // in order of execution
  std::vector<int> inputs, outputs;

  // what a reader must not care about
  std::vector<code> unused_codes;                       // before those in use
  std::vector<std::pair<std::string, bytes>> metadata;  // name, content
  bool buffer_per_activation = false;                   // else all share the empty buffer 0
};

}  // namespace thimble::test::tflite
