// Parts of a file's network put together anew, in the library's types and in the reference's values alike. So operators that a
// file has before all weights, or behind one that only infers, come to lie on a training path.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "support/tflite/gradient_check.hpp"

namespace thimble::test::tflite {

/// Node Node of the file, reading nodes Inputs of the new network.
template <int Node, int... Inputs>
struct taken {};

/// A 1x1 convolution of the input, which keeps its shape and quantization.
template <int Channels>
struct lead {
  static constexpr values<float, Channels> scales = [] {
    values<float, Channels> s;
    for (int o = 0; o < Channels; ++o)
      s.v[o] = static_cast<float>(0.005 + 0.004 * uniform(71, static_cast<std::uint32_t>(o)));
    return s;
  }();
  static constexpr const auto& weight_scale = scales.v;
  alignas(16) static constexpr values<std::int8_t, Channels * Channels> weights = [] {
    values<std::int8_t, Channels * Channels> w;
    for (int i = 0; i < Channels * Channels; ++i)
      w.v[i] = static_cast<std::int8_t>(static_cast<int>(hash(72, static_cast<std::uint32_t>(i)) % 201) - 100);
    return w;
  }();
  static constexpr const auto& weight = weights.v;
  static constexpr values<std::int32_t, Channels> biases = [] {
    values<std::int32_t, Channels> b;
    for (int o = 0; o < Channels; ++o)
      b.v[o] = static_cast<std::int32_t>(hash(73, static_cast<std::uint32_t>(o)) % 2001) - 1000;
    return b;
  }();
  static constexpr const auto& bias = biases.v;
};

// ---- in types

template <class File>
struct whole_file : thimble::tflite::network<File> {};

template <class File, class Taken>
struct node_taken;
template <class File, int Node, int... Inputs>
struct node_taken<File, taken<Node, Inputs...>> {
  static constexpr int number = Node;
  using type =
      node<typename mp::mp_at_c<typename whole_file<File>::nodes, static_cast<std::size_t>(Node)>::layer, Inputs...>;
};

template <class File, bool Leads, class... Taken>
struct rewired_parameters {
  using of_file = typename whole_file<File>::parameters;
  static constexpr const auto& whole = graph_of<whole_file<File>>;
  static constexpr int channels = whole.at[0].out.c;
  using begin = mp::mp_list<mp::mp_front<typename whole_file<File>::nodes>, node<conv2d<channels>, 0>>;
  using nodes =
      mp::mp_append<mp::mp_take_c<begin, Leads ? 2 : 1>, mp::mp_list<typename node_taken<File, Taken>::type...>>;

