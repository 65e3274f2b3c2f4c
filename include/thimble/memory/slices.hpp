// Blocks whose hidden channels have gradients by slices only: between a layer that narrows (its input's gradient has the hidden
// channels) and one that widens (its input's gradient is summed over them), every step works on some channels, then on the next ones.
// Neither is any value made twice, nor does one change: sums over hidden channels are exact, and rounded once.
#pragma once
#include <thimble/memory/rule_table.hpp>

namespace thimble::detail {

/// Steps [first, first + count) with hidden gradients of `channels` channels; `sum`: the step that adds to sums of its dx, or -1.
struct sliced_block {
  int first = 0, count = 0, channels = 0, sum = -1;
};
/// A plan in which the steps of each block follow one another.
template <class Plan>
struct gathered_plan {
  Plan p;
  sliced_block block[static_cast<std::size_t>(Plan::steps_room)]{};
  int blocks = 0;
  std::uint64_t again = 0;  ///< bit i: block i makes what it begins with again
};

template <class Plan>
class block_finder {
 public:
  constexpr block_finder(Plan& p, const auto& g) : p_(p) {
    for (int n = 0; n < Plan::nodes; ++n) channels_[n] = g.at[n].out.c;
  }
  /// The block that begins with step i; count 0: none does.
  constexpr sliced_block at(int i) {
    sliced_block b;
    const step& head = p_.s[i];
    if (!head.backward || head.slices != slicing::mixes || head.adds || !is_gradient(head.writes[0])) return b;
    b.first = i;
    b.channels = channels_[head.writes[0] % Plan::nodes];
    const int later = gather(b, false);
    if (later < 0 || !is_closed(b, later)) return {};
    gather(b, true);
    p_.s[i].mixes = mixing::makes_of_prepared;
    for (int k = i + 1; k < p_.steps; ++k)
      for (const int r : p_.s[k].reads)
        if (r == p_.s[i].reads[0]) p_.s[i].mixes = mixing::makes;
    return b;
  }

 private:
  static constexpr bool is_gradient(int id) { return id >= gradient * Plan::nodes && id < mask * Plan::nodes; }
  constexpr bool is_hidden(int id) const { return is_gradient(id) && hidden_[id - gradient * Plan::nodes]; }
  constexpr void hide(int id) { hidden_[id - gradient * Plan::nodes] = true; }
  constexpr bool touches(const step& s) const {
    bool any = is_hidden(s.modifies);
    for (const int r : s.reads) any = any || is_hidden(r);
    for (const int w : s.writes) any = any || is_hidden(w);
    return any;
  }

  /// Collects the block's steps; if `moves`, moves behind them those of its first layer's weights, which need no hidden gradient. The
  /// step after all of them; -1: a step cannot work by slices.
  constexpr int gather(sliced_block& b, bool moves) {
    step later[2];
    int moved = 0, to = b.first + 1;
    const int node = p_.s[b.first].node;
    for (bool& h : hidden_) h = false;
    hide(p_.s[b.first].writes[0]);
    b.sum = -1;
    for (int i = b.first + 1; i < p_.steps; ++i) {
      const step s = p_.s[i];
      if (!touches(s)) {
        if (s.node != node || moved == 2) break;
        later[moved++] = s;
        continue;
      }
      if (s.slices == slicing::none) return -1;
      if (s.slices == slicing::mixes) {
        if (b.sum >= 0 || !is_hidden(s.reads[0])) return -1;
        b.sum = to;
      } else if (is_gradient(s.writes[0])) {
        if (s.adds || channels_[s.writes[0] % Plan::nodes] != b.channels) return -1;
        hide(s.writes[0]);
      }
      if (moves) p_.s[to] = s;
      ++to;
    }
    b.count = to - b.first;
    for (int k = 0; k < moved && moves; ++k) p_.s[to + k] = later[k];
    return to + moved;
  }
  /// Whether nothing else touches its hidden gradients.
  constexpr bool is_closed(const sliced_block& b, int later) const {
    for (int i = p_.forward_steps; i < p_.steps; ++i)
      if ((i < b.first || i >= later) && touches(p_.s[i])) return false;
    return b.channels % 8 == 0 && b.count > 1;
  }

