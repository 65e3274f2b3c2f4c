// Loops of whole steps and of blocks by slices, the life of every tensor in them, and which blocks make what again.
#pragma once
#include <thimble/memory/live.hpp>
#include <thimble/memory/slices.hpp>

namespace thimble {

namespace detail {

/// Life of every tensor in the plan's loops.
template <int N, int S>
constexpr void find_lifetimes(plan<N, S>& p, int output) {
  for (int i = 0; i < plan<N, S>::tensors; ++i) p.t[i].first = 1 << 20, p.t[i].last = -2;
  p.t[value * N].first = -1;  // the sample is there before the first step
  const auto touch = [&](int id, int loop) {
    if (id < 0 || !p.t[id].needed) return;
    tensor& t = p.t[id];
    if (loop < t.first) t.first = loop;
    if (loop > t.last) t.last = loop;
  };
  for (int l = 0; l < p.loops; ++l) {
    const loop& around = p.l[l];
    for (int i = around.first; i < around.first + around.count; ++i) {
      const step& s = p.s[i];
      for (const int r : s.reads) touch(r, l);
      for (const int w : s.writes) touch(w, l);
      touch(s.modifies, l);
    }
    for (int i = around.first; i < around.first + around.count; ++i) p.t[tensor_kinds * N + i] = {};
    const auto hold = [&](int step, int bytes) {
      p.t[tensor_kinds * N + step].bytes = bytes;
      p.t[tensor_kinds * N + step].needed = bytes > 0;
      touch(tensor_kinds * N + step, l);
    };
    hold(around.first, around.slices > 1 ? around.sums : around.scratch);
    if (around.slices > 1) hold(around.first + 1, around.scratch);
  }
  tensor& made = p.t[value * N + output];
  if (made.last < p.forward_loops - 1) made.last = p.forward_loops - 1;  // the user reads it after the forward pass
}

constexpr loop whole_loop(const step& s, int i) { return {i, 1, false, 1, {s.in_place[0], s.in_place[1]}, s.scratch}; }

/// A loop for each step.
template <int N, int S>
constexpr void list_loops(plan<N, S>& p) {
  p.loops = p.forward_loops = 0;
  for (int i = 0; i < p.steps; ++i) {
    loop& l = p.l[p.loops++];
    l = whole_loop(p.s[i], i);
    if (i < p.forward_steps) ++p.forward_loops;
  }
}

/// Of each block, whether its steps are made whole all the same.
template <class Plan>
struct whole_blocks {
  bool v[static_cast<std::size_t>(Plan::steps_room)]{};
};

/// The same, but blocks by slices of eight channels.
template <class Plan>
constexpr void list_sliced_loops(Plan& p, const auto& g, const auto& rules, const gathered_plan<Plan>& blocks,
                                 const whole_blocks<Plan>& whole) {
  p.loops = p.forward_loops;
  for (int i = p.forward_steps, k = 0; i < p.steps; i += p.l[p.loops++].count) {
    const bool begins = k < blocks.blocks && blocks.block[k].first == i;
    if (begins && !whole.v[k])
      enter_slices(p, g, rules, blocks.block[k], 8, p.l[p.loops]);
    else
      p.l[p.loops] = whole_loop(p.s[i], i);
    if (begins) ++k;
  }
}

/// Blocks that take no less by slices: sums of 32 bits may be larger than all that is hidden.
template <class Plan>
constexpr whole_blocks<Plan> better_whole(const Plan& by_steps, const Plan& by_slices,
                                          const gathered_plan<Plan>& blocks) {
  whole_blocks<Plan> whole;
  const bytes_alive<Plan> steps(by_steps), slices(by_slices);
  for (int k = by_slices.forward_loops, b = 0; k < by_slices.loops && b < blocks.blocks; ++k) {
    const sliced_block& block = blocks.block[b];
    if (by_slices.l[k].first != block.first) continue;
    int most = 0;
    for (int i = block.first; i < block.first + block.count; ++i)
      if (steps.in[i] > most) most = steps.in[i];
    whole.v[b] = slices.in[k] >= most && ((blocks.chosen.again | blocks.chosen.remade) >> b & 1) == 0;
    ++b;
  }
  return whole;
}

/// The block whose loop is the worst of all from the first that learns on, if it has not been told to make its dy again; -1: another is.
template <class Plan>
constexpr int worst_block(const Plan& p, const gathered_plan<Plan>& blocks) {
  const bytes_alive<Plan> live(p);
  const int k = live.worst(p, first_to_learn(p));
  for (int b = 0; b < blocks.blocks; ++b)
    if (p.l[k].first == blocks.block[b].first && p.s[p.l[k].first].mixes != mixing::makes_again) return b;
  return -1;
}

/// Of the blocks whose saved bytes are alive in the worst loop of all that learns, the one that would save the most by making its
/// hidden values again; -1: none can.
template <class Plan>
constexpr int block_that_saves_most(const Plan& p, const gathered_plan<Plan>& blocks) {
  const bytes_alive<Plan> live(p);
  const int worst = live.worst(p, first_to_learn(p));
  int best = -1;
  for (int b = 0; b < blocks.blocks; ++b)
    if (blocks.block[b].first + blocks.block[b].count > p.l[worst].first && blocks.saves[b] > 0 &&
        (best < 0 || blocks.saves[b] > blocks.saves[best]))
      best = b;
  return best;
}

/// Bytes alive in the worst loop from the first that learns on.
template <class Plan>
constexpr int bytes_of_learning(const Plan& p) {
  return rest_of(p, first_to_learn(p));
}

}  // namespace detail

// Each stage its own constant: compilers limit each evaluation.

/// The steps in the order in which they are run, with the blocks that may be made by slices, if a policy asks for them. Asked: see
/// detail::gather_blocks.
template <class Net, class Update, detail::block_choice Asked>
inline constexpr auto gathered_with = [] {
  using plan = std::remove_const_t<decltype(derived<Net, Update>)>;
  constexpr const recipe& how = detail::how_of<Update>;
  if constexpr (how.is_thrifty && !how.counts_saturation && anything_trains<Net, Update>)
    return detail::gather_blocks(derived<Net, Update>, marked<Net, Update>, Asked);
  else
    return detail::gathered_plan<plan>{derived<Net, Update>};
}();
/// A loop for each step, but blocks by the smallest slices.
template <class Net, class Update, detail::block_choice Asked>
inline constexpr auto sliced_with = [] {
  constexpr const auto& blocks = gathered_with<Net, Update, Asked>;
  constexpr const auto& g = marked<Net, Update>;
  constexpr int output = g.owner(g.output());
  auto p = blocks.p;
  detail::list_loops(p);
  detail::find_lifetimes(p, output);
  if constexpr (blocks.blocks > 0) {
    constexpr const auto& rules = detail::rules_table_of<Net>;
    const auto by_steps = p;
    detail::list_sliced_loops(p, g, rules, blocks, {});
    detail::find_lifetimes(p, output);
    const auto whole = detail::better_whole(by_steps, p, blocks);
    p = by_steps;
    detail::list_sliced_loops(p, g, rules, blocks, whole);
    detail::find_lifetimes(p, output);
  }
  return p;
}();

/// A loop for each step.
template <class Net, class Update, detail::block_choice Chosen>
inline constexpr auto layer_by_layer_with = [] {
  auto p = gathered_with<Net, Update, Chosen>.p;
  detail::list_loops(p);
  detail::find_lifetimes(p, marked<Net, Update>.owner(marked<Net, Update>.output()));
  return p;
}();

}  // namespace thimble
