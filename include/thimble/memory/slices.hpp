// Blocks by slices, in the plan: which there are, what they make again, and the bytes of a slice.
#pragma once
#include <thimble/memory/made_again.hpp>

namespace thimble::detail {

/// The blocks of a plan, and what they do of what they are asked to, by the compiler or by name, as far as they can.
template <class Plan>
constexpr gathered_plan<Plan> gather_blocks(const Plan& p, const auto& g, const block_choice& asked) {
  gathered_plan<Plan> r{p};
  block_finder<Plan> find(r.p, g);
  for (int i = p.forward_steps; i < p.steps && r.blocks < most_blocks;) {
    sliced_block b = find.at(i);
    i += b.count > 0 ? b.count : 1;
    if (b.count == 0) continue;
    const std::uint64_t me = std::uint64_t{1} << r.blocks;
    if ((asked.again & me) != 0 && make_again(r.p, b)) r.chosen.again |= me;
    const hidden_makers h = makers_of(r.p, g, b);
    const bool named = h.by[0] >= 0 && g.at[r.p.s[h.by[0]].node].recomputed;
    if (((asked.remade & me) != 0 || named) && h.saves > 0) {
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
    s.scratch = rule.has_slice_scratch ? rule.slice_scratch(part, s.mixes) : rule.describe(part).scratch;
    if (s.scratch > most) most = s.scratch;
    const int dx = s.writes[0];
    if (!Plan::is_gradient(dx)) continue;
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
