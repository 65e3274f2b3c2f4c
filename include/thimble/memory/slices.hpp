// Blocks whose hidden channels have gradients by slices only: between a layer that narrows (its input's gradient has the hidden
// channels) and one that widens (its input's gradient is summed over them), every step works on some channels, then on the next ones.
// Neither is any value made twice, nor does one change: sums over hidden channels are exact, and rounded once.
#pragma once
#include <thimble/memory/live.hpp>
#include <thimble/memory/rule_table.hpp>

namespace thimble::detail {

/// Steps [first, first + count) with hidden gradients of `channels` channels; `sum`: the step that adds to sums of its dx, or -1.
struct sliced_block {
  int first = 0, count = 0, channels = 0, sum = -1;
};
/// Which blocks do what costs more to save memory: bit i says so of block i.
struct block_choice {
  std::uint64_t again = 0;   ///< makes the gradient that it begins with again
  std::uint64_t remade = 0;  ///< makes its hidden values again, which then nothing saves
  constexpr bool operator==(const block_choice&) const = default;
};

/// A plan in which the steps of each block follow one another.
template <class Plan>
struct gathered_plan {
  Plan p;
  sliced_block block[static_cast<std::size_t>(Plan::steps_room)]{};
  int blocks = 0;
  block_choice chosen{};  ///< what they do, of what they were asked to do
  int saves[static_cast<std::size_t>(
      Plan::steps_room)]{};  ///< bytes that a block would not save if its hidden values were made again
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

/// How a block's hidden values could be made again: by the forward steps of its first two layers, whose masks they are.
struct hidden_makers {
  int step[2]{-1, -1}, keeps = -1, clips[2]{-1, -1};
  int saves = 0;  ///< bytes; 0: they cannot be made again
};
template <class Plan>
constexpr hidden_makers makers_of(const Plan& p, const auto& g, const sliced_block& b) {
  constexpr int N = Plan::nodes;
  hidden_makers h;
  int found = 0;
  for (int i = b.first; i < b.first + b.count; ++i) {  // backwards through the layers
    const int read = p.s[i].reads[0];
    if (p.s[i].modifies < 0 || read < mask * N || read >= kept * N) continue;
    if (found == 2) return {};
    h.clips[1 - found] = i;
    for (int k = 0; k < p.forward_steps; ++k)
      if (p.s[k].writes[1] == read) h.step[1 - found] = k;
    ++found;
  }
  if (h.step[0] < 0 || h.step[1] < 0 || p.steps == Plan::steps_room) return {};
  const step &wide = p.s[h.step[0]], &filter = p.s[h.step[1]];
  if (wide.slices != slicing::outputs || filter.slices != slicing::channels || filter.reads[0] != wide.writes[0])
    return {};
  const int x = wide.reads[0], kept_of_x = kept * N + wide.node;
  bool stays = false;  // the block's input, all the same
  for (int i = 0; i < p.steps; ++i) {
    if (i < p.forward_steps && p.s[i].writes[0] == kept_of_x) h.keeps = i;
    if (i < p.forward_steps) continue;
    if (touches(p.s[i], wide.writes[0]) || touches(p.s[i], filter.writes[0]) || touches(p.s[i], kept * N + filter.node))
      return {};
    stays = stays || touches(p.s[i], x);
  }
  h.saves = align_up(p.t[wide.writes[1]].bytes) + align_up(p.t[filter.writes[1]].bytes) +
            (h.keeps < 0 ? 0 : align_up(p.t[kept_of_x].bytes)) - (stays ? 0 : align_up(g.at[x % N].out.size()));
  return h;
}
/// Lets it: the masks are those of a slice, and the layer that widens learns from the block's input. The step that does so comes second.
template <class Plan>
constexpr void make_hidden_again(Plan& p, sliced_block& b, const hidden_makers& h) {
  step &wide = p.s[h.step[0]], &filter = p.s[h.step[1]];
  step again;
  again.node = filter.node;
  again.rule = filter.rule;
  again.slices = slicing::outputs;
  again.reads[0] = wide.reads[0];
  for (int i = 0; i < 2; ++i) {
    again.again[i] = h.step[i];
    again.writes[i] = p.s[h.step[i]].writes[1];
    p.s[h.step[i]].writes[1] = -1;
    p.s[h.clips[i]].of_slice = true;
  }
  if (h.keeps >= 0) {
    const int kept_of_x = p.s[h.keeps].writes[0];
    for (int& r : p.s[h.keeps].reads) r = -1;
    p.s[h.keeps].writes[0] = -1;
    p.t[kept_of_x].needed = false;
    for (int i = p.forward_steps; i < p.steps; ++i)
      for (int& r : p.s[i].reads)
        if (r == kept_of_x) r = wide.reads[0], p.s[i].unpacked = true;
  }
  for (int i = p.steps++; i > b.first + 1; --i) p.s[i] = p.s[i - 1];
  p.s[b.first + 1] = again;
  ++b.count;
  if (b.sum >= 0) ++b.sum;
}

/// The blocks of a plan, and what they do of what they are asked to, as far as they can.
template <class Plan>
constexpr gathered_plan<Plan> gather_blocks(const Plan& p, const auto& g, const block_choice& asked) {
  gathered_plan<Plan> r{p};
  block_finder<Plan> find(r.p, g);
  for (int i = p.forward_steps; i < p.steps;) {
    sliced_block b = find.at(i);
    i += b.count > 0 ? b.count : 1;
    if (b.count == 0) continue;
    const std::uint64_t me = r.blocks < 64 ? std::uint64_t{1} << r.blocks : 0;
    if ((asked.again & me) != 0 && make_again(r.p, b)) r.chosen.again |= me;
    const hidden_makers h = makers_of(r.p, g, b);
    if ((asked.remade & me) != 0 && h.saves > 0) {
      make_hidden_again(r.p, b, h);
      r.chosen.remade |= me;
      ++i;
    } else {
      r.saves[r.blocks] = h.saves;
    }
    r.block[r.blocks++] = b;
  }
  return r;
}

/// The masks of a slice that step s makes again; the bytes of all that it needs for it.
template <class Plan>
constexpr int enter_slice_again(Plan& p, const auto& g, const auto& rules, const step& s, int channels) {
  int made = 0, most = 0;
  for (int i = 0; i < 2; ++i) {
    const step& forward = p.s[s.again[i]];
    const facts part = slice_of(within_scratch(g.at[forward.node], s), forward.slices, false, channels);
    const int needs = copied_again(part, forward.slices) + rules.of(forward).describe(part).scratch;
    if (needs > most) most = needs;
    made += align_up(part.out.size());
    p.t[s.writes[i]].bytes = part.out.size() / 8;
  }
  return made + most;
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
    s.scratch_at = 0;
    if (s.again[0] >= 0) {
      s.scratch = enter_slice_again(p, g, rules, s, channels);
      if (s.scratch > most) most = s.scratch;
      continue;
    }
    s.scratch = rule.slice_scratch != nullptr ? rule.slice_scratch(part, s.mixes) : rule.describe(part).scratch;
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
