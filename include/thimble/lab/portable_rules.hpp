// A network's layers with the rules that they have in a build for THIMBLE_PORTABLE, whatever this build is for. Host only.
#pragma once
#include <thimble/layers/unrolled.hpp>
#include <thimble/layers/weighted.hpp>
#include <thimble/network/graph.hpp>

namespace thimble::lab {

/// A rule that names its target names portable in its place.
template <class Rule>
struct portable_rule {
  using type = Rule;
};
template <template <class, bool, class> class Rule, class Kernel, bool Option>
struct portable_rule<Rule<Kernel, Option, native>> {
  using type = Rule<Kernel, Option, portable>;
};
template <class Rolled, unrolling How>
struct portable_rule<thimble::detail::unrolled_forward<Rolled, How, native>> {
  using type = thimble::detail::unrolled_forward<typename portable_rule<Rolled>::type, How, portable>;
};

template <class Rule>
using as_portable = typename portable_rule<Rule>::type;

template <class Node>
struct portable_node {
  struct layer : Node::layer {
    using forward = mp::mp_transform<as_portable, typename Node::layer::forward>;
    using gradient = mp::mp_transform<as_portable, typename Node::layer::gradient>;
  };
};

template <class Nodes>
using portable_nodes = mp::mp_transform<portable_node, Nodes>;

}  // namespace thimble::lab
