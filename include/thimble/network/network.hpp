// Networks by hand: sequences and residuals of layers.
#pragma once
#include <thimble/layers/add.hpp>
#include <thimble/network/graph.hpp>

namespace thimble {

/// Layers one after another; useful inside other composites.
template <class... Layers>
struct sequence {
  template <class Building>
  using expand = mp::mp_fold<mp::mp_list<Layers...>, Building, flatten_into>;
};

/// x + layers(x). The layers must give back the shape that they take.
template <class... Layers>
struct residual {
  template <class Building, class Inner = mp::mp_fold<mp::mp_list<Layers...>, Building, flatten_into>>
  using expand = push_node<Inner, add, Building::last, Inner::last>;
};

/// What a network has that nobody gave parameters yet.
struct no_parameters {};

/// A network: its input, then its layers. Name it with a struct: `struct net : network<...> {};`.
template <class Input, class... Layers>
struct network {
  using nodes =
      typename mp::mp_fold<mp::mp_list<Layers...>, building<mp::mp_list<node<Input>>, 0>, flatten_into>::nodes;
  using parameters = no_parameters;
};

}  // namespace thimble
