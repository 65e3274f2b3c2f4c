// From rules to steps: the forward list, the nodes in reverse through their gradient rules, and what nobody needs left out.
#pragma once
#include <thimble/training/sparse_update.hpp>
#include <thimble/training/steps.hpp>

namespace thimble {

/// Every rule's description, for the planner.
template <int N>
struct rule_book {
  uses forward[static_cast<std::size_t>(N)][most_forward_rules]{};
  uses gradient[static_cast<std::size_t>(N)][most_gradient_rules]{};
  int forwards[static_cast<std::size_t>(N)]{}, gradients[static_cast<std::size_t>(N)]{};
  int kept_bytes[static_cast<std::size_t>(N)]{};
};

namespace detail {

template <int Most, class... Rules>
constexpr void list_rules(mp::mp_list<Rules...>, uses* to, int& count, const facts& f) {
  static_assert(sizeof...(Rules) <= Most, "a layer may have at most two forward and four gradient rules");
  ((to[count++] = Rules::describe(f)), ...);
}

template <int N, class Layer, int... Inputs>
constexpr void list_layer(rule_book<N>& b, int n, const facts& f, node<Layer, Inputs...>) {
  list_rules<most_forward_rules>(typename Layer::forward{}, b.forward[n], b.forwards[n], f);
  list_rules<most_gradient_rules>(typename Layer::gradient{}, b.gradient[n], b.gradients[n], f);
  if constexpr (requires { Layer::kept_bytes(f); }) b.kept_bytes[n] = Layer::kept_bytes(f);
}

template <int N, class... Node>
constexpr rule_book<N> rules_of(mp::mp_list<Node...>, const graph<N>& g) {
  rule_book<N> b{};
  int n = 0;
  ((list_layer(b, n, g.at[n], Node{}), ++n), ...);
  return b;
}

/// The tensor behind a role, seen from node n; views lead to what they view.
template <int N>
constexpr int tensor_of(role r, const graph<N>& g, int n) {
  const facts& f = g.at[n];
  const auto owned = [&](int kind, int of) { return of < 0 ? -1 : kind * N + g.owner(of); };
  switch (r) {
    case role::x0:
      return owned(value, f.inputs[0]);
    case role::x1:
      return owned(value, f.inputs[1]);
    case role::y:
      return owned(value, n);
    case role::dx0:
      return owned(gradient, f.inputs[0]);
    case role::dx1:
      return owned(gradient, f.inputs[1]);
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
    case role::none:
      break;
  }
  return -1;
}

template <int N>
constexpr step make_step(const graph<N>& g, const uses& u, int n, int rule, bool backward) {
  step s;
  s.node = n;
  s.rule = rule;
  s.backward = backward;
  s.scratch = u.scratch;
  s.modifies = tensor_of(u.modifies, g, n);
  for (int i = 0; i < 4; ++i) s.reads[i] = tensor_of(u.reads[i], g, n);
  for (int i = 0; i < 2; ++i) s.writes[i] = tensor_of(u.writes[i], g, n);
  for (int i = 0; i < 2; ++i)
    s.in_place[i] = {tensor_of(u.in_place[i].write, g, n), tensor_of(u.in_place[i].read, g, n), u.in_place[i].lag};
  return s;
}

/// Bytes of every tensor that could be needed; what trains is needed.
template <int N>
constexpr void size_tensors(plan<N>& p, const graph<N>& g, const rule_book<N>& b) {
  for (int n = 0; n < N; ++n) {
    const facts& f = g.at[n];
    p.t[value * N + n].bytes = f.out.size() * (f.logits ? 4 : 1);
    p.t[gradient * N + n].bytes = 2 * f.out.size();
    p.t[mask * N + n].bytes = (f.out.size() + 7) / 8;
    p.t[kept * N + n].bytes = b.kept_bytes[n];
    const int trained = f.trained * f.weight_rows;
    p.t[weight * N + n].bytes = p.t[residual_of_weight * N + n].bytes = trained;
    p.t[weight * N + n].needed = p.t[residual_of_weight * N + n].needed = trained > 0;
    p.t[bias_of * N + n].bytes = f.bias_trained ? 4 * f.biases : 0;
    p.t[bias_of * N + n].needed = f.bias_trained;
  }
}

/// A step lives if it writes (or changes) something needed; then what it reads is needed. Roots: the logits, what trains.
template <int N>
constexpr void derive(plan<N>& p, const graph<N>& g, const rule_book<N>& b) {
  size_tensors(p, g, b);
  bool trains = false;
  for (const facts& f : g.at) trains = trains || f.trained > 0 || f.bias_trained;

  step all[static_cast<std::size_t>(plan<N>::steps_room)]{};
  bool lives[static_cast<std::size_t>(plan<N>::steps_room)]{};
  int count = 0, last_value = 0;
  for (int n = 0; n < N; ++n)
    for (int r = 0; r < b.forwards[n]; ++r) all[count++] = make_step(g, b.forward[n][r], n, r, false), last_value = n;
  if (trains)
    for (int n = N - 1; n >= 0; --n)
      for (int r = 0; r < b.gradients[n]; ++r) all[count++] = make_step(g, b.gradient[n][r], n, r, true);

  p.t[value * N + last_value].needed = true;
  for (int i = count - 1; i >= 0; --i) {
    const step& s = all[i];
    lives[i] = s.modifies >= 0 && p.t[s.modifies].needed;
    for (int w : s.writes) lives[i] = lives[i] || (w >= 0 && p.t[w].needed && p.t[w].bytes > 0);
    if (!lives[i]) continue;
    for (int r : s.reads)
      if (r >= 0 && r < arena_kinds * N) p.t[r].needed = true;
  }

  bool written[static_cast<std::size_t>(tensor_kinds * N)]{};
  for (int i = 0; i < count; ++i) {
    if (!lives[i]) continue;
    step& s = p.s[p.steps++] = all[i];
    if (!s.backward) ++p.forward_steps;
    for (int w : s.writes) {
      if (w < gradient * N || w >= mask * N) continue;
      s.adds = s.adds || written[w];  // of several gradients of one tensor the first sets and the later ones add
      written[w] = true;
    }
  }
  p.t[value * N].first = -1;  // the sample is there before the first step
}

/// Loops of steps (here: of one each) and the life of every tensor in them.
template <int N>
constexpr void find_lifetimes(plan<N>& p) {
  const auto touch = [&](int id, int i) {
    if (id < 0 || !p.t[id].needed) return;
    tensor& t = p.t[id];
    if (i < t.first) t.first = i;
    if (i > t.last) t.last = i;
  };
  int last_value = -1;
  for (int i = 0; i < p.steps; ++i) {
    const step& s = p.s[i];
    p.l[p.loops++] = {i, 1, 1};
    if (!s.backward) ++p.forward_loops;
    for (int r : s.reads) touch(r, i);
    for (int w : s.writes) {
      touch(w, i);
      if (!s.backward && w >= 0 && w < gradient * N) last_value = w;
    }
    touch(s.modifies, i);
    if (s.scratch > 0) {
      tensor& t = p.t[tensor_kinds * N + i];
      t.bytes = s.scratch;
      t.needed = true;
      touch(tensor_kinds * N + i, i);
    }
  }
  if (last_value >= 0 && p.t[last_value].last < p.forward_loops - 1)
    p.t[last_value].last = p.forward_loops - 1;  // the user reads it after the forward pass
}

}  // namespace detail

template <class Net, class Update>
inline constexpr auto marked = Update::template apply<Net>();

template <class Net, class Update>
inline constexpr auto derived = [] {
  constexpr const auto& g = marked<Net, Update>;
  constexpr int n = g.size;
  plan<n> p{};
  detail::derive(p, g, detail::rules_of(typename Net::nodes{}, g));
  detail::find_lifetimes(p);
  return p;
}();

}  // namespace thimble
