// Reads a .tflite file that is known to be sound into a description: no checks. A second opinion on the library's reader,
// and the way to run the reference evaluator on files that others wrote.
#pragma once
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <flatbuffers/flatbuffers.h>

#include "support/tflite/model.hpp"
#include "support/tflite/schema.hpp"

namespace thimble::test::tflite {

class reader {
 public:
  explicit reader(const bytes& file) : root_(*flatbuffers::GetRoot<table>(file.data())) {
    if (!flatbuffers::BufferHasIdentifier(file.data(), "TFL3")) throw std::runtime_error("not a TFL3 file");
  }

  network read() const {
    network net;
    const table& graph = *tables(root_, schema::model::subgraphs)->Get(0);
    for (const table* t : *tables(graph, schema::subgraph::tensors)) net.tensors.push_back(read_tensor(*t));
    for (const table* o : *tables(graph, schema::subgraph::operators)) net.operations.push_back(read_operation(*o));
    net.inputs = vector<int, std::int32_t>(graph, schema::subgraph::inputs);
    net.outputs = vector<int, std::int32_t>(graph, schema::subgraph::outputs);
    net.description = text(root_, schema::model::description);
    return net;
  }

 private:
  using table = flatbuffers::Table;
  using table_list = flatbuffers::Vector<flatbuffers::Offset<table>>;

  static const table_list* tables(const table& t, schema::field f) { return t.GetPointer<const table_list*>(f); }
  static std::string text(const table& t, schema::field f) {
    const auto* s = t.GetPointer<const flatbuffers::String*>(f);
    return s == nullptr ? std::string() : s->str();
  }
  template <typename To, typename Stored = To>
  static std::vector<To> vector(const table& t, schema::field f) {
    const auto* v = t.GetPointer<const flatbuffers::Vector<Stored>*>(f);
    return v == nullptr ? std::vector<To>() : std::vector<To>(v->begin(), v->end());
  }

  tensor read_tensor(const table& t) const {
    namespace field = schema::tensor;
    tensor r;
    r.name = text(t, field::name);
    r.type = static_cast<element>(t.GetField<std::int8_t>(field::type, 0));
    r.shape = vector<int, std::int32_t>(t, field::shape);
    if (const auto* q = t.GetPointer<const table*>(field::quantization)) {
      r.quantized.scales = vector<float>(*q, schema::quantization::scale);
      r.quantized.zero_points = vector<std::int64_t>(*q, schema::quantization::zero_point);
      r.quantized.dimension = q->GetField<std::int32_t>(schema::quantization::dimension, 0);
    }
    const auto buffer = t.GetField<std::uint32_t>(field::buffer, 0);
    r.data = vector<std::uint8_t>(*tables(root_, schema::model::buffers)->Get(buffer), schema::buffer::data);
    return r;
  }

  code read_code(std::uint32_t index) const {
    namespace field = schema::operator_code;
    const table& c = *tables(root_, schema::model::operator_codes)->Get(index);
    const int old = c.GetField<std::int8_t>(field::deprecated_builtin_code, 0);
    const int now = c.GetField<std::int32_t>(field::builtin_code, 0);
    return static_cast<code>(old > now ? old : now);  // older writers know only the first, newer write 127 there
  }

  operation read_operation(const table& t) const {
    namespace field = schema::operation;
    operation o;
    o.kind = read_code(t.GetField<std::uint32_t>(field::opcode_index, 0));
    o.inputs = vector<int, std::int32_t>(t, field::inputs);
    o.outputs = vector<int, std::int32_t>(t, field::outputs);
    if (const auto* how = t.GetPointer<const table*>(field::options)) o.how = read_options(o.kind, *how);
    return o;
  }

  static options read_options(code kind, const table& t) {
    options how;
    const auto number = [&](schema::field f, int usual = 0) { return t.GetField<std::int32_t>(f, usual); };
    const auto yes = [&](schema::field f) { return t.GetField<std::uint8_t>(f, 0) != 0; };
    const auto act = [&](schema::field f) { return static_cast<activation>(t.GetField<std::int8_t>(f, 0)); };
    const auto pad = [&](schema::field f) { return static_cast<padding>(t.GetField<std::int8_t>(f, 0)); };
    switch (kind) {
      case code::conv_2d:
      case code::transpose_conv: {
        namespace field = schema::conv_2d;
        how.pad = pad(field::padding);
        how.stride = {number(field::stride_h), number(field::stride_w)};
        how.act = act(field::activation);
        if (kind == code::conv_2d) how.dilation = {number(field::dilation_h, 1), number(field::dilation_w, 1)};
        break;
      }
      case code::depthwise_conv_2d: {
        namespace field = schema::depthwise_conv_2d;
        how.pad = pad(field::padding);
        how.stride = {number(field::stride_h), number(field::stride_w)};
        how.depth_multiplier = number(field::depth_multiplier);
        how.act = act(field::activation);
        how.dilation = {number(field::dilation_h, 1), number(field::dilation_w, 1)};
        break;
      }
      case code::average_pool_2d:
      case code::max_pool_2d: {
        namespace field = schema::pool_2d;
        how.pad = pad(field::padding);
        how.stride = {number(field::stride_h), number(field::stride_w)};
        how.filter = {number(field::filter_h), number(field::filter_w)};
        how.act = act(field::activation);
        break;
      }
      case code::fully_connected:
        how.act = act(schema::fully_connected::activation);
        how.keep_num_dims = yes(schema::fully_connected::keep_num_dims);
        break;
      case code::softmax:
        how.beta = t.GetField<float>(schema::softmax::beta, 0);
        break;
      case code::concatenation:
        how.axis = number(schema::concatenation::axis);
        how.act = act(schema::concatenation::activation);
        break;
      case code::add:
      case code::mul:
      case code::sub:
        how.act = act(schema::arithmetic::activation);
        break;
      case code::reshape:
        how.new_shape = vector<int, std::int32_t>(t, schema::reshape::new_shape);
        break;
      case code::mean:
        how.keep_dims = yes(schema::reducer::keep_dims);
        break;
      case code::resize_nearest_neighbor:
        how.align_corners = yes(schema::resize::align_corners);
        how.half_pixel_centers = yes(schema::resize::half_pixel_centers);
        break;
      case code::leaky_relu:
        how.alpha = t.GetField<float>(schema::leaky_relu::alpha, 0);
        break;
      default:
        break;
    }
    return how;
  }

  const table& root_;
};

inline network read(const bytes& file) { return reader(file).read(); }

}  // namespace thimble::test::tflite
