// Evaluates a described network as TensorFlow Lite Micro's reference kernels would, to the bit: written from the
// specification and the behaviour of those kernels (gemmlowp double rounding), without the library's code.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/tflite/evaluate_pointwise.hpp"
#include "support/tflite/evaluate_regional.hpp"
#include "support/tflite/evaluate_weighted.hpp"
#include "support/tflite/model.hpp"
#include "support/tflite/values.hpp"

namespace thimble::test::tflite {

inline std::size_t size_of(element type) {
  switch (type) {
    case element::int8:
    case element::uint8:
      return 1;
    case element::int16:
      return 2;
    case element::int64:
      return 8;
    default:
      return 4;
  }
}

inline bool readable(element type) { return type != element::int64 && type != element::int16; }

/// Little-endian bytes to numbers, and back.
inline value decode(element type, const std::uint8_t* data, std::size_t size) {
  value v;
  for (std::size_t i = 0; i < size; i += size_of(type)) {
    std::uint32_t word = 0;
    for (std::size_t b = 0; b < size_of(type); ++b) word |= static_cast<std::uint32_t>(data[i + b]) << (8 * b);
    switch (type) {
      case element::float32:
        v.reals.push_back(std::bit_cast<float>(word));
        break;
      case element::int32:
        v.integers.push_back(static_cast<std::int32_t>(word));
        break;
      case element::int8:
        v.integers.push_back(static_cast<std::int8_t>(word));
        break;
      case element::uint8:
        v.integers.push_back(word);
        break;
      default:
        throw std::invalid_argument("type of values");
    }
  }
  return v;
}
inline bytes encode(element type, const value& v) {
  bytes out;
  for (const float f : v.reals)
    for (int b = 0; b < 4; ++b) out.push_back(static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(f) >> (8 * b)));
  for (const integer i : v.integers)
    for (std::size_t b = 0; b < size_of(type); ++b) out.push_back(static_cast<std::uint8_t>(i >> (8 * b)));
  return out;
}

inline bool keeps_quantization(code kind) {
  switch (kind) {
    case code::average_pool_2d:
    case code::concatenation:
    case code::max_pool_2d:
    case code::maximum:
    case code::minimum:
    case code::pad:
    case code::relu6:
    case code::reshape:
    case code::resize_nearest_neighbor:
    case code::transpose:
      return true;
    default:
      return false;
  }
}

inline void evaluate_operation(const work& w) {
  if (keeps_quantization(w.how.kind))
    for (const tensor* t : w.in)
      if (t->type == w.out.type) demand_same_quantization(*t, w.out);
  switch (w.how.kind) {
    case code::conv_2d:
      return conv_2d(w);
    case code::depthwise_conv_2d:
      return depthwise_conv_2d(w);
    case code::transpose_conv:
      return transpose_conv(w);
    case code::fully_connected:
      return fully_connected(w);
    case code::add:
    case code::sub:
      return add_or_subtract(w);
    case code::mul:
      return multiply(w);
    case code::minimum:
    case code::maximum:
      return extremum(w);
    case code::relu:
      return requantize(w);
    case code::relu6:
      return relu6(w);
    case code::leaky_relu:
      return leaky_relu(w);
    case code::logistic:
      return logistic(w);
    case code::quantize:
      return quantize(w);
    case code::dequantize:
      return dequantize(w);
    case code::average_pool_2d:
    case code::max_pool_2d:
      return pool(w);
    case code::mean:
      return mean(w);
    case code::softmax:
      return softmax(w);
    case code::concatenation:
      return concatenation(w);
    case code::pad:
      return pad(w);
    case code::reshape:
      return reshape(w);
    case code::transpose:
      return transpose(w);
    case code::resize_nearest_neighbor:
      return resize_nearest_neighbor(w);
    default:
      throw std::invalid_argument("operator");
  }
}

/// The values of all tensors for one sample; those not computed are empty.
inline std::vector<value> evaluate_all(const network& net, const std::uint8_t* sample) {
  std::vector<value> values;
  for (const tensor& t : net.tensors)
    values.push_back(readable(t.type) ? decode(t.type, t.data.data(), t.data.size()) : value{});
  for (const int i : net.inputs) {
    const tensor& t = net.tensors[static_cast<std::size_t>(i)];
    values[static_cast<std::size_t>(i)] = decode(t.type, sample, t.count() * size_of(t.type));
  }
  for (const operation& o : net.operations) {
    const auto out = static_cast<std::size_t>(o.outputs.at(0));
    value result;
    work w{o, {}, {}, net.tensors[out], result};
    for (const int i : o.inputs) {
      w.in.push_back(i < 0 ? nullptr : &net.tensors[static_cast<std::size_t>(i)]);
      w.values.push_back(i < 0 ? nullptr : &values[static_cast<std::size_t>(i)]);
    }
    try {
      evaluate_operation(w);
    } catch (const std::exception& fault) {
      throw std::runtime_error("operator " + std::to_string(&o - net.operations.data()) + " (code " +
                               std::to_string(static_cast<int>(o.kind)) + "): " + fault.what());
    }
    demand(result.integers.size() + result.reals.size() == net.tensors[out].count(), "number of values");
    values[out] = std::move(result);
  }
  return values;
}

inline bytes evaluate(const network& net, const std::uint8_t* sample) {
  const auto out = static_cast<std::size_t>(net.outputs.at(0));
  return encode(net.tensors[out].type, evaluate_all(net, sample)[out]);
}
inline std::size_t sample_size(const network& net) {
  const tensor& t = net.tensors[static_cast<std::size_t>(net.inputs.at(0))];
  return t.count() * size_of(t.type);
}

}  // namespace thimble::test::tflite
