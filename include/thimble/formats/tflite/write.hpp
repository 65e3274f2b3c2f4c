// A quantized network as a .tflite file (schema version 3), as TensorFlow's converter would have made it. Host only; needs FlatBuffers'
// headers, without generated code.
#pragma once
#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <flatbuffers/flatbuffers.h>

#include <thimble/formats/quantized_parameters.hpp>
#include <thimble/formats/tflite/schema.hpp>
#include <thimble/network/graph.hpp>

namespace thimble::tflite {

namespace detail {

/// Places of fields in the schema's tables.
struct field {
  std::uint16_t at;
  constexpr explicit field(int number) : at(static_cast<std::uint16_t>(4 + 2 * number)) {}
};

/// Tensors, operators and buffers are collected in order, then written from the inside out.
class file_writer {
  using part = flatbuffers::Offset<flatbuffers::Table>;

 public:
  /// Scales: one, or one an output channel along `axis`. Data: empty for what is computed.
  struct tensor {
    std::string name;
    tensor_type type;
    std::vector<int> shape;
    std::vector<float> scale;
    std::vector<std::int64_t> zero_point;
    int axis = 0;
    std::vector<std::uint8_t> data{};
  };
  struct window_options {
    int padding = 0, stride_w = 1, stride_h = 1, dilation_w = 1, dilation_h = 1, filter_w = 1, filter_h = 1;
  };
  struct applied {
    operation what;
    std::vector<int> inputs;
    int output;
    int activation = 0;
    window_options win{};
    std::vector<int> new_shape{};
  };

  int add(tensor t) {
    tensors_.push_back(std::move(t));
    return static_cast<int>(tensors_.size()) - 1;
  }
  void add(applied a) { operators_.push_back(std::move(a)); }
  [[nodiscard]] const tensor& at(int t) const { return tensors_[static_cast<std::size_t>(t)]; }

  std::vector<unsigned char> finish(int input, int output, const std::string& description) {
    buffers_.push_back({});  // the empty one, of all that is computed
    const auto tensors = each(tensors_, [&](const tensor& t) { return write(t); });
    const auto operators = each(operators_, [&](const applied& a) { return write(a); });
    const auto codes = each(codes_, [&](operation code) {
      const int number = static_cast<int>(code);  // all of them lie under 127, where the old field ends
      return table([&] {
        put<std::int8_t>(field(0), static_cast<std::int8_t>(number));
        put<std::int32_t>(field(2), 1);
        put<std::int32_t>(field(3), number);
      });
    });
    const auto inputs = b_.CreateVector(std::vector<int>{input}), outputs = b_.CreateVector(std::vector<int>{output});
    const auto name = b_.CreateString("main");
    const std::vector<part> graph{table([&] {
      b_.AddOffset(field(0).at, tensors);
      b_.AddOffset(field(1).at, inputs);
      b_.AddOffset(field(2).at, outputs);
      b_.AddOffset(field(3).at, operators);
      b_.AddOffset(field(4).at, name);
    })};
    const auto graphs = b_.CreateVector(graph);
    const auto buffers = each(buffers_, [&](const std::vector<std::uint8_t>& data) {
      if (data.empty()) return table([] {});
      b_.ForceVectorAlignment(data.size(), 1, 16);
      const auto bytes = b_.CreateVector(data);
      return table([&] { b_.AddOffset(field(0).at, bytes); });
    });
    const auto text = b_.CreateString(description);
    const part model = table([&] {
      put<std::uint32_t>(field(0), static_cast<std::uint32_t>(schema_version));
      b_.AddOffset(field(1).at, codes);
      b_.AddOffset(field(2).at, graphs);
      b_.AddOffset(field(3).at, text);
      b_.AddOffset(field(4).at, buffers);
    });
    b_.Finish(model, identifier);
    return {b_.GetBufferPointer(), b_.GetBufferPointer() + b_.GetSize()};
  }

