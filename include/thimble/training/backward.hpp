// From rules to steps: the forward list, the nodes in reverse through their gradient rules, and what nobody needs left out.
#pragma once
#include <thimble/training/policies.hpp>
#include <thimble/training/sparse_update.hpp>
#include <thimble/training/steps.hpp>

namespace thimble {

namespace detail {

template <class Node>
using forward_of = typename Node::layer::forward;
template <class Node>
using gradient_of = typename Node::layer::gradient;
template <class Node>
using forward_size = mp::mp_size<forward_of<Node>>;
template <class Node>
using gradient_size = mp::mp_size<gradient_of<Node>>;

template <class... Size>
constexpr int sum_of(mp::mp_list<Size...>) {
  return (0 + ... + static_cast<int>(Size::value));
}

/// Rules of all nodes: forward, and gradient if anything trains.
template <class Nodes, bool Trains>
inline constexpr int rules_of =
    sum_of(mp::mp_transform<forward_size, Nodes>{}) + (Trains ? sum_of(mp::mp_transform<gradient_size, Nodes>{}) : 0);

/// Every step that could be needed, and what each node would keep.
template <int N, int S>
struct candidates {
  step s[static_cast<std::size_t>(S > 0 ? S : 1)];
  int count = 0;
  int kept_bytes[static_cast<std::size_t>(N)]{};
};

/// The tensor behind a role, seen from node n; views lead to what they view.
template <int N>
constexpr int tensor_of(role r, const graph<N>& g, int n) {
  const facts& f = g.at[n];
  const auto owned = [&](int kind, int of) { return of < 0 ? -1 : kind * N + g.owner(of); };
  if (const int slot = slot_of(r); slot >= 0) return owned(is_input(r) ? value : gradient, f.inputs[slot]);
  switch (r) {
    case role::y:
      return owned(value, n);
    case role::dy:
      return owned(gradient, n);
    case role::mask:
      return mask * N + n;
    case role::kept:
      return kept * N + n;
    case role::w:
      return weight * N + n;
    case role::b:
      return bias_of * N + n;
    default:
      return -1;
  }
}

template <int N>
constexpr step make_step(const graph<N>& g, const uses& u, int n, int rule, bool backward, const reach& rows) {
  step s;
  s.node = n;
  s.rule = rule;
  s.backward = backward;
  s.scratch = u.scratch;
  s.rows = rows;
  s.modifies = tensor_of(u.modifies, g, n);
  for (int i = 0; i < 4; ++i) s.reads[i] = tensor_of(u.reads[i], g, n);
  for (int i = 0; i < 2; ++i) s.writes[i] = tensor_of(u.writes[i], g, n);
  for (int i = 0; i < 2; ++i)
    s.in_place[i] = {tensor_of(u.in_place[i].write, g, n), tensor_of(u.in_place[i].read, g, n), u.in_place[i].lag};
  return s;
}

/// Maps that are higher are made whole: the compiler could not rehearse their rows. Those that are wider are not made by patches, whose
/// places are counted in 16 bits.
inline constexpr int highest_by_rows = 4096, widest_by_patches = 32767;

/// What a rule's rows reach, if it can make them one at a time here: not of an input that is seen in another shape, or that is
/// broadcast.
template <class Rule, int N>
constexpr reach reach_of([[maybe_unused]] const graph<N>& g, [[maybe_unused]] int n) {
  if constexpr (requires(const facts& f) { Rule::rows(f); }) {
    const facts& f = g.at[n];
    const auto is_as_made = [&](int slot, const shape& seen) {
      return f.inputs[slot] < 0 ||
             (g.at[g.owner(f.inputs[slot])].out == seen && !g.at[g.owner(f.inputs[slot])].is_constant);
    };
    const reach r = is_as_made(0, f.in) && is_as_made(1, f.in1) && f.inputs[2] < 0 ? Rule::rows(f) : reach{};
    // Not where a window lies in the padding alone.
    if (r.pad < r.kernel && (f.out.h - 1) * r.stride - r.pad < f.in.h && f.in.h <= highest_by_rows) return r;
  }
  return {};
}

/// What a rule's columns reach, if it can make some by themselves and its rows can be made one at a time.
template <class Rule>
constexpr reach columns_of([[maybe_unused]] const facts& f) {
  if constexpr (requires { Rule::columns(f); }) {
    const reach c = Rule::columns(f);
    if (c.pad < c.kernel && (f.out.w - 1) * c.stride - c.pad < f.in.w && f.in.w <= widest_by_patches &&
        f.out.w <= widest_by_patches)
      return c;
  }
  return {};
}

template <class Rule, int N>
constexpr step make_step_of(const graph<N>& g, int n, int rule, bool backward) {
  const reach rows = reach_of<Rule>(g, n);
  step s = make_step(g, Rule::describe(g.at[n]), n, rule, backward, rows);
  if constexpr (requires { Rule::slices(g.at[n]); }) s.slices = Rule::slices(g.at[n]);
  if constexpr (requires { Rule::remakes(g.at[n]); }) s.remakes = Rule::remakes(g.at[n]);
  if (rows.kernel > 0) s.columns = columns_of<Rule>(g.at[n]);
  s.row_in_place = rows.kernel > 1;
  if (rows.kernel > 0)
    for (int above = 0; above <= rows.pad; ++above) {
      const uses u = Rule::describe(one_row_of(g.at[n], rows, above));
      if (u.scratch > s.row_scratch) s.row_scratch = u.scratch;
      s.row_in_place = s.row_in_place && u.in_place[0].write == role::y && u.in_place[0].lag == 0;
    }
  return s;
}

template <int N, int S, class... Rules>
constexpr void list_rules(mp::mp_list<Rules...>, candidates<N, S>& c, const graph<N>& g, [[maybe_unused]] int n,
                          [[maybe_unused]] bool backward) {
  [[maybe_unused]] int rule = 0;
  ((c.s[c.count++] = make_step_of<Rules>(g, n, rule++, backward)), ...);
}

template <int N, int S, class... Node>
constexpr void list_gradients(mp::mp_list<Node...>, candidates<N, S>& c, const graph<N>& g) {
  int n = N;
  ((list_rules(gradient_of<Node>{}, c, g, --n, true)), ...);
}

/// The forward rules of the nodes in order; if anything trains, the gradient rules of the nodes in reverse.
template <bool Trains, int N, class... Node>
constexpr auto list_steps(mp::mp_list<Node...>, const graph<N>& g) {
  candidates<N, rules_of<mp::mp_list<Node...>, Trains>> c{};
  int n = 0;
  const auto kept_by = [&]<class Layer>(mp::mp_identity<Layer>) {
    if constexpr (requires { Layer::kept_bytes(g.at[0]); }) c.kept_bytes[n] = Layer::kept_bytes(g.at[n]);
  };
  ((list_rules(forward_of<Node>{}, c, g, n, false), kept_by(mp::mp_identity<typename Node::layer>{}), ++n), ...);
  if constexpr (Trains) list_gradients(mp::mp_reverse<mp::mp_list<Node...>>{}, c, g);
  return c;
}
/// Bytes of every tensor that could be needed; what trains is needed.
template <int N, int S>
constexpr void size_tensors(plan<N, S>& p, const graph<N>& g, const recipe& how, const int* kept_bytes) {
  const auto hold = [&](int kind, int n, int bytes) {
    p.t[kind * N + n].bytes = bytes;
    p.t[kind * N + n].needed = bytes > 0;
  };
  for (int n = 0; n < N; ++n) {
    const facts& f = g.at[n];
    p.t[value * N + n].bytes = f.is_constant ? 0 : f.out.size() * (f.logits ? 4 : 1);
    p.t[gradient * N + n].bytes = how.gradient_bytes() * f.out.size();
    p.t[mask * N + n].bytes = (f.out.size() + 7) / 8;
    p.t[kept * N + n].bytes = kept_bytes[n];
    const int trained = f.trained * f.weight_rows;
    const int biases = f.bias_trained ? f.biases : 0;
    hold(weight, n, trained);
    hold(residual_of_weight, n, how.rule.residual_bytes(trained));
    hold(bias_of, n, 4 * biases);
    hold(velocity_of_weight, n, how.rule.has_momentum ? 2 * trained : 0);
    hold(velocity_of_bias, n, how.rule.has_momentum ? 4 * biases : 0);
    hold(sum_of_weight, n, how.rule.accumulates ? 4 * trained : 0);
    hold(sum_of_bias, n, how.rule.accumulates ? 4 * biases : 0);
  }
}

/// A step lives if it writes (or changes) something needed; then what it reads is needed. Roots: the output, what trains.
template <int N, int S>
constexpr void derive(plan<N, S>& p, const graph<N>& g, const recipe& how, const candidates<N, S>& all) {
  size_tensors(p, g, how, all.kept_bytes);
  bool lives[static_cast<std::size_t>(plan<N, S>::steps_room)]{};
  // A gradient is made if it comes from the loss: of what nobody reads, or leads elsewhere, there is none.
  bool made[static_cast<std::size_t>(tensor_kinds * N)]{};
  bool possible[static_cast<std::size_t>(plan<N, S>::steps_room)]{};
  for (int i = 0; i < all.count; ++i) {
    const step& s = all.s[i];
    possible[i] = !p.is_gradient(s.modifies) || made[s.modifies];
    for (int r : s.reads) possible[i] = possible[i] && (!p.is_gradient(r) || made[r]);
    for (int w : s.writes)
      if (possible[i] && p.is_gradient(w)) made[w] = true;
  }
  p.t[value * N + g.owner(g.output())].needed = true;
  p.t[value * N].needed = true;  // the sample is written, whoever reads it
  for (int i = all.count - 1; i >= 0; --i) {
    const step& s = all.s[i];
    lives[i] = s.modifies >= 0 && p.t[s.modifies].needed;
    for (int w : s.writes) lives[i] = lives[i] || (w >= 0 && p.t[w].needed && p.t[w].bytes > 0);
    lives[i] = lives[i] && possible[i];
    if (!lives[i]) continue;
    for (int r : s.reads)
      if (r >= 0 && r < arena_kinds * N) p.t[r].needed = true;
  }

  bool written[static_cast<std::size_t>(tensor_kinds * N)]{};
  for (int i = 0; i < all.count; ++i) {
    if (!lives[i]) continue;
    step& s = p.s[p.steps++] = all.s[i];
    if (!s.backward) ++p.forward_steps;
    for (int w : s.writes) {
      if (!p.is_gradient(w)) continue;
      s.adds = s.adds || written[w];  // of several gradients of one tensor the first sets and the later ones add
      written[w] = true;
    }
  }
  p.t[value * N].first = -1;  // the sample is there before the first step
}

}  // namespace detail

template <class Net, class Update>
inline constexpr auto marked = Update::template apply<Net>();

template <class Net, class Update>
inline constexpr bool anything_trains = [] {
  for (const facts& f : marked<Net, Update>.at)
    if (f.trained > 0 || f.bias_trained) return true;
  return false;
}();

template <class Net, class Update>
inline constexpr auto derived = [] {
  constexpr const auto& g = marked<Net, Update>;
  constexpr bool trains = anything_trains<Net, Update>;
  plan<g.size, detail::rules_of<typename Net::nodes, trains>> p{};
  detail::derive(p, g, detail::how_of<Update>, detail::list_steps<trains>(typename Net::nodes{}, g));
  return p;
}();

}  // namespace thimble
