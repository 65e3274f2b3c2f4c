// A TensorFlow Lite file as plain values: the same reader in the compiler and on the host. It trusts nothing: `check`
// reads all that the network uses and returns the first thing that is wrong.
#pragma once
#include <cstdint>
#include <initializer_list>

#include <thimble/formats/flatbuffer.hpp>
#include <thimble/formats/tflite/fault.hpp>
#include <thimble/formats/tflite/operator_names.hpp>
#include <thimble/formats/tflite/options.hpp>
#include <thimble/formats/tflite/schema.hpp>

namespace thimble::tflite {

inline constexpr int most_dimensions = 6;
inline constexpr int most_tables = 4096;                ///< tensors, and operators
inline constexpr int most_window = 1 << 15;             ///< rows or columns, and its stride and dilation
inline constexpr int most_scales = 1 << 16;             ///< of one tensor
inline constexpr std::int64_t most_elements = 1 << 26;  ///< of one tensor: sums of 16 extents stay in int

struct tensor {
  int type = 0, rank = 0;
  int dim[most_dimensions]{};
  float scale = 0;     ///< the first; 0: not quantized
  int zero_point = 0;  ///< the first; of tensors with several, all are 0
  int scales = 0;      ///< 1: per tensor
  int axis = 0;        ///< along which there are several
  std::uint32_t scales_at = 0, data_at = 0, data_bytes = 0, name_at = 0, name_length = 0;
  [[nodiscard]] constexpr bool is(tensor_type t) const { return type == static_cast<int>(t); }
  [[nodiscard]] constexpr bool is_constant() const { return data_bytes > 0; }
  [[nodiscard]] constexpr std::int64_t elements() const {
    std::int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= dim[i];
    return n;
  }
  /// The last extent but `from_last`, 1 where there is none: 0 channels, 1 columns, 2 rows.
  [[nodiscard]] constexpr int extent(int from_last) const { return from_last < rank ? dim[rank - 1 - from_last] : 1; }
  friend constexpr bool operator==(const tensor&, const tensor&) = default;
};

/// The file's tables, found once.
struct layout {
  std::uint32_t model = 0, graph = 0;
  flatbuffer::vector codes, buffers, tensors, operators, inputs, outputs;
};

/// Reads one file. Byte is char or unsigned char.
template <class Byte>
class reader {
 public:
  constexpr reader(const Byte* data, std::uint32_t size) : f(data, size) {
    for (std::uint32_t i = 0; i < 4; ++i)
      if (size >= 8 && f.u8(4 + i) != static_cast<std::uint8_t>(identifier[i])) named_ = false;
    if (size < 8 || size > 0x7fffffff || !named_) return;
    l_.model = f.follow(0);
    version_ = f.int_field(l_.model, 0);
    l_.codes = f.vector_field(l_.model, 1, 4);
    l_.buffers = f.vector_field(l_.model, 4, 4);
    const auto graphs = f.vector_field(l_.model, 2, 4);
    graphs_ = static_cast<int>(graphs.count);
    l_.graph = f.table_at(graphs, 0);
    l_.tensors = f.vector_field(l_.graph, 0, 4);
    l_.inputs = f.vector_field(l_.graph, 1, 4);
    l_.outputs = f.vector_field(l_.graph, 2, 4);
    l_.operators = f.vector_field(l_.graph, 3, 4);
  }

  [[nodiscard]] constexpr int tensors() const { return static_cast<int>(l_.tensors.count); }
  [[nodiscard]] constexpr int operators() const { return static_cast<int>(l_.operators.count); }
  [[nodiscard]] constexpr int inputs() const { return static_cast<int>(l_.inputs.count); }
  [[nodiscard]] constexpr int outputs() const { return static_cast<int>(l_.outputs.count); }
  constexpr int input() { return l_.inputs.count > 0 ? f.i32(l_.inputs.at) : -1; }
  constexpr int output() { return l_.outputs.count > 0 ? f.i32(l_.outputs.at) : -1; }