 private:
  template <class Fill>
  part table(Fill fill) {
    const auto begin = b_.StartTable();
    fill();
    return {b_.EndTable(begin)};
  }
  template <class List, class Write>
  flatbuffers::Offset<flatbuffers::Vector<part>> each(const List& list, Write one) {
    std::vector<part> parts;
    for (const auto& v : list) parts.push_back(one(v));
    return b_.CreateVector(parts);
  }
  template <class T>
  void put(field f, T v, T usual = T{}) {
    b_.AddElement<T>(f.at, v, usual);
  }

  part write(const tensor& t) {
    part quantization;
    if (!t.scale.empty()) {
      const auto scale = b_.CreateVector(t.scale);
      const auto zero = b_.CreateVector(t.zero_point);
      quantization = table([&] {
        b_.AddOffset(field(2).at, scale);
        b_.AddOffset(field(3).at, zero);
        put<std::int32_t>(field(6), t.axis);
      });
    }
    const auto shape = b_.CreateVector(t.shape);
    const auto name = b_.CreateString(t.name);
    std::uint32_t buffer = 0;
    if (!t.data.empty()) {
      buffer = static_cast<std::uint32_t>(buffers_.size());
      buffers_.push_back(t.data);
    }
    return table([&] {
      b_.AddOffset(field(0).at, shape);
      put<std::int8_t>(field(1), static_cast<std::int8_t>(t.type));
      put<std::uint32_t>(field(2), buffer);
      b_.AddOffset(field(3).at, name);
      if (!quantization.IsNull()) b_.AddOffset(field(4).at, quantization);
    });
  }

  part write(const applied& a) {
    auto code = std::find(codes_.begin(), codes_.end(), a.what);
    const auto index = static_cast<std::uint32_t>(code - codes_.begin());
    if (code == codes_.end()) codes_.push_back(a.what);
    const auto inputs = b_.CreateVector(a.inputs), outputs = b_.CreateVector(std::vector<int>{a.output});
    const auto [type, options] = options_of(a);
    return table([&] {
      put<std::uint32_t>(field(0), index);
      b_.AddOffset(field(1).at, inputs);
      b_.AddOffset(field(2).at, outputs);
      put<std::uint8_t>(field(3), type);
      b_.AddOffset(field(4).at, options);
    });
  }

  /// The number of the table in the union BuiltinOptions, and the table.
  std::pair<std::uint8_t, part> options_of(const applied& a) {
    const auto byte = [&](int n, int v) { put<std::int8_t>(field(n), static_cast<std::int8_t>(v)); };
    const auto word = [&](int n, int v, int usual = 0) { put<std::int32_t>(field(n), v, usual); };
    const window_options& w = a.win;
    switch (a.what) {
      case operation::conv_2d:
        return {std::uint8_t{1}, table([&] {
                  byte(0, w.padding), word(1, w.stride_w), word(2, w.stride_h), byte(3, a.activation);
                  word(4, w.dilation_w, 1), word(5, w.dilation_h, 1);
                })};
      case operation::depthwise_conv_2d:
        return {std::uint8_t{2}, table([&] {
                  byte(0, w.padding), word(1, w.stride_w), word(2, w.stride_h), word(3, 1), byte(4, a.activation);
                  word(5, w.dilation_w, 1), word(6, w.dilation_h, 1);
                })};
      case operation::average_pool_2d:
      case operation::max_pool_2d:
        return {std::uint8_t{5}, table([&] {
                  byte(0, w.padding), word(1, w.stride_w), word(2, w.stride_h), word(3, w.filter_w);
                  word(4, w.filter_h), byte(5, a.activation);
                })};
      case operation::fully_connected:
        return {std::uint8_t{8}, table([&] { byte(0, a.activation); })};
      case operation::add:
        return {std::uint8_t{11}, table([&] { byte(0, a.activation); })};
      default: {  // reshape
        const auto shape = b_.CreateVector(a.new_shape);
        return {std::uint8_t{17}, table([&] { b_.AddOffset(field(0).at, shape); })};
      }
    }
  }

  flatbuffers::FlatBufferBuilder b_;
  std::vector<tensor> tensors_;
  std::vector<applied> operators_;
  std::vector<operation> codes_;
  std::vector<std::vector<std::uint8_t>> buffers_;
};

}  // namespace detail
}  // namespace thimble::tflite
