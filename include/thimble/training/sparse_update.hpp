// What may change on the device: marks on the facts of a network, and the errors when a mark names nothing.
#pragma once
#include <thimble/network/parameters.hpp>

namespace thimble {

template <detail::text Meant>
struct did_you_mean {};

template <detail::text Asked, class Hint>
struct no_layer_named {
  static_assert(sizeof(Hint) == 0, "the update names a layer that the network does not have: see both names above");
};
template <detail::text Name, int First, int Second>
struct layers_of_one_name {
  static_assert(First == Second, "the update names a layer, but two have that name: see it and both nodes above");
};
template <int Asked, int Count>
struct no_layer_numbered {
  static_assert(Asked < Count,
                "the update numbers a layer that the network does not have: see the number and the count above");
};
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

/// A layer, by number (layers with weights, the stem is 0) or by name.
template <std::size_t N>
struct which {
  int number = -1;
  char s[N]{};
  constexpr which(int n)
    requires(N == 1)
      : number(n) {}
  constexpr which(const char (&literal)[N]) {
    for (std::size_t i = 0; i < N; ++i) s[i] = literal[i];
  }
};
which(int) -> which<1>;

namespace detail {

template <which W, class Net>
struct find {
  static constexpr const auto& g = graph_of<Net>;
  static constexpr int from(int first) {
    for (int i = first; i < g.size; ++i) {
      const bool named = W.s[0] != 0 && g.at[i].number >= 0 && same(g.at[i].name, W.s);
      if (W.number >= 0 ? g.at[i].number == W.number : named) return i;
    }
    return -1;
  }
  static constexpr int node = from(0), second = node < 0 ? -1 : from(node + 1);
  static constexpr const char* nearest = [] {
    const char* best = "";
    int distance = 1 << 20;
    for (int i = 0; i < g.size; ++i)
      if (g.at[i].number >= 0 && g.at[i].name[0] != 0)
        if (const int d = edit_distance(g.at[i].name, W.s); d < distance) distance = d, best = g.at[i].name;
    return best;
  }();
  template <which Asked>
  struct named_fault {
    using type = no_layer_named<text_from<sizeof Asked.s>(Asked.s), did_you_mean<as_text([] { return nearest; })>>;
  };
  template <which Asked>
  struct numbered_fault {
    using type = no_layer_numbered<Asked.number, g.numbered>;
  };
  template <which Asked>
  struct doubled_fault {
    using type = layers_of_one_name<text_from<sizeof Asked.s>(Asked.s), node, second>;
  };
  using found_fault = mp::mp_if_c<(second < 0), mp::mp_identity<no_fault>, doubled_fault<W>>;
  using fault = typename mp::mp_if_c<(node >= 0), found_fault,
                                     mp::mp_if_c<(W.number >= 0), numbered_fault<W>, named_fault<W>>>::type;
};

}  // namespace detail

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