  /// Tensor i, 0 <= i < tensors().
  constexpr tensor tensor_at(int i) {
    tensor t;
    const std::uint32_t at = table(l_.tensors, i);
    t.type = f.byte_field(at, 1);
    const auto dims = f.vector_field(at, 0, 4);
    t.rank = static_cast<int>(dims.count > most_dimensions ? most_dimensions + 1 : dims.count);
    for (int k = 0; k < t.rank && k < most_dimensions; ++k) t.dim[k] = f.i32(dims.at + 4 * static_cast<unsigned>(k));
    const auto name = f.vector_field(at, 3, 1);
    t.name_at = name.at;
    t.name_length = name.count;
    const int buffer = f.int_field(at, 2);
    if (buffer >= 0) {
      const auto data = f.vector_field(f.table_at(l_.buffers, static_cast<std::uint32_t>(buffer)), 0, 1);
      t.data_at = data.at;
      t.data_bytes = data.count;
    }
    if (const std::uint32_t q = f.table_field(at, 4); q != 0) {
      const auto scales = f.vector_field(q, 2, 4), zeros = f.vector_field(q, 3, 8);
      t.scales = static_cast<int>(scales.count);
      t.scales_at = scales.at;
      if (scales.count > 0) t.scale = f.f32(scales.at);
      if (zeros.count > 0) t.zero_point = f.i32(zeros.at);
      t.axis = f.int_field(q, 6);
    }
    return t;
  }

  /// Operator i, 0 <= i < operators().
  constexpr operator_info operator_at(int i) {
    operator_info o;
    const std::uint32_t at = table(l_.operators, i);
    const std::uint32_t code = f.table_at(l_.codes, static_cast<std::uint32_t>(f.int_field(at, 0)));
    const int old = f.byte_field(code, 0), now = f.int_field(code, 3);
    o.code = now > old ? now : old;
    const auto in = f.vector_field(at, 1, 4), out = f.vector_field(at, 2, 4);
    o.inputs = static_cast<int>(in.count > most_operands ? most_operands + 1 : in.count);
    for (int k = 0; k < o.inputs && k < most_operands; ++k) o.input[k] = f.i32(in.at + 4 * static_cast<unsigned>(k));
    o.outputs = static_cast<int>(out.count);
    if (out.count > 0) o.output = f.i32(out.at);
    read_options(f, o, f.table_field(at, 4));
    return o;
  }

  /// Element i of an int32 (or int64: the low half) tensor that is constant.
  constexpr int integer(const tensor& t, int i) {
    const unsigned width = t.is(tensor_type::int64) ? 8 : 4;
    return f.i32(t.data_at + width * static_cast<unsigned>(i));
  }

  /// What is wrong with the file itself: everything that the graph refers to is read once. Ranges of dimensions, operands,
  /// scales and data are checked here, so that who reads later need not; the work grows with the file's size only.
  constexpr fault check() {
    if (f.size() > 0x7fffffff) return of_file(fault_kind::not_supported, 0x7fffffff, "a file of 2 GB or more");
    if (f.size() < 8) return of_file(fault_kind::cut_short, f.size(), "it has no header of 8 bytes");
    if (!named_) return of_file(fault_kind::wrong_identifier, 4, "bytes 4 to 7 are not TFL3");
    if (damage().found()) return damage();
    if (version_ != schema_version)
      return of_file(fault_kind::wrong_version, l_.model, "it is not of schema version 3");
    if (graphs_ < 1) return of_file(fault_kind::damaged, l_.model, "it holds no subgraph");
    if (operators() < 1) return of_file(fault_kind::damaged, l_.graph, "its subgraph has no operator");
    if (tensors() > most_tables || operators() > most_tables)
      return of_file(fault_kind::not_supported, l_.graph, "over 4096 tensors or operators");
    if (inputs() != 1) return of_file(fault_kind::not_supported, l_.graph, "it must have one input");
    if (outputs() != 1) return of_file(fault_kind::not_supported, l_.graph, "it must have one output");
    if (!is_tensor(input())) return of_file(fault_kind::damaged, l_.inputs.at, "its input is no tensor");
    if (!is_tensor(output())) return of_file(fault_kind::damaged, l_.outputs.at, "its output is no tensor");
    scales_ = 0;
    for (int i = 0; i < operators(); ++i)
      if (const fault w = check_operator(i); w.found()) return w;
    for (int i = 0; i < tensors(); ++i)
      if (const fault w = check_tensor(i); w.found()) return w;
    return {};
  }

