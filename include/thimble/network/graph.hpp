// The facts of a network's nodes as values, and the check that their shapes meet.
#pragma once
#include <cstddef>

#include <thimble/detail/text.hpp>
#include <thimble/network/node.hpp>

namespace thimble {

template <int N>
struct graph {
  facts at[static_cast<std::size_t>(N)];
  static constexpr int size = N;
  int numbered = 0;  ///< layers with weights

  /// The node whose bytes n's output really is: views lead to what they view.
  [[nodiscard]] constexpr int owner(int n) const {
    while (at[n].is_view) n = at[n].inputs[0];
    return n;
  }
  /// The node whose quantization n's output has: pools and views keep their input's.
  [[nodiscard]] constexpr int quantized_as(int n) const {
    while (at[n].keeps_scale) n = at[n].inputs[0];
    return n;
  }
  [[nodiscard]] constexpr int node_numbered(int number) const {
    for (int i = 0; i < N; ++i)
      if (at[i].number == number) return i;
    return -1;
  }
  [[nodiscard]] constexpr int first_fault() const {
    for (int i = 0; i < N; ++i)
      if (at[i].fault != nullptr) return i;
    return -1;
  }
};

namespace detail {

template <int N, class Layer, int... Inputs>
constexpr void enter(graph<N>& g, int i, node<Layer, Inputs...>) {
  facts& f = g.at[i];
  int k = 0;
  ((f.inputs[k++] = Inputs), ...);
  if (k > 0) f.in = g.at[f.inputs[0]].out;
  if (k > 1) f.in1 = g.at[f.inputs[1]].out;
  Layer::complete(f);
  if (f.biases > 0) f.number = g.numbered++;
  if constexpr (requires { Layer::wants_logits; }) {
    facts& last = g.at[g.owner(f.inputs[0])];
    if (last.can_be_logits)
      last.logits = true;
    else
      f.fault = "the loss needs a dense layer without activation before it";
  }
}

template <class... Node>
constexpr auto make_graph(mp::mp_list<Node...>) {
  graph<static_cast<int>(sizeof...(Node))> g{};
  int i = 0;
  (enter(g, i++, Node{}), ...);
  return g;
}

}  // namespace detail

template <class Net>
inline constexpr auto graph_of = detail::make_graph(typename Net::nodes{});

/// Fails with the layer's kind and name, its place in the network, the shapes and the reason.
template <detail::text Layer, detail::text Name, int Node, shape Given, shape Made, detail::text Reason>
struct layer_cannot_take {
  static_assert(Node < 0, "a layer cannot take the shape that it is given: see its name, the shapes and the reason above");
  static constexpr bool ok = false;
};

template <class Net, int Node>
struct shape_fault {
  static constexpr const facts& f = graph_of<Net>.at[Node];
  static constexpr bool ok =
      layer_cannot_take<detail::as_text([] { return f.kind; }), detail::as_text([] { return f.name; }), Node, f.in,
                        (f.inputs[1] < 0 ? f.out : f.in1), detail::as_text([] { return f.fault; })>::ok;
};
template <class Net>
struct shape_fault<Net, -1> {
  static constexpr bool ok = true;
};

/// Whether the network's shapes meet; if not, compilation fails here, once.
template <class Net>
inline constexpr bool shapes_meet = shape_fault<Net, graph_of<Net>.first_fault()>::ok;

}  // namespace thimble
