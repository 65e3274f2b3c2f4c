// A network one of whose layers is unrolled.
#pragma once
#include <thimble/layers/unrolled.hpp>
#include <thimble/network/parameters.hpp>
#include <thimble/network/which.hpp>

namespace thimble {

template <int EstimatedBytes, int Budget>
struct unrolled_code {
  static_assert(EstimatedBytes <= Budget,
                "the unrolled layer's code exceeds its budget: see the estimate and the budget above");
};

/// Bytes of code that a layer takes on cores with Thumb-2, estimated from above: of a weight that is not zero a literal of four bytes, and
/// a load and a multiplication of four each for every pixel at once; of an output 44 a pixel. Cortex-M0 has other instructions: there
/// it says little.
template <class Net, int Node, unrolling How>
inline constexpr int unrolled_bytes = [] {
  using numbers = node_values<Net, Node>;
  const facts& f = numbers::node;
  if (How == unrolling::none) return 0;
  if (How == unrolling::inner) return 16 * f.fan_in + 320;
  const int pixels = kernels::pixels_at_once(f.out);
  int bytes = 64 + f.out.c * (16 + 44 * pixels);
  for (int i = 0; i < f.weights(); ++i) bytes += numbers::weight(i) != 0 ? 4 + 8 * pixels : 0;
  return bytes;
}();

namespace detail {
template <class Net, int Node, unrolling How, int Budget>
struct unrolled_fault {
  using type = mp::mp_if_c<(unrolled_bytes<Net, Node, How> <= Budget), no_fault,
                           unrolled_code<unrolled_bytes<Net, Node, How>, Budget>>;
};
template <class Net, unrolling How, int Budget>
struct unrolled_fault<Net, -1, How, Budget> {
  using type = no_fault;
};
template <class Node, unrolling How>
struct unrolled_node;
template <class Layer, int... Inputs, unrolling How>
struct unrolled_node<node<Layer, Inputs...>, How> {
  using type = node<unrolled_layer<Layer, How>, Inputs...>;
};
}  // namespace detail

/// Net, its layer Layer (by number or by name: a pointwise convolution or a dense one) unrolled; the code may take at most CodeBytes, as
/// unrolled_bytes estimates it. The same bytes come out. It pays where most weights are zero: 8x8x16 -> 8x8x16, 70% of them zero, in
/// full 19,800 instructions and 2.3 KB on a Cortex-M7, rolled 28,000 and 6.4 KB, which all layers share; without zeros 56,400 and 6.3 KB.
/// Several layers: unrolled<unrolled<net, 2, ...>, 4, ...>. A layer that learns stays rolled.
template <class Net, which Layer, unrolling How, int CodeBytes>
struct unrolled {
 private:
  using found = detail::find<Layer, Net>;
  static constexpr std::size_t at = found::node < 0 ? 0 : static_cast<std::size_t>(found::node);

 public:
  using fault = detail::first_fault<fault_of<Net>, typename found::fault,
                                    typename detail::unrolled_fault<Net, found::node, How, CodeBytes>::type>;
  using nodes = mp::mp_replace_at_c<typename Net::nodes, at,
                                    typename detail::unrolled_node<mp::mp_at_c<typename Net::nodes, at>, How>::type>;
  using parameters = typename Net::parameters;
};

}  // namespace thimble
