// Blocks whose hidden channels have gradients by slices only: between a layer that narrows (its input's gradient has the hidden
// channels) and one that widens (its input's gradient is summed over them), every step works on some channels, then on the next ones.
// No value changes by that: sums over hidden channels are exact, and rounded once.
#pragma once
#include <cstdint>

#include <thimble/training/steps.hpp>

namespace thimble::detail {

/// Steps [first, first + count) with hidden gradients of `channels` channels; `sum`: the step that adds to sums of its dx, or -1.
struct sliced_block {
  int first = 0, count = 0, channels = 0, sum = -1;
};
/// Blocks by slices of one plan; what comes before them in the network is made whole.
inline constexpr int most_blocks = 64;

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
    if (!head.backward || head.slices != slicing::mixes || head.adds || !Plan::is_gradient(head.writes[0])) return b;
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
  constexpr bool is_hidden(int id) const { return Plan::is_gradient(id) && hidden_[id - gradient * Plan::nodes]; }
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
      } else if (Plan::is_gradient(s.writes[0])) {
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
    return b.channels % 8 == 0 && b.channels > 8 && b.count > 1;  // several slices
  }

  Plan& p_;
  int channels_[static_cast<std::size_t>(Plan::nodes)]{};
  bool hidden_[static_cast<std::size_t>(Plan::nodes)]{};
};

}  // namespace thimble::detail