  // Faults with the offset of the table that they are about.
  static constexpr fault of_file(fault_kind kind, std::uint32_t at, const char* why) {
    return {kind, subject::file, at, -1, -1, why};
  }
  constexpr fault of_graph(fault_kind kind, const char* why) const { return of_file(kind, l_.graph, why); }
  constexpr fault of_tensor(fault_kind kind, int i, int type, const char* why) {
    return {kind, subject::tensor, table(l_.tensors, i), i, type, why};
  }
  constexpr fault of_operator(fault_kind kind, int i, int code, const char* why) {
    return {kind, subject::operation, table(l_.operators, i), i, code, why};
  }

  flatbuffer::file<Byte> f;

 private:
  constexpr std::uint32_t table(flatbuffer::vector v, int i) { return f.table_at(v, static_cast<std::uint32_t>(i)); }
  [[nodiscard]] constexpr bool is_tensor(int i) const { return i >= 0 && i < tensors(); }
  /// What of the bytes read so far lies outside, while reading tensor or operator i.
  [[nodiscard]] constexpr fault damage(subject about = subject::file, int i = -1) const {
    switch (f.what()) {
      case flatbuffer::problem::none:
        return {};
      case flatbuffer::problem::cut_short:
        return {fault_kind::cut_short, about, f.where(), i, -1, "the file ends too early"};
      case flatbuffer::problem::offset_outside:
        return {fault_kind::offset_outside, about, f.where(), i, -1, "cut short, or an offset is wrong"};
    }
    return {};
  }

  /// Shapes, data and quantization that contradict themselves. Types are checked where a tensor is used.
  constexpr fault check_tensor(int i) {
    const std::uint32_t at = table(l_.tensors, i);
    const tensor t = tensor_at(i);
    if (damage().found()) return damage(subject::tensor, i);
    if (at == 0)
      return {
          fault_kind::damaged, subject::tensor, l_.tensors.at + 4 * static_cast<std::uint32_t>(i), i, -1, "missing"};
    const auto damaged = [&](const char* why) { return of_tensor(fault_kind::damaged, i, t.type, why); };
    const auto not_supported = [&](const char* why) { return of_tensor(fault_kind::not_supported, i, t.type, why); };
    const int buffer = f.int_field(at, 2);
    if (buffer < 0 || static_cast<std::uint32_t>(buffer) >= l_.buffers.count)
      return damaged("its buffer does not exist");
    if (t.rank > most_dimensions) return not_supported("more than 6 dimensions");
    std::int64_t elements = 1;
    for (int k = 0; k < t.rank; ++k) {
      if (t.dim[k] < 0) return damaged("a negative extent");
      elements *= t.dim[k];  // both factors are under 2^31
      if (elements > most_elements) return not_supported("more than 2^26 elements");
    }
    if (f.field(at, 6) != 0) return not_supported("sparse data");
    const int width = t.is(tensor_type::int32) || t.is(tensor_type::float32) ? 4
                      : t.is(tensor_type::int64)                             ? 8
                      : t.is(tensor_type::int8) || t.is(tensor_type::uint8)  ? 1
                                                                             : 0;
    if (t.is_constant() && width > 0 && t.data_bytes != static_cast<std::uint64_t>(elements * width))
      return damaged("its data do not fill its shape");
    return check_quantization(i, t);
  }

