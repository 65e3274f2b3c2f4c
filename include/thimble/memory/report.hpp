// The memory plan as a table for people. Not for firmware: it reads the plan at run time, which would put it in the image.
#pragma once
#include <thimble/memory/plan.hpp>

namespace thimble {

namespace detail {

/// Writes text in columns through `put(const char*)`.
template <class Put>
class columns {
 public:
  explicit columns(Put put) : put_(put) {}

  /// Left-aligned, padded to `width`.
  columns& text(const char* s, int width) {
    int n = 0;
    for (; s[n] != 0; ++n) character(s[n]);
    for (; n < width; ++n) character(' ');
    return *this;
  }
  /// Right-aligned in `width`.
  columns& number(int v, int width) {
    char digits[12];
    int n = 0;
    do digits[n++] = static_cast<char>('0' + v % 10);
    while ((v /= 10) != 0);
    for (int i = n; i < width; ++i) character(' ');
    while (n > 0) character(digits[--n]);
    return *this;
  }
  columns& end() { return text("\n", 0); }

 private:
  void character(char c) {
    const char s[2] = {c, 0};
    put_(s);
  }
  Put put_;
};

inline const char* action_of(const step& s, int nodes) {
  if (s.modifies >= 0) return "clip gradient";
  if (s.again[0] >= 0) return "make masks again";
  for (int w : s.writes) {
    if (w < 0) continue;
    switch (w / nodes) {
      case value:
        return "forward";
      case gradient:
        return s.adds ? "add input gradient" : "input gradient";
      case kept:
        return "keep trained channels";
      case weight:
        return "learn weights";
      case bias_of:
        return "learn biases";
      default:
        break;
    }
  }
  return "forward";
}

}  // namespace detail

/// Per step: the layer, what it does, bytes read, written and saved for backward, bytes live (those that one tensor may
/// give another in place counted once); the peak is marked.
/// `put(const char*)` takes the text.
template <class Learner, class Put>
void write_plan(Put put) {
  const auto& p = Learner::plan;
  const auto& g = Learner::graph;
  constexpr int n = Learner::nodes;
  detail::columns<Put> out(put);
  const auto bytes = [&](const auto& ids) {
    int sum = 0;
    for (int id : ids)
      if (id >= 0 && p.t[id].needed) sum += p.t[id].bytes;
    return sum;
  };
  const auto live_at = [&](int k, bool only_saved) {
    int sum = 0;
    for (int i = 0; i < p.tensors; ++i) {
      const tensor& t = p.t[i];
      if (!p.in_arena(i) || !t.needed || t.first > k || t.last < k) continue;
      if (!only_saved || (t.first < p.forward_loops && t.last >= p.forward_loops)) sum += t.bytes;
    }
    return sum;
  };
  out.text("step", 5).text("layer", 24).text("does", 24).text("   reads", 9).text("  writes", 9).text("   saved", 9);
  out.text("    live", 9).end();
  for (int k = 0; k < p.loops; ++k) {
    const loop& l = p.l[k];
    for (int i = l.first; i < l.first + l.count; ++i) {
      const step& s = p.s[i];
      const facts& f = g.at[s.node];
      out.number(i, 4).text(" ", 1).text(f.name[0] != 0 ? f.name : f.kind, 24).text(detail::action_of(s, n), 24);
      out.number(bytes(s.reads), 8).text(" ", 1).number(bytes(s.writes), 8).text(" ", 1);
      out.number(live_at(k, true), 8).text(" ", 1).number(live_at(k, false) - detail::overlay_saving(p, k), 8);
      out.text(l.by_patches                        ? "  by patches"
               : l.by_rows && s.patches.first >= 0 ? "  by rows, in patches"
               : l.by_rows                         ? "  by rows"
               : l.slices > 1                      ? "  by slices"
                                                   : "",
               0)
          .text(k == p.worst ? "  <- peak" : "", 0)
          .end();
    }
  }
  out.text("arena ", 0).number(p.peak, 0).text(" bytes (no placement can be under ", 0).number(p.lower_bound, 0);
  out.text("), changed by training ", 0).number(static_cast<int>(Learner::trained_bytes), 0).text(", learner ", 0);
  out.number(static_cast<int>(sizeof(Learner)), 0).text(" bytes of SRAM in all", 0).end();
}

}  // namespace thimble