  Plan& p_;
  int channels_[static_cast<std::size_t>(Plan::nodes)]{};
  bool hidden_[static_cast<std::size_t>(Plan::nodes)]{};
};

/// Lets a block do without the gradient that it begins with, if that is what an addition passes on: what enters the addition stays instead,
/// which its other side needs too, and that side's gradient is added last. The bytes are the same: a saturating sum of two has no
/// order. False: it cannot.
template <class Plan>
constexpr bool make_again(Plan& p, sliced_block& b) {
  const int dy = p.s[b.first].reads[0];
  int maker = -1, other = -1, mask_of_dy = -1;
  for (int i = p.forward_steps; i < p.steps; ++i) {
    const step& s = p.s[i];
    if (s.writes[0] == dy && !s.adds && s.remakes && i < b.first) maker = i;
    if (s.modifies == dy) mask_of_dy = s.reads[0];
    for (const int r : s.reads)  // biases have learned before the block begins
      if (r == dy && i > b.first) return false;
  }
  if (maker < 0) return false;
  const int source = p.s[maker].reads[0];
  for (int i = p.forward_steps; i < p.steps; ++i) {
    if (i == maker || p.s[i].reads[0] != source) continue;
    if (other >= 0 || i > b.first) return false;
    other = i;
  }
  if (other >= 0) {
    const int dx = p.s[other].writes[0];
    if (b.sum < 0 || p.s[other].adds || p.s[b.sum].writes[0] != dx || !p.s[b.sum].adds) return false;
    for (int i = other + 1; i < b.sum; ++i)
      if (p.s[i].writes[0] == dx || p.s[i].modifies == dx) return false;
    const step last = p.s[other];
    for (int i = other; i < b.first + b.count - 1; ++i) p.s[i] = p.s[i + 1];
    --b.first;
    --b.sum;
    if (maker > other) --maker;
    p.s[b.sum].adds = false;
    p.s[b.first + b.count] = last;
    p.s[b.first + b.count].adds = true;
  }
  step& head = p.s[b.first];
  head.mixes = mixing::makes_again;
  head.remade_by = maker;
  head.reads[0] = source;
  head.reads[2] = mask_of_dy;
  return true;
}

/// The blocks of a plan; those of the set `again` (bit i: block i) make what they begin with again, if they can.
template <class Plan>
constexpr gathered_plan<Plan> gather_blocks(const Plan& p, const auto& g, std::uint64_t again) {
  gathered_plan<Plan> r{p};
  block_finder<Plan> find(r.p, g);
  for (int i = p.forward_steps; i < p.steps;) {
    sliced_block b = find.at(i);
    i += b.count > 0 ? b.count : 1;
    if (b.count == 0) continue;
    const std::uint64_t me = r.blocks < 64 ? std::uint64_t{1} << r.blocks : 0;
    if ((again & me) != 0 && make_again(r.p, b)) r.again |= me;
    r.block[r.blocks++] = b;
  }
  return r;
}

/// Puts a block into the plan, by slices of `channels`: its loop, the bytes of its hidden gradients and of its scratch (sums, and
/// what its steps need), what may lie over what.
template <class Plan>
constexpr void enter_slices(Plan& p, const auto& g, const auto& rules, const sliced_block& b, int channels, loop& l) {
  l = {b.first, b.count, false, b.channels / channels, {}, 0};
  const int sums = b.sum < 0 ? 0 : 4 * g.at[p.s[b.sum].writes[0] % Plan::nodes].out.size();
  int most = 0;
  for (int i = b.first; i < b.first + b.count; ++i) {
    step& s = p.s[i];
    const facts whole = within_scratch(g.at[s.node], s),
                part = slice_of(whole, s.slices, s.mixes != mixing::sums, channels);
    const rule_entry& rule = rules.of(s);
    s.channels = channels;
    s.block = b.first;
    s.scratch = rule.slice_scratch != nullptr ? rule.slice_scratch(part, s.mixes) : rule.describe(part).scratch;
    s.scratch_at = 0;
    if (s.scratch > most) most = s.scratch;
    const int dx = s.writes[0];
    if (dx < gradient * Plan::nodes || dx >= mask * Plan::nodes) continue;
    if (i == b.sum) {
      // Rounded from the first sum on or from the last on, dx may lie over the lower or the upper half of the sums.
      if (!s.adds) l.in_place[0] = {dx, tensor_kinds * Plan::nodes + b.first, 0};
      if (!s.adds) l.in_place[2] = {dx, tensor_kinds * Plan::nodes + b.first, -sums / 2};
    } else {
      p.t[dx].bytes = 2 * g.at[dx % Plan::nodes].out.pixels() * channels;
      const overlay over = rule.describe(part).in_place[0];
      bool dies = s.mixes == mixing::sums && over.write == role::dx0;
      for (int k = i + 1; k < b.first + b.count; ++k)
        for (const int r : p.s[k].reads) dies = dies && r != s.reads[0];
      if (dies) l.in_place[1] = {dx, s.reads[0], over.lag};
    }
  }
  l.scratch = most;
  l.sums = sums;
}

/// Channels of a slice that are tried, most first: whole bytes of masks.
inline constexpr int slice_sizes[] = {64, 48, 32, 24, 16, 8};

}  // namespace thimble::detail
