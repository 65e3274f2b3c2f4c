// The facts of a network's nodes as values, and the check that their shapes meet.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include <thimble/detail/fault.hpp>
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
  /// The node whose output is the network's: the last, or what the loss reads.
  [[nodiscard]] constexpr int output() const { return at[N - 1].is_loss ? at[N - 1].inputs[0] : N - 1; }
  [[nodiscard]] constexpr int node_numbered(int number) const {
    for (int i = 0; i < N && number >= 0; ++i)
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
  if (f.is_loss)
    if (facts& last = g.at[g.owner(f.inputs[0])]; last.can_be_logits) {
      last.enters = true;
      last.logits = !f.reads_stored;
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

/// FNV-1a over every layer's kind, shapes and window: tells whether parameters belong to an architecture.
template <class Net>
inline constexpr std::uint32_t fingerprint = [] {
  std::uint32_t h = 2166136261u;
  const auto mix = [&](int v) {
    for (int i = 0; i < 4; ++i) h = (h ^ (static_cast<std::uint32_t>(v) >> (8 * i) & 0xFF)) * 16777619u;
  };
  for (const facts& f : graph_of<Net>.at) {
    for (const char* k = f.kind; *k != 0; ++k) mix(*k);
    for (int v : {f.inputs[0], f.inputs[1], f.out.h, f.out.w, f.out.c, f.win.kernel_h, f.win.kernel_w, f.win.stride_h,
                  f.win.stride_w, f.win.pad_top, f.win.pad_left, static_cast<int>(f.act)})
      mix(v);
  }
  return h;
}();

/// Says the layer's kind and name, its place in the network, the shapes and the reason.
template <detail::text Layer, detail::text Name, int Node, shape Given, shape Made, detail::text Reason>
struct layer_cannot_take {
  static_assert(Node < 0,
                "a layer cannot take the shape that it is given: see its name, the shapes and the reason above");
};

namespace detail {
template <class Net, int Node>
struct shape_fault_at {
  static constexpr const facts& f = graph_of<Net>.at[Node];
  using type = layer_cannot_take<as_text([] { return f.kind; }), as_text([] { return f.name; }), Node, f.in,
                                 (f.inputs[1] < 0 ? f.out : f.in1), as_text([] { return f.fault; })>;
};
template <class Net>
struct shape_fault_at<Net, -1> {
  using type = no_fault;
};
}  // namespace detail

namespace detail {
template <class Net>
struct own_fault {
  using type = no_fault;
};
template <class Net>
  requires requires { typename Net::fault; }
struct own_fault<Net> {
  using type = typename Net::fault;
};
}  // namespace detail

/// What a network found wrong while it was made (a file that cannot be read, a head that cannot be), or no_fault. A network
/// that may be wrong has a member `fault`, and passes on that of what it is made of.
template <class Net>
using fault_of = typename detail::own_fault<Net>::type;

/// What is wrong with a network's shapes, or no_fault.
template <class Net>
using shape_fault = typename detail::shape_fault_at<Net, graph_of<Net>.first_fault()>::type;

}  // namespace thimble
