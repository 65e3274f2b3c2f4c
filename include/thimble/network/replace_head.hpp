// A network with another head.
#pragma once
#include <cstddef>
#include <type_traits>

#include <thimble/network/network.hpp>

namespace thimble {

namespace detail {

template <class Old, int Fresh>
struct with_fresh_head {
  static constexpr const auto& activation = Old::activation;
  template <int Number, bool IsFresh = Number == Fresh>
  struct layer_or_fresh : Old::template layer<Number> {};
  template <int Number>
  struct layer_or_fresh<Number, true> {
    static constexpr bool is_fresh = true;
  };
  template <int Number>
  using layer = layer_or_fresh<Number>;
};

/// What comes before the last layer with weights.
template <class Net>
struct body {
  static constexpr const auto& g = graph_of<Net>;
  static constexpr int head = g.node_numbered(g.numbered - 1);
  using type = building<mp::mp_take_c<typename Net::nodes, static_cast<std::size_t>(head)>, g.at[head].inputs[0]>;
};

}  // namespace detail

template <int Found>
struct new_head_layers_with_weights {
  static_assert(Found == 1, "a new head is one layer with weights, views and pools: see above how many were found");
};

/// The network up to its last layer with weights, then Layers: one dense layer, views and pools. The new layer starts from
/// zero; the old head's bytes are linked nowhere.
template <class Net, class... Layers>
struct replace_head {
  using nodes = typename mp::mp_fold<mp::mp_list<Layers...>, typename detail::body<Net>::type, flatten_into>::nodes;
  template <class Old>
  using fresh = detail::with_fresh_head<Old, graph_of<Net>.numbered - 1>;
  using parameters = mp::mp_eval_if<std::is_same<typename Net::parameters, no_parameters>, no_parameters, fresh,
                                    typename Net::parameters>;

 private:
  struct only_nodes {
    using nodes = typename replace_head::nodes;
  };
  static constexpr int found = graph_of<only_nodes>.numbered - graph_of<Net>.numbered + 1;

 public:
  using head_fault = mp::mp_if_c<found == 1, detail::no_fault, new_head_layers_with_weights<found>>;
};

}  // namespace thimble
