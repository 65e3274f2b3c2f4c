// Every rule of a network's layers, compiled once for the widest update, to be called by node and number. Host only.
#pragma once
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include <thimble/lab/host_binding.hpp>

namespace thimble::lab {

template <class Net, class Update>
class host_rules {
  static constexpr const auto& graph = marked<Net, Update>;
  static constexpr int nodes = graph.size;

 public:
  using action = void (*)(host_memory&);

  /// What runs a step of any update.
  static action action_of(const step& s) {
    for (const known& k : all)
      if (k.node == s.node && k.rule == s.rule && k.backward == s.backward && k.adds == s.adds) return k.run;
    // A layer keeps channels of its input where some do not learn; here the input itself stays.
    if (!s.backward) return [](host_memory&) {};
    throw std::logic_error("host_rules: a step of node " + std::to_string(s.node) +
                           " is none of the widest update's; please report this");
  }

  /// Bytes of a tensor under the widest update; 0 of parameters that cannot learn.
  static int bytes_of(int id) {
    const tensor& t = derived<Net, Update>.t[id];
    return t.needed || id < arena_kinds * nodes ? t.bytes : 0;
  }

  /// What a layer starts from; null: zero.
  struct factory {
    const std::int8_t* weights = nullptr;
    const std::int32_t* biases = nullptr;
  };
  static factory factory_of(int node) {
    static const auto table = list_factories(std::make_integer_sequence<int, nodes>{});
    return table[static_cast<std::size_t>(node)];
  }

 private:
  struct known {
    int node, rule;
    bool backward, adds;
    action run;
  };

  template <int Node, int Rule, bool Backward, bool Adds>
  static void run_rule(host_memory& m) {
    using layer = typename mp::mp_at_c<typename Net::nodes, static_cast<std::size_t>(Node)>::layer;
    using rules = mp::mp_if_c<Backward, typename layer::gradient, typename layer::forward>;
    mp::mp_at_c<rules, static_cast<std::size_t>(Rule)>::run(host_binding<Net, Update, Node, Backward, Adds>(m));
  }
  template <int Step>
  static constexpr known known_step() {
    constexpr step s = derived<Net, Update>.s[Step];
    return {s.node, s.rule, s.backward, s.adds, &run_rule<s.node, s.rule, s.backward, s.adds>};
  }
  template <int... Step>
  static constexpr auto list_known(std::integer_sequence<int, Step...>) {
    return std::array<known, sizeof...(Step)>{known_step<Step>()...};
  }
  static constexpr auto all = list_known(std::make_integer_sequence<int, derived<Net, Update>.steps>{});

  template <int Node>
  static factory made_of() {
    using values = node_values<Net, Node>;
    if constexpr (graph.at[Node].number >= 0 && !values::is_fresh)
      return {values::flash(), values::bias()};
    else
      return {};
  }
  template <int... Node>
  static std::array<factory, sizeof...(Node)> list_factories(std::integer_sequence<int, Node...>) {
    return {made_of<Node>()...};
  }
};

}  // namespace thimble::lab
