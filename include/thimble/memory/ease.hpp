// What a placed plan leaves free beside each loop is given to it, which needs fewer instructions for it: wider slices, and scratch for
// kernels. Only what lives in that loop alone moves.
#pragma once
#include <initializer_list>

#include <thimble/memory/live.hpp>
#include <thimble/memory/slices.hpp>

namespace thimble::detail {

/// Free parts of the arena, lowest first.
struct free_parts {
  struct part {
    int begin, end;
  };
  static constexpr int most = 32;
  part v[static_cast<std::size_t>(most)]{};
  int count = 0;

  constexpr void add(int begin, int end) {
    if (end > begin && count < most) v[count++] = {begin, end};
  }
  [[nodiscard]] constexpr int largest() const {
    int best = -1;
    for (int i = 0; i < count; ++i)
      if (best < 0 || v[i].end - v[i].begin > v[best].end - v[best].begin) best = i;
    return best;
  }
  /// Those at an offset; false: they are not free.
  constexpr bool take_at(int offset, int bytes) {
    for (int i = 0; i < count; ++i)
      if (v[i].begin <= offset && offset + bytes <= v[i].end) {
        const part old = v[i];
        v[i].begin = offset + bytes;
        add(old.begin, offset);
        return true;
      }
    return false;
  }
  /// The smallest that holds so many bytes, taken from its beginning; its offset, or -1.
  constexpr int take(int bytes) {
    int best = -1;
    for (int i = 0; i < count; ++i)
      if (v[i].end - v[i].begin >= bytes && (best < 0 || v[i].end - v[i].begin < v[best].end - v[best].begin)) best = i;
    if (best < 0) return -1;
    const int at = v[best].begin;
    v[best].begin += bytes;
    return at;
  }
};

template <class Plan, class Graph, class Rules>
class easing {
 public:
  constexpr easing(Plan& p, const Graph& g, const Rules& rules) : p_(p), g_(g), rules_(rules) {
    for (int i = 0; i < Plan::tensors; ++i) {
      const tensor& t = p.t[i];
      if (!Plan::in_arena(i) || !t.needed || t.shares || t.bytes == 0 || t.last < t.first) continue;
      int j = count_++;
      for (; j > 0 && p.t[by_offset_[j - 1]].offset > t.offset; --j) by_offset_[j] = by_offset_[j - 1];
      by_offset_[j] = i;
    }
  }

  /// A step made whole: its scratch lies where most is free.
  constexpr void ease_step(int k) {
    step& s = p_.s[p_.l[k].first];
    const free_parts free = beside(k, -1);
    const int best = free.largest();
    if (best < 0) return;
    const int bytes = free.v[best].end - free.v[best].begin;
    step eased = s;
    eased.most_scratch = bytes;
    const uses u = rules_.of(s).describe(within_scratch(g_.at[s.node], eased));
    bool keeps_lags = true;  // tensors lie as the plan's kernel allows
    for (int i = 0; i < 2; ++i) keeps_lags = keeps_lags && s.in_place[i].lag == u.in_place[i].lag;
    if (u.scratch > bytes || !keeps_lags) return;
    s.most_scratch = bytes;
    s.scratch = p_.l[k].scratch = u.scratch;
    put(own_tensor(k), k, u.scratch, free.v[best].begin);
  }

  /// A block: the widest slices that fit together with the scratch of faster kernels; else the widest that fit; else as it was.
  constexpr void ease_block(int k, const sliced_block& b) {
    const int sums_at = p_.t[own_tensor(k)].offset;
    const int dx = b.sum >= 0 && p_.l[k].in_place[0].write >= 0 ? p_.s[b.sum].writes[0] : -1;
    const bool is_laid_over = dx >= 0 && overlaps(p_.t[dx], p_.t[own_tensor(k)]);
    const free_parts free = beside(k, is_laid_over ? dx : -1);
    constexpr int most_steps = 16;
    if (b.count > most_steps) return;
    const loop around = p_.l[k];
    const tensor sums = p_.t[own_tensor(k)], scratch = p_.t[own_tensor(k) + 1];
    step before[most_steps];
    tensor written[most_steps][2];
    for (int i = 0; i < b.count; ++i) {
      before[i] = p_.s[b.first + i];
      for (int w = 0; w < 2; ++w)
        if (before[i].writes[w] >= 0) written[i][w] = p_.t[before[i].writes[w]];
    }
    for (const bool wants_scratch : {true, false})
      for (const int channels : slice_sizes)
        if (b.channels % channels == 0 && channels < b.channels &&
            fill(k, b, channels, free, is_laid_over ? sums_at : -1) && (!wants_scratch || took_scratch(b, channels)))
          return;
    p_.l[k] = around;
    p_.t[own_tensor(k)] = sums;
    p_.t[own_tensor(k) + 1] = scratch;
    for (int i = 0; i < b.count; ++i) {
      p_.s[b.first + i] = before[i];
      for (int w = 0; w < 2; ++w)
        if (before[i].writes[w] >= 0) p_.t[before[i].writes[w]] = written[i][w];
    }
  }

