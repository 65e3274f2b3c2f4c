// Writes a network as a .tflite file: schema version 3, identifier TFL3, by FlatBuffers' builder without generated code.
// As TensorFlow's converter does: buffer 0 is empty, equal constants share a buffer, data is aligned to 16 bytes, and an
// operator's code stands in both fields.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <flatbuffers/flatbuffers.h>

#include "support/tflite/model.hpp"
#include "support/tflite/schema.hpp"

namespace thimble::test::tflite {

class writer {
  using part = flatbuffers::Offset<flatbuffers::Table>;

 public:
  explicit writer(const network& net) : net_(net) {}

  bytes write() {
    buffers_.push_back({});
    const auto tensors = all(net_.tensors, [&](const tensor& t) { return write_tensor(t); });
    codes_ = net_.unused_codes;
    const auto operations = all(net_.operations, [&](const operation& o) { return write_operation(o); });
    const auto codes = all(codes_, [&](code kind) { return write_code(kind); });
    const auto metadata = all(net_.metadata, [&](const auto& m) {
      const auto name = fbb_.CreateString(m.first);
      const std::uint32_t number = new_buffer(m.second);
      return table([&] {
        fbb_.AddOffset(schema::metadata::name, name);
        fbb_.AddElement<std::uint32_t>(schema::metadata::buffer, number, 0);
      });
    });
    const auto inputs = numbers(net_.inputs);
    const auto outputs = numbers(net_.outputs);
    const auto name = fbb_.CreateString("main");
    const std::vector<part> subgraphs{table([&] {
      fbb_.AddOffset(schema::subgraph::tensors, tensors);
      fbb_.AddOffset(schema::subgraph::inputs, inputs);
      fbb_.AddOffset(schema::subgraph::outputs, outputs);
      fbb_.AddOffset(schema::subgraph::operators, operations);
      fbb_.AddOffset(schema::subgraph::name, name);
    })};
    const auto subgraph_list = fbb_.CreateVector(subgraphs);
    const auto buffers = all(buffers_, [&](const bytes& b) { return write_buffer(b); });
    const auto description = fbb_.CreateString(net_.description);
    const part root = table([&] {
      fbb_.AddElement<std::uint32_t>(schema::model::version, 3, 0);
      fbb_.AddOffset(schema::model::operator_codes, codes);
      fbb_.AddOffset(schema::model::subgraphs, subgraph_list);
      fbb_.AddOffset(schema::model::description, description);
      fbb_.AddOffset(schema::model::buffers, buffers);
      if (!net_.metadata.empty()) fbb_.AddOffset(schema::model::metadata, metadata);
    });
    fbb_.Finish(root, "TFL3");
    return {fbb_.GetBufferPointer(), fbb_.GetBufferPointer() + fbb_.GetSize()};
  }

 private:
  template <typename Fill>
  part table(Fill fill) {
    const auto start = fbb_.StartTable();
    fill();
    return {fbb_.EndTable(start)};
  }
  template <typename List, typename Write>
  flatbuffers::Offset<flatbuffers::Vector<part>> all(const List& list, Write write_one) {
    std::vector<part> parts;
    for (const auto& one : list) parts.push_back(write_one(one));
    return fbb_.CreateVector(parts);
  }
  flatbuffers::Offset<flatbuffers::Vector<std::int32_t>> numbers(const std::vector<int>& v) {
    return fbb_.CreateVector<std::int32_t>(v);
  }

  std::uint32_t new_buffer(const bytes& data) {
    buffers_.push_back(data);
    return static_cast<std::uint32_t>(buffers_.size() - 1);
  }
  std::uint32_t buffer_of(const tensor& t) {
    if (t.data.empty()) return net_.buffer_per_activation ? new_buffer({}) : 0;
    const auto found = std::find(buffers_.begin(), buffers_.end(), t.data);
    return found == buffers_.end() ? new_buffer(t.data) : static_cast<std::uint32_t>(found - buffers_.begin());
  }
  part write_buffer(const bytes& data) {
    if (data.empty()) return table([] {});
    fbb_.ForceVectorAlignment(data.size(), 1, 16);
    const auto content = fbb_.CreateVector(data);
    return table([&] { fbb_.AddOffset(schema::buffer::data, content); });
  }

  part write_tensor(const tensor& t) {
    namespace field = schema::tensor;
    part quantization;
    if (!t.quantized.scales.empty()) {
      const auto scales = fbb_.CreateVector(t.quantized.scales);
      const auto zero_points = fbb_.CreateVector(t.quantized.zero_points);
      quantization = table([&] {
        fbb_.AddOffset(schema::quantization::scale, scales);
        fbb_.AddOffset(schema::quantization::zero_point, zero_points);
        fbb_.AddElement<std::int32_t>(schema::quantization::dimension, t.quantized.dimension, 0);
      });
    }
    const auto shape = numbers(t.shape);
    const auto name = fbb_.CreateString(t.name);
    const std::uint32_t buffer = buffer_of(t);
    return table([&] {
      fbb_.AddOffset(field::shape, shape);
      fbb_.AddElement<std::int8_t>(field::type, static_cast<std::int8_t>(t.type), 0);
      fbb_.AddElement<std::uint32_t>(field::buffer, buffer, 0);
      fbb_.AddOffset(field::name, name);
      if (!quantization.IsNull()) fbb_.AddOffset(field::quantization, quantization);
    });
  }

