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

/// Weights of one layer, for the first Fraction of its input channels, and its bias.
template <which Layer, ratio Fraction = ratio{}>
struct weights {
  template <class Net>
  using fault = detail::first_fault<
      typename detail::find<Layer, Net>::fault,
      mp::mp_if_c<(0 < Fraction.numerator && Fraction.numerator <= Fraction.denominator), detail::no_fault,
                  fraction_of_channels<Fraction.numerator, Fraction.denominator>>>;
  template <class Net, int N>
  static constexpr void mark(graph<N>& g) {
    facts& f = g.at[detail::find<Layer, Net>::node];
    const int k = Fraction.of(f.weight_row);
    if (k > f.trained) f.trained = k;
    f.bias_trained = true;
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

/// Biases of the last Count layers before the head.
template <int Count>
struct biases_of_last {
  template <class Net>
  using fault = mp::mp_if_c<(Count < graph_of<Net>.numbered), detail::no_fault,
                            no_layer_numbered<Count - 1, graph_of<Net>.numbered - 1>>;
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
    f.trained = f.weight_row;
    f.bias_trained = true;
  }
};

/// Everything.
struct all_weights {
  template <class Net>
  using fault = detail::no_fault;
  template <class Net, int N>
  static constexpr void mark(graph<N>& g) {
    for (facts& f : g.at)
      if (f.number >= 0) f.trained = f.weight_row, f.bias_trained = true;
  }
};

/// The union of Marks; none: the network only infers. Name it with a struct.
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
