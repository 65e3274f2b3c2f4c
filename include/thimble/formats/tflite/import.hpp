// From a file's operators to nodes: which of them stay, what each reads, what is folded.
// - PAD is folded into the convolutions that read it, where its border is theirs: real zeros around rows and columns.
// - Float at the edges: QUANTIZE at the begin and DEQUANTIZE at the end are no nodes; inside all is int8.
// - uint8 at the edges: the input is taken as int8, 128 less, and a QUANTIZE that does only that is no node; nor is the last.
// - A constant that an element-wise operator reads is a node of its own, in flash.
#pragma once
#include <cstddef>

#include <thimble/formats/tflite/imported.hpp>
#include <thimble/formats/tflite/operands.hpp>
#include <thimble/formats/tflite/read.hpp>

namespace thimble::tflite {

/// The file's tables as values: `t[tensor]`, `op[operator]`, `input`, `output`, `tensors`, `operators`.
template <class Contents, class Byte>
class importer {
 public:
  constexpr importer(const Contents& c, reader<Byte>& r, imported_graph& g) : c_(c), r_(r), g_(g) {}

  constexpr void run() {
    for (int i = 0; i < c_.tensors; ++i) g_.node_of[i] = -1;
    enter();
    for (int i = 0; i < c_.operators && !g_.wrong.found(); ++i) take(i);
    if (!g_.wrong.found()) leave();
  }

 private:
  constexpr const operator_info& op(int i) const { return c_.op[static_cast<std::size_t>(i)]; }
  constexpr const tensor& t(int i) const { return c_.t[static_cast<std::size_t>(i)]; }

  constexpr void reject(const fault& w) {
    if (!g_.wrong.found()) g_.wrong = w;
  }
  constexpr void reject(int i, const char* why) {
    if (why != nullptr) reject(r_.of_operator(fault_kind::not_supported, i, op(i).code, why));
  }
  constexpr void reject_tensor(int i, const char* why) {
    if (why != nullptr) reject(r_.of_tensor(fault_kind::not_supported, i, t(i).type, why));
  }
  constexpr void reject_type(int i, const char* why = "values inside must be int8") {
    reject(r_.of_tensor(fault_kind::type_unknown, i, t(i).type, why));
  }
  static constexpr quantization affine(const tensor& x) { return {x.scale, x.zero_point}; }
  static constexpr bool same(const tensor& a, const tensor& b) {
    return a.scale == b.scale && a.zero_point == b.zero_point;
  }

  constexpr int push(int number, int tensor) {
    imported_node& n = g_.nodes[g_.count];
    n.number = number;
    n.tensor = tensor;
    check_value(tensor);
    g_.node_of[tensor] = g_.count;
    return g_.count++;
  }
  /// Whether a tensor can be a node's output.
  constexpr void check_value(int i) {
    if (!t(i).is(tensor_type::int8)) return reject_type(i);
    reject_tensor(i, wrong_value(t(i)));
    elements_ += t(i).elements();
    if (elements_ > 1 << 28) reject(r_.of_graph(fault_kind::not_supported, "more than 2^28 values in all"));
  }

  /// Node 0 is the input: the file's, or what QUANTIZE makes of float.
  constexpr void enter() {
    const tensor& x = t(c_.input);
    g_.in = {static_cast<tensor_type>(x.type), affine(x)};
    if (x.is(tensor_type::int8)) {
      push(imported_node::input_node, c_.input);
    } else if (x.is(tensor_type::uint8)) {
      if (const char* why = wrong_value(x, 0)) return reject_tensor(c_.input, why);
      g_.nodes[0].tensor = c_.input;
      g_.node_of[c_.input] = g_.count++;
    } else {
      for (int i = 0; x.is(tensor_type::float32) && i < c_.operators && g_.count == 0; ++i)
        if (is_quantize_of_input(i)) push(imported_node::input_node, op(i).output);
      if (g_.count == 0)
        reject_type(c_.input,
                    x.is(tensor_type::float32) ? "never quantized to int8" : "inputs are int8, uint8 or float32");
    }
  }
  constexpr bool is_quantize_of_input(int i) const {
    return op(i).what() == operation::quantize && op(i).at(0) == c_.input;
  }

