// A network with another head: in place of its last layer, or after a layer that it is cut at.
#pragma once
#include <cstddef>
#include <type_traits>

#include <thimble/network/network.hpp>
#include <thimble/network/which.hpp>

namespace thimble {

namespace detail {

/// Layer number Fresh, node Node, starts from zero. Its outputs, where they are stored, have steps of 1/8.
template <class Old, int Fresh, int Node>
struct with_fresh_head {
  struct activations {
    constexpr quantization operator[](int n) const { return n == Node ? quantization{0.125f, 0} : Old::activation[n]; }
  };
  static constexpr activations activation{};
  template <int Number, bool IsFresh = Number == Fresh>
  struct layer_or_fresh : Old::template layer<Number> {};
  template <int Number>
  struct layer_or_fresh<Number, true> {
    static constexpr bool is_fresh = true;
  };
  template <int Number>
  using layer = layer_or_fresh<Number>;
};

template <class Nodes>
struct only_nodes {
  using nodes = Nodes;
};

}  // namespace detail

template <int Found>
struct new_head_layers_with_weights {
  static_assert(Found == 1, "a new head is one layer with weights, views and pools: see above how many were found");
};

/// Net, then Layers: one dense layer, views and pools. The new layer starts from zero.
template <class Net, class... Layers>
struct add_head {
  static constexpr int before = graph_of<Net>.numbered;
  using nodes =
      typename mp::mp_fold<mp::mp_list<Layers...>,
                           building<typename Net::nodes, static_cast<int>(mp::mp_size<typename Net::nodes>::value) - 1>,
                           flatten_into>::nodes;

 private:
  static constexpr const auto& g = graph_of<detail::only_nodes<nodes>>;
  static constexpr int found = g.numbered - before;
  template <class Old>
  using fresh = detail::with_fresh_head<Old, before, g.node_numbered(before)>;

 public:
  using parameters = mp::mp_eval_if<std::is_same<typename Net::parameters, no_parameters>, no_parameters, fresh,
                                    typename Net::parameters>;
  using fault = detail::first_fault<fault_of<Net>,
                                    mp::mp_if_c<found == 1, detail::no_fault, new_head_layers_with_weights<found>>>;
};

/// The first Count nodes of Net, of which node `Count - 1` is the output.
template <class Net, int Count>
struct first_nodes {
  using fault = fault_of<Net>;
  using nodes = mp::mp_take_c<typename Net::nodes, static_cast<std::size_t>(Count)>;
  using parameters = typename Net::parameters;
};

namespace detail {
/// What comes before the last layer with weights.
template <class Net>
struct body_of {
  static constexpr const auto& g = graph_of<Net>;
  static constexpr int head = g.node_numbered(g.numbered - 1);
  using type = first_nodes<Net, (head < 0 ? g.size : g.at[head < 0 ? 0 : head].inputs[0] + 1)>;
};
}  // namespace detail

/// Net up to its last layer with weights, then Layers, as add_head takes them. The old head's bytes are linked nowhere.
template <class Net, class... Layers>
struct replace_head : add_head<typename detail::body_of<Net>::type, Layers...> {};

/// Net up to and with the layer Layer, by name or (layers with weights) by number: to be given a head with add_head.
template <class Net, which Layer>
struct cut_at {
  using found = detail::find<Layer, Net, true>;
  using fault = detail::first_fault<fault_of<Net>, typename found::fault>;
  using nodes = mp::mp_take_c<typename Net::nodes, static_cast<std::size_t>(found::node < 0 ? 1 : found::node + 1)>;
  using parameters = typename Net::parameters;
};

}  // namespace thimble
