// A network by hand with its quantized numbers, as a .tflite file. Host only.
#pragma once
#include <thimble/formats/tflite/write.hpp>

namespace thimble::tflite {

namespace detail {

/// Little-endian, wherever this runs.
inline void append_word(std::vector<std::uint8_t>& to, std::int32_t v) {
  for (int shift = 0; shift < 32; shift += 8)
    to.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(v) >> shift));
}

/// One node after another becomes an operator, whose output is the node's tensor.
template <int N>
class network_writer {
 public:
  network_writer(const graph<N>& g, const quantized_parameters& q) : g_(g), q_(q) {
    if (q.activation.size() != static_cast<std::size_t>(N) || q.weight.size() != static_cast<std::size_t>(g.numbered))
      throw std::invalid_argument("write_tflite: these parameters belong to another network");
    for (int n = 0; n < N; ++n) write(n);
  }
  std::vector<unsigned char> finish(const std::string& description) {
    return file_.finish(tensor_of_[0], tensor_of_[N - 1], description);
  }

 private:
  void write(int n) {
    const facts& f = g_.at[n];
    const std::string kind = f.kind;
    const auto x = [&](int slot) { return tensor_of_[f.inputs[slot]]; };
    if (kind == "input") {
      tensor_of_[n] = value(n, image(f.out));
    } else if (kind == "conv2d" && f.groups == 1) {
      weighted(n, operation::conv_2d, x(0), {f.out.c, f.win.kernel_h, f.win.kernel_w, f.in.c}, 0, image(f.out));
    } else if (kind == "depthwise_conv2d") {
      weighted(n, operation::depthwise_conv_2d, x(0), {1, f.win.kernel_h, f.win.kernel_w, f.out.c}, 3, image(f.out));
    } else if (kind == "dense" && f.out.c == 1) {
      // FULLY_CONNECTED with one scale of its weights rounds s_x * s_w to float, which types do not say; CONV_2D never does.
      const int pixel = reshaped(x(0), {1, 1, 1, f.in.size()}, name_of(n) + "/pixel");
      weighted(n, operation::conv_2d, pixel, {1, 1, 1, f.in.size()}, 0, {1, 1, 1, 1});
      tensor_of_[n] = reshaped(tensor_of_[n], {1, 1}, name_of(n) + "/row");
    } else if (kind == "dense") {
      // What a dense layer reads is a row
      const int row = file_.at(x(0)).shape.size() == 2 ? x(0) : reshaped(x(0), {1, f.in.size()}, name_of(n) + "/row");
      weighted(n, operation::fully_connected, row, {f.out.c, f.in.size()}, 0, {1, f.out.c});
    } else if (kind == "residual") {
      apply(n, operation::add, {x(0), x(1)}, file_.at(x(0)).shape);
    } else if (kind == "average_pool" || kind == "global_average_pool") {
      apply(n, operation::average_pool_2d, {x(0)}, image(f.out));
    } else if (kind == "max_pool" || kind == "global_max_pool") {
      apply(n, operation::max_pool_2d, {x(0)}, image(f.out));
    } else if (kind == "flatten") {
      tensor_of_[n] = reshaped(x(0), {1, f.out.c}, name_of(n));
    } else {
      throw std::invalid_argument("write_tflite: no operator is known for layer " + name_of(n) + " (" + kind + ")");
    }
  }

  /// Constants: weights with a scale an output channel, biases at s_x * s_w.
  void weighted(int n, operation what, int x, std::vector<int> shape, int axis, std::vector<int> out) {
    const facts& f = g_.at[n];
    const auto number = static_cast<std::size_t>(f.number);
    const auto& scale = q_.weight_scale[number];
    file_writer::tensor w{name_of(n) + "/weights", tensor_type::int8, std::move(shape), scale, {}, axis};
    w.zero_point.assign(scale.size(), 0);
    for (const std::int8_t v : q_.weight[number]) w.data.push_back(static_cast<std::uint8_t>(v));
    file_writer::tensor b{name_of(n) + "/bias", tensor_type::int32, {f.biases}, {}, w.zero_point};
    for (const float s : scale) b.scale.push_back(file_.at(x).scale[0] * s);
    for (const std::int32_t v : q_.bias[number]) append_word(b.data, v);
    const int weights = file_.add(std::move(w)), bias = file_.add(std::move(b));
    apply(n, what, {x, weights, bias}, std::move(out));
  }

  void apply(int n, operation what, std::vector<int> inputs, std::vector<int> out) {
    const facts& f = g_.at[n];
    tensor_of_[n] = value(n, std::move(out));
    constexpr int numbers[] = {0, 1, 3, 2};  // none, relu, relu6, relu_n1_to_1
    const bool has_window = what != operation::add && std::string(f.kind) != "dense";
    file_.add({what, std::move(inputs), tensor_of_[n], numbers[static_cast<int>(f.act)],
               has_window ? window_of(n) : file_writer::window_options{}});
  }