 private:
  static constexpr bool overlaps(const tensor& a, const tensor& b) {
    return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
  }
  /// The tensor of a loop's first step: its scratch, or its sums.
  [[nodiscard]] constexpr int own_tensor(int k) const { return tensor_kinds * Plan::nodes + p_.l[k].first; }
  constexpr void put(int id, int k, int bytes, int offset) { p_.t[id] = {align_up(bytes), k, k, offset, bytes > 0}; }

  /// Whether easing places a tensor of loop k again: scratch, and by slices all that lives there alone. (What a whole step makes may
  /// live there alone too: the network's output.)
  [[nodiscard]] constexpr bool is_placed_anew(int id, int k) const {
    const tensor& t = p_.t[id];
    return t.first == k && t.last == k && (id >= tensor_kinds * Plan::nodes || p_.l[k].slices > 1);
  }
  /// What is free in loop k without what is placed anew, and but for one tensor.
  [[nodiscard]] constexpr free_parts beside(int k, int but) const {
    free_parts free;
    int cursor = 0;
    for (int i = 0; i < count_; ++i) {
      const tensor& t = p_.t[by_offset_[i]];
      if (by_offset_[i] == but || t.first > k || t.last < k || is_placed_anew(by_offset_[i], k)) continue;
      free.add(cursor, t.offset);
      if (t.offset + t.bytes > cursor) cursor = t.offset + t.bytes;
    }
    free.add(cursor, p_.peak);
    return free;
  }

  /// The loop by slices of so many channels, in what is free: the sums at `sums_at` or, if that is -1, where they fit best; so the hidden
  /// gradients; the kernels' scratch where most is left. Whether all fits.
  constexpr bool fill(int k, const sliced_block& b, int channels, free_parts free, int sums_at) {
    for (int i = b.first; i < b.first + b.count; ++i) p_.s[i].most_scratch = 0;
    enter_slices(p_, g_, rules_, b, channels, p_.l[k]);
    const int sums = p_.l[k].sums;
    if (sums_at < 0)
      sums_at = free.take(align_up(sums));
    else if (!free.take_at(sums_at, align_up(sums)))
      return false;
    if (sums_at < 0) return false;
    put(own_tensor(k), k, sums, sums_at);
    for (int i = b.first; i < b.first + b.count; ++i) {
      const int dx = p_.s[i].writes[0];
      if (p_.s[i].again[0] >= 0)
        for (const int mask_of_slice : p_.s[i].writes) {
          tensor& t = p_.t[mask_of_slice];
          t.bytes = align_up(t.bytes);
          t.offset = free.take(t.bytes);
          if (t.offset < 0) return false;
        }
      if (i == b.sum || !Plan::is_gradient(dx)) continue;
      const permission& over = p_.l[k].in_place[1];
      tensor& t = p_.t[dx];
      t.bytes = align_up(t.bytes);
      if (over.write == dx && over.lag == 0)
        t.offset = p_.t[over.read].offset;
      else
        t.offset = free.take(over.read == dx && over.lag == 0 && p_.t[over.write].bytes > t.bytes
                                 ? align_up(p_.t[over.write].bytes)
                                 : t.bytes);
      if (t.offset < 0) return false;
    }
    const int where = free.largest(), bytes = where < 0 ? 0 : free.v[where].end - free.v[where].begin;
    if (p_.l[k].scratch > bytes) return false;
    for (int i = b.first; i < b.first + b.count; ++i) p_.s[i].most_scratch = bytes;
    if (bytes > 0) enter_slices(p_, g_, rules_, b, channels, p_.l[k]);
    put(own_tensor(k) + 1, k, p_.l[k].scratch, where < 0 ? 0 : free.v[where].begin);
    return p_.l[k].scratch <= bytes;
  }
  /// Whether the kernels that mix channels took any of it: then they are not the slowest.
  [[nodiscard]] constexpr bool took_scratch(const sliced_block& b, int channels) const {
    for (int i = b.first; i < b.first + b.count; ++i) {
      const step& s = p_.s[i];
      if (s.slices != slicing::mixes) continue;
      const facts part = slice_of(g_.at[s.node], s.slices, s.mixes != mixing::sums, channels);
      if (rules_.of(s).slice_scratch(part, s.mixes) == s.scratch) return false;
    }
    return true;
  }

  Plan& p_;
  const Graph& g_;
  const Rules& rules_;
  int by_offset_[static_cast<std::size_t>(Plan::tensors)]{};
  int count_ = 0;
};

/// Before scratch's offsets are made those of its steps.
template <class Plan, class Graph, class Rules, class Blocks>
constexpr void ease(Plan& p, const Graph& g, const Rules& rules, const Blocks& blocks) {
  easing<Plan, Graph, Rules> to(p, g, rules);
  for (int k = 0, b = 0; k < p.loops; ++k) {
    if (p.l[k].by_rows || p.l[k].by_patches) continue;
    if (p.l[k].slices > 1) {
      while (blocks.block[b].first != p.l[k].first) ++b;  // those between are made whole
      to.ease_block(k, blocks.block[b]);
    } else {
      to.ease_step(k);
    }
  }
}

}  // namespace thimble::detail