  /// An operator that is an edge: its output is the input's node, or is the network's and not int8. Either is an alias.
  constexpr bool is_edge(int i) {
    const operator_info& o = op(i);
    const tensor& y = t(o.output);
    if (is_quantize_of_input(i) && !g_.takes(tensor_type::int8)) {
      const quantization made = affine(y), have = quantization_of_input();
      const bool equal = made.scale == have.scale && made.zero_point == have.zero_point && y.is(tensor_type::int8);
      if (equal) return alias(i);
      if (g_.takes(tensor_type::float32)) return reject(i, "the input is quantized in two ways"), true;
    }
    const bool to_float = o.what() == operation::dequantize && y.is(tensor_type::float32);
    const bool to_uint8 = o.what() == operation::quantize && y.is(tensor_type::uint8);
    return o.output == c_.output && (to_float || to_uint8) && alias(i);
  }
  /// Always true: what operator i makes is what it reads.
  constexpr bool alias(int i) {
    const int x = op(i).at(0) == c_.input ? 0 : g_.node_of[op(i).at(0)];
    int& y = g_.node_of[op(i).output];
    if (t(op(i).output).elements() != t(op(i).at(0)).elements()) reject(i, "it changes the shape");
    if (x < 0) reject(i, "it reads what none before it makes");
    if (y != -1 && (x != 0 || y != 0)) reject(i, "its output is made twice");
    y = x;
    return true;
  }
  /// Of node 0.
  constexpr quantization quantization_of_input() const {
    const quantization q = affine(t(g_.nodes[0].tensor));
    return {q.scale, q.zero_point - (g_.takes(tensor_type::uint8) ? 128 : 0)};
  }

  constexpr void take(int i) {
    const operator_info& o = op(i);
    if (t(o.output).is_constant()) return reject(i, "it writes a constant");
    if (is_edge(i)) return;
    if (o.what() == operation::dequantize) return reject(i, "float values inside the network");
    if (g_.node_of[o.output] != -1 || o.output == c_.input) return reject(i, "its output is made twice");
    if (folds(i)) {
      g_.node_of[o.output] = -2 - i;
      return;
    }
    check_parameters(i);
    if (g_.wrong.found()) return;
    int operand[most_operands]{};
    const int data = data_operands(o);
    for (int k = 0; k < data; ++k) {
      operand[k] = node_behind(i, o.what() == operation::transpose_conv ? 2 : k);
      if (g_.wrong.found()) return;
    }
    const int n = push(i, o.output);
    imported_node& node = g_.nodes[n];
    node.reads = data;
    for (int k = 0; k < data; ++k) node.read[k] = operand[k];
    absorb_padding(node, i);
    for (int k = 0; k < data; ++k) reject(i, wrong_ratio(o, t(g_.nodes[operand[k]].tensor), t(o.output)));
    reject(i, wrong_factors(o, t(g_.nodes[operand[0]].tensor), t(g_.nodes[operand[data > 1 ? 1 : 0]].tensor),
                            t(o.output)));
  }

  /// Operands that are no values: weights and bias, and the numbers that some operators take.
  constexpr void check_parameters(int i) {
    const operator_info& o = op(i);
    if (has_weights(o.what())) {
      const int w = o.at(1), b = o.at(o.what() == operation::transpose_conv ? 3 : 2);
      if (w < 0) return reject(i, "it has no weights");
      if (!t(w).is(tensor_type::int8)) return reject_type(w, "weights must be int8");
      reject(i, wrong_weights(o.what(), t(w)));
      if (b >= 0) reject(i, wrong_bias(t(b), t(w).dim[channel_axis(o.what())]));
    } else if (o.what() == operation::pad || o.what() == operation::mean) {
      const bool pads = o.what() == operation::pad;
      const int rank = t(o.at(0)).rank, list = o.at(1);
      if (list < 0 || !is_list(t(list)))
        return reject(i, pads ? "its paddings are no constants" : "its axes are no constants");
      const std::int64_t n = t(list).elements();
      if (pads ? n != 2 * rank : n > most_dimensions)
        return reject(i, pads ? "its paddings are not two an axis" : "it has more than 6 axes");
      for (int k = 0; k < static_cast<int>(n); ++k) {
        const int v = r_.integer(t(list), k);
        if (pads && (v < 0 || v > 1 << 12)) reject(i, "a padding is not in [0, 4096]");
        if (!pads && (v < -rank || v >= rank)) reject(i, "an axis does not exist");
      }
    }
  }

  /// Operands that are values; the others are parameters.
  static constexpr int data_operands(const operator_info& o) {
    switch (o.what()) {
      case operation::add:
      case operation::sub:
      case operation::mul:
      case operation::minimum:
      case operation::maximum:
        return 2;
      case operation::concatenation:
        return o.inputs;
      default:
        return 1;
    }
  }

