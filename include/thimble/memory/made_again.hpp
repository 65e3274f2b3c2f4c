// What a block makes again instead of keeping it: the gradient that it begins with, its hidden values.
#pragma once
#include <thimble/memory/blocks.hpp>
#include <thimble/memory/live.hpp>
#include <thimble/memory/rule_table.hpp>

namespace thimble::detail {

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
  int by[2]{-1, -1};     ///< steps: of the layer that widens, and of the one that filters
  int clips[2]{-1, -1};  ///< the steps that read their masks
  int keeps = -1;        ///< the step that saves the block's input for the first
  int saves = 0;         ///< bytes; 0: they cannot be made again
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
      if (p.s[k].writes[1] == read) h.by[1 - found] = k;
    ++found;
  }
  if (h.by[0] < 0 || h.by[1] < 0 || p.steps == Plan::steps_room) return {};
  const step &wide = p.s[h.by[0]], &filter = p.s[h.by[1]];
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
  step &wide = p.s[h.by[0]], &filter = p.s[h.by[1]];
  step again;
  again.node = filter.node;
  again.rule = filter.rule;
  again.slices = slicing::outputs;
  again.reads[0] = wide.reads[0];
  for (int i = 0; i < 2; ++i) {
    again.again[i] = h.by[i];
    again.writes[i] = p.s[h.by[i]].writes[1];
    p.s[h.by[i]].writes[1] = -1;
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

}  // namespace thimble::detail
