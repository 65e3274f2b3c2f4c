// Nodes, and how composites flatten to one list of them in topological order.
#pragma once
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <thimble/network/rule.hpp>

namespace thimble {

namespace mp = boost::mp11;

/// A layer and the numbers of the nodes that it reads.
template <class Layer, int... Inputs>
struct node {
  using layer = Layer;
};

/// A list under construction: the nodes so far, and which of them the next layer reads.
template <class Nodes, int Last>
struct building {
  using nodes = Nodes;
  static constexpr int last = Last;
};

template <class Building, class Layer, int... Inputs>
using push_node = building<mp::mp_push_back<typename Building::nodes, node<Layer, Inputs...>>,
                           static_cast<int>(mp::mp_size<typename Building::nodes>::value)>;

namespace detail {
template <class Building, class Layer>
struct flattened {
  using type = push_node<Building, Layer, Building::last>;
};
/// A composite says how it expands; anyone may add one.
template <class Building, class Layer>
  requires requires { typename Layer::template expand<Building>; }
struct flattened<Building, Layer> {
  using type = typename Layer::template expand<Building>;
};
}  // namespace detail

template <class Building, class Layer>
using flatten_into = typename detail::flattened<Building, Layer>::type;

}  // namespace thimble
