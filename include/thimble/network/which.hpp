// A layer of a network, by number or by name, and the errors when there is none.
#pragma once
#include <cstddef>

#include <thimble/network/graph.hpp>

namespace thimble {

template <detail::text Meant>
struct did_you_mean {};

template <detail::text Asked, class Hint>
struct no_layer_named {
  static_assert(sizeof(Hint) == 0, "no layer of the network has this name: see it and the nearest above");
};
template <detail::text Name, int First, int Second>
struct layers_of_one_name {
  static_assert(First == Second, "two layers of the network have this name: see it and both nodes above");
};
template <int Asked, int Count>
struct no_layer_numbered {
  static_assert(Asked < Count, "no layer of the network has this number: see it and the count above");
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

/// The node of a layer. Any: also layers without weights, which only a name finds.
template <which W, class Net, bool Any = false>
struct find {
  static constexpr const auto& g = graph_of<Net>;
  static constexpr bool can_be(int i) { return (Any || g.at[i].number >= 0) && g.at[i].name[0] != 0; }
  static constexpr int from(int first) {
    for (int i = first; i < g.size; ++i) {
      const bool named = W.s[0] != 0 && can_be(i) && same(g.at[i].name, W.s);
      if (W.number >= 0 ? g.at[i].number == W.number : named) return i;
    }
    return -1;
  }
  static constexpr int node = from(0), second = node < 0 ? -1 : from(node + 1);
  static constexpr const char* nearest = [] {
    const char* best = "";
    int distance = 1 << 20;
    for (int i = 0; i < g.size; ++i)
      if (can_be(i))
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

}  // namespace thimble