  /// Of scales: none, one, or one for each index along an axis, then with zero points of 0.
  constexpr fault check_quantization(int i, const tensor& t) {
    const auto damaged = [&](const char* why) { return of_tensor(fault_kind::damaged, i, t.type, why); };
    if (t.scales == 0) return {};
    const std::uint32_t q = f.table_field(table(l_.tensors, i), 4);
    const auto zeros = f.vector_field(q, 3, 8);
    if (static_cast<std::int64_t>(zeros.count) != t.scales) return damaged("not as many zero points as scales");
    if (!(t.scale >= 0 && t.scale < 1e30f)) return damaged("its scale is not in [0, 1e30)");
    if (f.i32(zeros.at + 4) != (t.zero_point < 0 ? -1 : 0)) return damaged("its zero point is too large");
    if (t.scales == 1 || !t.is(tensor_type::int8)) return {};
    if (t.scales > most_scales) return of_tensor(fault_kind::not_supported, i, t.type, "more than 65536 scales");
    scales_ += t.scales;
    if (scales_ > 16 * most_scales) return of_graph(fault_kind::not_supported, "more than 2^20 scales");
    if (t.axis < 0 || t.axis >= t.rank || t.dim[t.axis] != t.scales) return damaged("its scales do not fit its shape");
    if (!f.is_below(f.vector_field(q, 2, 4), 0x44)) return damaged("a scale is not in [0, 512)");
    if (!f.is_zero(zeros)) return of_tensor(fault_kind::not_supported, i, t.type, "its channels have zero points");
    return {};
  }

  constexpr fault check_operator(int i) {
    const std::uint32_t at = table(l_.operators, i);
    const auto index = static_cast<std::uint32_t>(f.int_field(at, 0));
    if (damage().found()) return damage(subject::operation, i);
    if (at == 0)
      return {fault_kind::damaged,
              subject::operation,
              l_.operators.at + 4 * static_cast<std::uint32_t>(i),
              i,
              -1,
              "missing"};
    if (index >= l_.codes.count) return of_operator(fault_kind::damaged, i, -1, "its code does not exist");
    const operator_info o = operator_at(i);
    if (damage().found()) return damage(subject::operation, i);
    if (!is_known(o.code)) return of_operator(fault_kind::operator_unknown, i, o.code, "not supported");
    const auto damaged = [&](const char* why) { return of_operator(fault_kind::damaged, i, o.code, why); };
    if (o.inputs > most_operands) return of_operator(fault_kind::not_supported, i, o.code, "more than 16 inputs");
    if (o.outputs != 1 || !is_tensor(o.output)) return damaged("it does not make one tensor");
    for (int k = 0; k < o.inputs; ++k)
      if (o.input[k] != -1 && !is_tensor(o.input[k])) return damaged("it reads what is no tensor");
    if (o.at(0) < 0) return damaged("it has no input");
    const auto sized = [](int h, int w) { return h >= 1 && w >= 1 && h <= most_window && w <= most_window; };
    if (!sized(o.stride_h, o.stride_w)) return damaged("its stride is not in [1, 32768]");
    if (!sized(o.dilation_h, o.dilation_w)) return damaged("its dilation is not in [1, 32768]");
    if (!sized(o.filter_h, o.filter_w)) return damaged("its window is not in [1, 32768]");
    if (!o.padding_known) return damaged("padding is neither SAME nor VALID");
    if (o.activation < 0 || o.activation > 3)
      return of_operator(fault_kind::not_supported, i, o.code, "its fused activation is unknown");
    for (const float v : {o.alpha, o.beta})
      if (!(v > -1e30f && v < 1e30f)) return damaged("its alpha or beta is no number");
    return {};
  }

  layout l_;
  int version_ = 0, graphs_ = 0, scales_ = 0;
  bool named_ = true;
};

}  // namespace thimble::tflite