  int value(int n, std::vector<int> shape) {
    const quantization q = q_.activation[static_cast<std::size_t>(g_.quantized_as(n))];
    return file_.add(file_writer::tensor{name_of(n), tensor_type::int8, std::move(shape), {q.scale}, {q.zero_point}});
  }
  int reshaped(int x, const std::vector<int>& to, const std::string& name) {
    file_writer::tensor list{name + "/shape", tensor_type::int32, {static_cast<int>(to.size())}, {}, {}};
    for (const int v : to) append_word(list.data, v);
    const int shape = file_.add(std::move(list));
    const int y =
        file_.add(file_writer::tensor{name, tensor_type::int8, to, file_.at(x).scale, file_.at(x).zero_point});
    file_.add({operation::reshape, {x, shape}, y, 0, {}, to});
    return y;
  }

  static std::vector<int> image(shape s) { return {1, s.h, s.w, s.c}; }
  [[nodiscard]] std::string name_of(int n) const {
    const facts& f = g_.at[n];
    return f.name[0] != 0 ? f.name : f.kind + std::to_string(n);
  }

  /// SAME (0) or VALID (1), whichever makes the outputs and the padding of the window.
  [[nodiscard]] file_writer::window_options window_of(int n) const {
    const facts& f = g_.at[n];
    const window& w = f.win;
    for (const int padding : {0, 1})
      if (is_padded(padding, f.in.h, w.kernel_h, w.stride_h, w.dilation_h, f.out.h, w.pad_top) &&
          is_padded(padding, f.in.w, w.kernel_w, w.stride_w, w.dilation_w, f.out.w, w.pad_left))
        return {padding, w.stride_w, w.stride_h, w.dilation_w, w.dilation_h, w.kernel_w, w.kernel_h};
    throw std::invalid_argument("write_tflite: the padding of layer " + name_of(n) + " is neither SAME nor VALID");
  }
  static bool is_padded(int padding, int in, int kernel, int stride, int dilation, int out, int before) {
    const int covered = (kernel - 1) * dilation + 1;
    if (padding == 1) return before == 0 && out == (in - covered) / stride + 1;
    const int all = (out - 1) * stride + covered - in;
    return out == (in + stride - 1) / stride && before == (all > 0 ? all / 2 : 0);
  }

  const graph<N>& g_;
  const quantized_parameters& q_;
  file_writer file_;
  int tensor_of_[static_cast<std::size_t>(N)]{};
};

}  // namespace detail

/// The bytes of a file, the same for the same numbers. tflite::network reads them back as the same network: every output equal.
/// @throws std::invalid_argument if a layer has no operator, or the parameters belong to another network
template <class Architecture>
std::vector<unsigned char> tflite_bytes(const quantized_parameters& q, const std::string& description) {
  return detail::network_writer<graph_of<Architecture>.size>(graph_of<Architecture>, q).finish(description);
}

/// @throws std::runtime_error naming the file if it cannot be written
template <class Architecture>
void write_tflite(const std::string& file, const quantized_parameters& q, const std::string& description) {
  const auto bytes = tflite_bytes<Architecture>(q, description);
  std::FILE* f = std::fopen(file.c_str(), "wb");
  if (f == nullptr) throw std::runtime_error(file + ": cannot be opened for writing");
  const bool whole = std::fwrite(bytes.data(), 1, bytes.size(), f) == bytes.size();
  if (std::fclose(f) != 0 || !whole) throw std::runtime_error(file + ": could not be written completely");
}

/// The numbers of a network that a header or a file gave.
template <class Net>
quantized_parameters parameters_of() {
  quantized_parameters q;
  const auto layer = [&]<int Number>(std::integral_constant<int, Number>) {
    using one = typename Net::parameters::template layer<Number>;
    const facts& f = graph_of<Net>.at[graph_of<Net>.node_numbered(Number)];
    q.weight.emplace_back(one::weight, one::weight + f.weights());
    q.bias.emplace_back(one::bias, one::bias + f.biases);
    q.weight_scale.emplace_back(one::weight_scale, one::weight_scale + f.biases);
  };
  [&]<int... Number>(std::integer_sequence<int, Number...>) {
    (layer(std::integral_constant<int, Number>{}), ...);
  }(std::make_integer_sequence<int, graph_of<Net>.numbered>{});
  for (int n = 0; n < graph_of<Net>.size; ++n) q.activation.push_back(Net::parameters::activation[n]);
  return q;
}

}  // namespace thimble::tflite