  part write_code(code kind) {
    namespace field = schema::operator_code;
    constexpr int placeholder = 127;  // PLACEHOLDER_FOR_GREATER_OP_CODES
    const int number = static_cast<int>(kind);
    flatbuffers::Offset<flatbuffers::String> custom;
    if (kind == code::custom) custom = fbb_.CreateString("OurOwn");
    return table([&] {
      fbb_.AddElement<std::int8_t>(field::deprecated_builtin_code,
                                   static_cast<std::int8_t>(std::min(number, placeholder)), 0);
      if (!custom.IsNull()) fbb_.AddOffset(field::custom_code, custom);
      fbb_.AddElement<std::int32_t>(field::version, 1, 1);
      fbb_.AddElement<std::int32_t>(field::builtin_code, number, 0);
    });
  }

  part write_operation(const operation& o) {
    namespace field = schema::operation;
    auto found =
        std::find(codes_.begin() + static_cast<std::ptrdiff_t>(net_.unused_codes.size()), codes_.end(), o.kind);
    const auto index = static_cast<std::uint32_t>(found - codes_.begin());
    if (found == codes_.end()) codes_.push_back(o.kind);
    const std::uint8_t type = schema::options_type(o.kind);
    part how;
    if (type != 0) how = write_options(o);
    const auto inputs = numbers(o.inputs);
    const auto outputs = numbers(o.outputs);
    return table([&] {
      fbb_.AddElement<std::uint32_t>(field::opcode_index, index, 0);
      fbb_.AddOffset(field::inputs, inputs);
      fbb_.AddOffset(field::outputs, outputs);
      fbb_.AddElement<std::uint8_t>(field::options_type, type, 0);
      if (type != 0) fbb_.AddOffset(field::options, how);
    });
  }

  part write_options(const operation& o) {
    const options& how = o.how;
    const auto byte = [&](schema::field f, auto v) { fbb_.AddElement<std::int8_t>(f, static_cast<std::int8_t>(v), 0); };
    const auto number = [&](schema::field f, int v, int usual = 0) { fbb_.AddElement<std::int32_t>(f, v, usual); };
    const auto yes = [&](schema::field f, bool v) { fbb_.AddElement<std::uint8_t>(f, v ? 1 : 0, 0); };
    const auto new_shape = o.kind == code::reshape ? numbers(how.new_shape) : 0;
    return table([&] {
      switch (o.kind) {
        case code::conv_2d:
        case code::transpose_conv: {
          namespace field = schema::conv_2d;
          byte(field::padding, how.pad);
          number(field::stride_w, how.stride.w);
          number(field::stride_h, how.stride.h);
          byte(field::activation, how.act);
          if (o.kind == code::transpose_conv) break;
          number(field::dilation_w, how.dilation.w, 1);
          number(field::dilation_h, how.dilation.h, 1);
          break;
        }
        case code::depthwise_conv_2d: {
          namespace field = schema::depthwise_conv_2d;
          byte(field::padding, how.pad);
          number(field::stride_w, how.stride.w);
          number(field::stride_h, how.stride.h);
          number(field::depth_multiplier, how.depth_multiplier);
          byte(field::activation, how.act);
          number(field::dilation_w, how.dilation.w, 1);
          number(field::dilation_h, how.dilation.h, 1);
          break;
        }
        case code::average_pool_2d:
        case code::max_pool_2d: {
          namespace field = schema::pool_2d;
          byte(field::padding, how.pad);
          number(field::stride_w, how.stride.w);
          number(field::stride_h, how.stride.h);
          number(field::filter_w, how.filter.w);
          number(field::filter_h, how.filter.h);
          byte(field::activation, how.act);
          break;
        }
        case code::fully_connected:
          byte(schema::fully_connected::activation, how.act);
          yes(schema::fully_connected::keep_num_dims, how.keep_num_dims);
          break;
        case code::softmax:
          fbb_.AddElement<float>(schema::softmax::beta, how.beta, 0);
          break;
        case code::concatenation:
          number(schema::concatenation::axis, how.axis);
          byte(schema::concatenation::activation, how.act);
          break;
        case code::add:
        case code::mul:
        case code::sub:
          byte(schema::arithmetic::activation, how.act);
          break;
        case code::reshape:
          fbb_.AddOffset(schema::reshape::new_shape, new_shape);
          break;
        case code::mean:
          yes(schema::reducer::keep_dims, how.keep_dims);
          break;
        case code::resize_nearest_neighbor:
          yes(schema::resize::align_corners, how.align_corners);
          yes(schema::resize::half_pixel_centers, how.half_pixel_centers);
          break;
        case code::leaky_relu:
          fbb_.AddElement<float>(schema::leaky_relu::alpha, how.alpha, 0);
          break;
        default:
          break;  // an empty table
      }
    });
  }

  const network& net_;
  flatbuffers::FlatBufferBuilder fbb_;
  std::vector<bytes> buffers_;
  std::vector<code> codes_;
};

inline bytes write(const network& net) { return writer(net).write(); }

}  // namespace thimble::test::tflite