  /// The node that makes operand k of operator i; a constant becomes one.
  constexpr int node_behind(int i, int k) {
    const int x = op(i).at(k);
    if (x < 0) return reject(i, "an input is missing"), 0;
    if (x == c_.input && g_.takes(tensor_type::uint8) && op(i).what() != operation::quantize)
      return reject_type(x, "only QUANTIZE reads uint8"), 0;
    if (g_.node_of[x] >= 0) return g_.node_of[x];
    if (t(x).is_constant()) {
      if (data_operands(op(i)) > 1) return push(imported_node::constant_node, x);
      return reject(i, "its input is a constant"), 0;
    }
    if (folded(x) >= 0) return g_.node_of[op(folded(x)).at(0)];
    return reject(i, "it reads what none before it makes"), 0;
  }

  // ---- PAD

  /// The PAD that makes tensor x, if it was folded, or -1.
  constexpr int folded(int x) const { return g_.node_of[x] < -1 ? -2 - g_.node_of[x] : -1; }
  static constexpr bool is_convolution(operation o) {
    return o == operation::conv_2d || o == operation::depthwise_conv_2d;
  }
  constexpr bool folds(int i) {
    const operator_info& o = op(i);
    if (o.what() != operation::pad || o.at(1) < 0 || o.output == c_.output) return false;
    const tensor &x = t(o.at(0)), &p = t(o.at(1)), &y = t(o.output);
    if (!x.is(tensor_type::int8) || !y.is(tensor_type::int8)) return false;
    if (x.rank != 4 || y.rank != 4 || !is_list(p) || p.elements() != 8 || !same(x, y) || g_.node_of[o.at(0)] < 0)
      return false;
    for (int k = 0; k < 8; ++k) {
      const int v = r_.integer(p, k);
      if (v < 0 || v > (k < 2 || k > 5 ? 0 : 1 << 12)) return false;
      if (k % 2 != 0 && y.dim[k / 2] - x.dim[k / 2] != r_.integer(p, k - 1) + v) return false;
    }
    bool read = false;
    for (int j = 0; j < c_.operators; ++j)
      for (int k = 0; k < op(j).inputs; ++k) {
        if (op(j).at(k) != o.output) continue;
        if (k != 0 || j < i || !is_convolution(op(j).what()) || !can_pad(op(j), p)) return false;
        read = true;
      }
    return read;
  }
  /// Kernels take a window of one row, or of one column, to have no border there.
  constexpr bool can_pad(const operator_info& o, const tensor& p) {
    if (o.at(1) < 0 || t(o.at(1)).rank != 4) return false;
    const bool rows = r_.integer(p, 2) + r_.integer(p, 3) > 0, columns = r_.integer(p, 4) + r_.integer(p, 5) > 0;
    return !(rows && t(o.at(1)).dim[1] == 1) && !(columns && t(o.at(1)).dim[2] == 1);
  }
  constexpr void absorb_padding(imported_node& n, int i) {
    if (!is_convolution(op(i).what())) return;
    const int pad = folded(op(i).at(0));
    if (pad < 0) return;
    const tensor& p = t(op(pad).at(1));
    n.top = r_.integer(p, 2);
    n.bottom = r_.integer(p, 3);
    n.left = r_.integer(p, 4);
    n.right = r_.integer(p, 5);
  }

  /// The list ends with the network's output.
  constexpr void leave() {
    const int last = c_.output;
    const tensor& y = t(last);
    if (!y.is(tensor_type::int8)) {
      g_.out = {static_cast<tensor_type>(y.type), affine(y)};
      if (y.is(tensor_type::uint8))
        reject_tensor(last, wrong_value(y, 0));
      else if (!y.is(tensor_type::float32))
        return reject_type(last, "outputs are int8, uint8 or float32");
    }
    if (g_.node_of[last] < 1) return reject(r_.of_graph(fault_kind::damaged, "no operator makes the output"));
    g_.count = g_.node_of[last] + 1;
  }

  const Contents& c_;
  reader<Byte>& r_;
  imported_graph& g_;
  std::int64_t elements_ = 0;  ///< of all nodes
};

/// Nodes at most: the input, the operators, and a constant for each operand of an element-wise operator.
template <class Contents>
constexpr int most_nodes(const Contents& c) {
  int n = 1;
  for (int i = 0; i < c.operators; ++i) {
    const operator_info& o = c.op[static_cast<std::size_t>(i)];
    ++n;
    for (int k = 0; k < o.inputs; ++k)
      n += o.at(k) >= 0 && c.t[static_cast<std::size_t>(o.at(k))].is_constant() ? 1 : 0;
  }
  return n;
}

}  // namespace thimble::tflite