  static constexpr int first = Leads ? 2 : 1, count = first + static_cast<int>(sizeof...(Taken));
  struct numbers {
    int v[static_cast<std::size_t>(count)];
  };
  static constexpr numbers of_new = [] {
    numbers n{};
    int i = first;
    ((n.v[i++] = node_taken<File, Taken>::number), ...);
    return n;
  }();
  struct activations {
    thimble::quantization v[static_cast<std::size_t>(count)];
    constexpr thimble::quantization operator[](int n) const { return v[n]; }
  };
  static constexpr activations activation = [] {
    activations a{};
    for (int n = 0; n < count; ++n) a.v[n] = of_file::activation[of_new.v[n]];
    return a;
  }();
  template <int Node, class = void>
  struct at {
    using type = typename of_file::template layer<whole.at[of_new.v[Node]].number>;
  };
  template <class Dummy>
  struct at<1, Dummy> {
    using type = typename mp::mp_if_c<Leads, mp::mp_identity<lead<channels>>, at<-1, File>>::type;
  };
  template <class Dummy>
  struct at<-1, Dummy> {
    using type = typename of_file::template layer<whole.at[of_new.v[1]].number>;
  };
  template <int Number>
  using layer = typename at<graph_of<rewired_parameters>.node_numbered(Number)>::type;
};

// ---- in values

struct taken_tensor {
  int tensor;
  std::vector<int> reads;
};
template <class File, int Node, int... Inputs>
taken_tensor tensor_of(taken<Node, Inputs...>) {
  return {thimble::tflite::imported_of<File>.at[Node].tensor, {Inputs...}};
}

template <int Channels>
int add_lead(network& n) {
  const auto append = [&](tensor t) {
    n.tensors.push_back(std::move(t));
    return static_cast<int>(n.tensors.size()) - 1;
  };
  using numbers = lead<Channels>;
  const int in = n.inputs.at(0);
  tensor made = n.tensors.at(static_cast<std::size_t>(in));
  operation o;
  o.kind = code::conv_2d;
  std::vector<integer> w(numbers::weights.v, numbers::weights.v + Channels * Channels);
  std::vector<integer> b(numbers::biases.v, numbers::biases.v + Channels);
  o.inputs = {in,
              append({"lead weights",
                      element::int8,
                      {Channels, 1, 1, Channels},
                      {{numbers::scales.v, numbers::scales.v + Channels}, {}, 0},
                      encode(element::int8, {w, {}})}),
              append({"lead bias", element::int32, {Channels}, {}, encode(element::int32, {b, {}})})};
  o.outputs = {append(made)};
  n.operations.push_back(o);
  return o.outputs[0];
}

template <class File, bool Leads>
network rewire(const network& file, const std::vector<taken_tensor>& list) {
  network n = file;
  n.operations.clear();
  std::vector<int> tensor_of_node{file.inputs.at(0)};
  if constexpr (Leads) tensor_of_node.push_back(add_lead<graph_of<whole_file<File>>.at[0].out.c>(n));
  for (const taken_tensor& t : list) {
    const auto made = std::find_if(file.operations.begin(), file.operations.end(),
                                   [&](const operation& o) { return o.outputs[0] == t.tensor; });
    if (made == file.operations.end()) {
      tensor_of_node.push_back(t.tensor);  // a constant
      continue;
    }
    operation o = *made;
    for (std::size_t k = 0; k < t.reads.size(); ++k)
      o.inputs[k] = tensor_of_node.at(static_cast<std::size_t>(t.reads[k]));
    tensor out = file.tensors[static_cast<std::size_t>(t.tensor)];
    if (o.kind == code::reshape) out.quantized = n.tensors[static_cast<std::size_t>(o.inputs[0])].quantized;
    n.tensors.push_back(out);
    o.outputs = {static_cast<int>(n.tensors.size()) - 1};
    tensor_of_node.push_back(o.outputs[0]);
    n.operations.push_back(o);
  }
  n.outputs = {tensor_of_node.back()};
  return n;
}

// ---- both

/// Name it with a struct.
template <class File, bool Leads, class... Taken>
struct rewired {
  using file = File;
  using parameters = rewired_parameters<File, Leads, Taken...>;
  using nodes = typename parameters::nodes;
  static network described() { return rewire<File, Leads>(network_of(name_of<File>()), {tensor_of<File>(Taken{})...}); }
};
/// Nodes of a file that begin with its input, some left out.
template <class File, class... Taken>
struct part : rewired<File, false, Taken...> {};

template <int Node, int By, class Layer, int... Inputs>
taken<Node, (Inputs + By)...> moved(node<Layer, Inputs...>);
template <class File, bool Leads, class Numbers>
struct nodes_from_first;
template <class File, bool Leads, int... N>
struct nodes_from_first<File, Leads, std::integer_sequence<int, N...>> {
  using nodes = typename whole_file<File>::nodes;
  using type = rewired<File, Leads,
                       decltype(moved<N + 1, Leads ? 1 : 0>(mp::mp_at_c<nodes, static_cast<std::size_t>(N) + 1>{}))...>;
};
/// All of a file, behind a 1x1 convolution of its input.
template <class File>
struct led : nodes_from_first<File, true, std::make_integer_sequence<int, graph_of<whole_file<File>>.size - 1>>::type {
};
/// Nodes 0 to Last of a file.
template <class File, int Last>
struct up_to : nodes_from_first<File, false, std::make_integer_sequence<int, Last>>::type {};

template <class Net, class Loss, class Update = everything, class... Policies>
void check_rewired(const char* name) {
  check_learner<learner_with<Net, Update, Loss, Policies...>>(name, Net::described(), name_of<typename Net::file>());
}

}  // namespace thimble::test::tflite
