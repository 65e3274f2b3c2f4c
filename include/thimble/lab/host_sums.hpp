// Moves that a step leaves in sums, applied where the channels that learn are known at run time. Host only.
#pragma once
#include <array>
#include <utility>

#include <thimble/lab/host_binding.hpp>

namespace thimble::lab {

/// An update whose moves are all summed before they are applied: what it learns is the same.
template <class Update>
struct summed : Update {
  static constexpr recipe how = [] {
    recipe r = thimble::detail::how_of<Update>;
    r.rule.accumulates = true;
    return r;
  }();
};

template <class Net, class Update>
class host_sums {
  static constexpr const auto& graph = marked<Net, Update>;
  static constexpr kernels::learning_rule rule = thimble::detail::how_of<Update>.rule;

 public:
  /// Of one node, marked with what learns; as trained_parameters::flush, but that all weights of the layer lie in memory. Sums begin anew.
  using action = void (*)(host_memory&, const facts& marked);
  static action action_of(int node) { return all[static_cast<std::size_t>(node)]; }

 private:
  template <int Node>
  static void apply(host_memory& m, const facts& marked_node) {
    constexpr const facts& node = graph.at[Node];
    const host_binding<Net, Update, Node, true, false> at(m);
    if constexpr (node.trained > 0) {
      const auto to = at.weight_sink(0);
      for (int row = 0; row < marked_node.weight_rows; ++row)
        for (int channel = 0; channel < marked_node.trained; ++channel) {
          const int i = row * node.weight_row + channel, on_device = row * marked_node.trained + channel;
          auto one = to;  // random bits are those of the weight's place on the device
          one.w.salt += to.w.from(on_device).salt - to.w.from(i).salt;
          one.apply(i, to.sum[i], is_alive<Node>(i));
        }
      for (int i = 0; i < node.weights(); ++i) to.sum[i] = 0;
    }
    if constexpr (node.bias_trained) {
      const auto to = at.bias_sink();
      for (int o = 0; o < node.biases; ++o) {
        if (marked_node.bias_trained) to.apply(o, to.sum[o]);
        to.sum[o] = 0;
      }
    }
  }
  /// Whether the output channel of a weight learns at all. Only decay asks.
  template <int Node>
  static bool is_alive([[maybe_unused]] int i) {
    if constexpr (rule.decays) {
      using layer = typename node_values<Net, Node>::layer_type;
      const auto scale = host_binding<Net, Update, Node, true, false>::scale();
      const auto m = scale[layer::output_of_weight(graph.at[Node], i)];
      return kernels::size_for<rule>({1u << 30, 0}, m, step_sizes<Net, Update, Node>::largest_shift()).mantissa != 0;
    } else {
      return true;
    }
  }
  template <int Node>
  static constexpr action known() {
    if constexpr (graph.at[Node].number >= 0 && graph.at[Node].bias_trained)
      return &apply<Node>;
    else
      return [](host_memory&, const facts&) {};
  }
  template <int... Node>
  static constexpr auto list(std::integer_sequence<int, Node...>) {
    return std::array<action, sizeof...(Node)>{known<Node>()...};
  }
  static constexpr auto all = list(std::make_integer_sequence<int, graph.size>{});
};

}  // namespace thimble::lab
