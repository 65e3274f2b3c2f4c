// What rules say of layers, for planners that ask again with other facts: fewer channels, less scratch.
#pragma once
#include <thimble/training/backward.hpp>

namespace thimble::detail {

/// One rule. slice_scratch(facts of a slice, how it mixes), if the rule needs other scratch by slices than else. (Whether it does is said
/// beside it: to GCC a comparison of a function's address with null is no constant under -fsanitize=undefined.)
struct rule_entry {
  uses (*describe)(const facts&);
  int (*slice_scratch)(const facts&, mixing);
  bool has_slice_scratch;
};
template <class Rule>
constexpr rule_entry entry_of() {
  if constexpr (requires { Rule::slice_scratch; })
    return {Rule::describe, Rule::slice_scratch, true};
  else
    return {Rule::describe, nullptr, false};
}

/// The rules of each node, forward and backward.
template <int N, int R>
struct rule_table {
  rule_entry v[static_cast<std::size_t>(R > 0 ? R : 1)]{};
  int forward[static_cast<std::size_t>(N)]{}, backward[static_cast<std::size_t>(N)]{};  ///< the first of each node
  [[nodiscard]] constexpr const rule_entry& of(const step& s) const {
    return v[(s.backward ? backward : forward)[s.node] + s.rule];
  }
};
template <int N, int R, class... Rules>
constexpr void enter_rules(mp::mp_list<Rules...>, rule_table<N, R>& t, int& count) {
  ((t.v[count++] = entry_of<Rules>()), ...);
}
template <int R, class... Node>
constexpr auto make_rule_table(mp::mp_list<Node...>) {
  rule_table<static_cast<int>(sizeof...(Node)), R> t;
  int n = 0, count = 0;
  ((t.forward[n] = count, enter_rules(forward_of<Node>{}, t, count), t.backward[n++] = count,
    enter_rules(gradient_of<Node>{}, t, count)),
   ...);
  return t;
}
template <class Net>
inline constexpr auto rules_table_of = make_rule_table<rules_of<typename Net::nodes, true>>(typename Net::nodes{});

/// Whether a step reads, writes or changes a tensor.
constexpr bool touches(const step& s, int id) {
  bool any = s.modifies == id;
  for (const int r : s.reads) any = any || r == id;
  for (const int w : s.writes) any = any || w == id;
  return any;
}

/// Bytes of weights that are copied for a slice of a layer that is run forward again.
constexpr int copied_again(const facts& slice, slicing how) {
  return how == slicing::channels ? (slice.weights() + 3) / 4 * 4 : 0;
}

/// The facts of a step's node, its kernel's scratch limited as the step says.
constexpr facts within_scratch(facts f, const step& s) {
  if (s.most_scratch > 0) f.most_scratch = s.most_scratch;
  return f;
}

}  // namespace thimble::detail
