// What may change on the device: marks on the facts of a network, and the errors when a mark names nothing.
#pragma once
#include <thimble/network/parameters.hpp>
#include <thimble/network/which.hpp>

namespace thimble {

template <int Numerator, int Denominator>
struct fraction_of_channels {
  static_assert(0 < Numerator && Numerator <= Denominator,
                "a fraction of channels lies above 0 and at most at 1: see it above");
};

using selection::largest;  // a user's word

template <detail::text Layer, detail::text Name, int Number, int Groups, int OutputsOfChannel>
struct no_largest_channels {
  static_assert(
      Number < 0,
      "the channels with the largest weights are chosen only in convolutions of one group and in depthwise ones with "
      "one output a channel: see the layer, its number, groups and outputs a channel above (its first channels can train)");
};

namespace detail {
template <class Net, int Node, selection Which>
struct selection_fault {
  using type = no_fault;
};
template <class Net, int Node>
  requires(Node >= 0 && graph_of<Net>.at[Node < 0 ? 0 : Node].weight_row != graph_of<Net>.at[Node < 0 ? 0 : Node].in.c)
struct selection_fault<Net, Node, largest> {
  static constexpr const facts& f = graph_of<Net>.at[Node];
  using type = no_largest_channels<as_text([] { return f.kind; }), as_text([] { return f.name; }), f.number, f.groups,
                                   (f.weight_row > f.in.c ? f.weight_row / f.in.c : 1)>;
};
}  // namespace detail

/// A fraction of a layer's input channels.
struct ratio {
  int numerator = 1, denominator = 1;
  /// floor(fraction * channels), at least 1.
  [[nodiscard]] constexpr int of(int channels) const {
    const int k = channels * numerator / denominator;
    return k < 1 ? 1 : k;
  }
};

// Each mark has `fault<Net>`, the type that says what is wrong (or no_fault), and `mark<Net>(graph)`.

/// Weights of one layer, for a Fraction of its input channels, and its bias. Which channels: the first, or those with the
/// `largest` weights (training/largest_channels.hpp); of a layer that starts from zero the first. Of two marks of one layer the
/// one with more channels holds, with its selection (of as many, the largest): not the union of both.
template <which Layer, ratio Fraction = ratio{}, selection Which = selection::first>
struct weights {
  template <class Net>
  using fault =
      detail::first_fault<typename detail::find<Layer, Net>::fault,
                          mp::mp_if_c<(0 < Fraction.numerator && Fraction.numerator <= Fraction.denominator),
                                      detail::no_fault, fraction_of_channels<Fraction.numerator, Fraction.denominator>>,
                          typename detail::selection_fault<Net, detail::find<Layer, Net>::node, Which>::type>;
  template <class Net, int N>
  static constexpr void mark(graph<N>& g) {
    constexpr int node = detail::find<Layer, Net>::node;
    facts& f = g.at[node];
    if constexpr (Which == largest)
      f.train(Fraction.of(f.weight_row), node_values<Net, node>::is_fresh ? selection::first : largest);
    else
      f.train(Fraction.of(f.weight_row), selection::first);
  }
};

/// The bias of one layer.
template <which Layer>
struct bias {
  template <class Net>
  using fault = typename detail::find<Layer, Net>::fault;
  template <class Net, int N>
  static constexpr void mark(graph<N>& g) {
    g.at[detail::find<Layer, Net>::node].bias_trained = true;
  }
};

template <int Asked, int Layers>
struct more_biases_than_layers {
  static_assert(Asked <= Layers,
                "biases_of_last: the network has fewer layers before its head: see those asked for and those it has");
};

/// Biases of the last Count layers before the head, which is not counted.
template <int Count>
struct biases_of_last {
  template <class Net>
  using fault = mp::mp_if_c<(Count < graph_of<Net>.numbered), detail::no_fault,
                            more_biases_than_layers<Count, graph_of<Net>.numbered - 1>>;
  template <class Net, int N>
  static constexpr void mark(graph<N>& g) {
    for (facts& f : g.at)
      if (f.number >= g.numbered - 1 - Count && f.number >= 0 && f.number < g.numbered - 1) f.bias_trained = true;
  }
};

/// Weights and bias of the last layer.
struct weights_of_head {
  template <class Net>
  using fault = detail::no_fault;
  template <class Net, int N>
  static constexpr void mark(graph<N>& g) {
    facts& f = g.at[g.node_numbered(g.numbered - 1)];
    f.train(f.weight_row, selection::first);
  }
};

/// Everything.
struct all_weights {
  template <class Net>
  using fault = detail::no_fault;
  template <class Net, int N>
  static constexpr void mark(graph<N>& g) {
    for (facts& f : g.at)
      if (f.number >= 0) f.train(f.weight_row, selection::first);
  }
};

template <class Update>
struct not_an_update {
  static_assert(sizeof(Update*) == 0,
                "what may learn, seen above, is no update: write sparse_update<...> around its parts");
};

namespace detail {
template <template <class> class>
struct takes_network;
template <class Update>
inline constexpr bool names_faults = requires { typename takes_network<Update::template fault>; };
/// A part of an update marks a graph; an update makes one.
template <class Update, class Net>
inline constexpr bool is_part = requires(graph<1>& g) { Update::template mark<Net>(g); };
template <class Update, class Net>
using update_form_fault = mp::mp_if_c<names_faults<Update> && !is_part<Update, Net>, no_fault, not_an_update<Update>>;
}  // namespace detail

/// All that Marks name; none: the network only infers. Name it with a struct.
template <class... Marks>
struct sparse_update {
  template <class Net>
  using fault = detail::first_fault<typename Marks::template fault<Net>...>;
  template <class Net>
  static constexpr auto apply() {
    auto g = graph_of<Net>;
    (Marks::template mark<Net>(g), ...);
    return g;
  }
};

}  // namespace thimble
