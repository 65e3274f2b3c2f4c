// Steps of the frozen front that are made as one, a row or a few at a time: a block that widens, filters and narrows makes them in
// patches, so that no row of what is wide is kept; what later patches reach too is made again.
#pragma once
#include <thimble/memory/patches.hpp>
#include <thimble/memory/rule_table.hpp>

namespace thimble {

/// Groups by their first step: where they end (0: none begins here), rows and columns of a patch, the bytes that they share.
template <int S>
struct row_groups {
  short end[static_cast<std::size_t>(S)]{}, rows[static_cast<std::size_t>(S)]{}, columns[static_cast<std::size_t>(S)]{};
  int bytes[static_cast<std::size_t>(S)]{};
  int count = 0;
  /// The end of what is made as one from step i on.
  [[nodiscard]] constexpr int end_of(int i) const { return end[i] > 0 ? end[i] : i + 1; }
  [[nodiscard]] constexpr patching at(int i) const { return {static_cast<short>(i), end[i], rows[i], columns[i]}; }
};

namespace detail {

/// The end of the block that begins with step i, if it can be made as one; else 0: a layer of one tap that widens, one of a window, and if
/// one of one tap follows, that; each read by the next alone.
template <class Plan, class Graph>
constexpr int end_of_block(const Plan& p, const Graph& g, int i, int steps) {
  const auto feeds_next = [&](int k) {
    const int y = p.s[k].writes[0];
    return k + 1 < steps && p.s[k + 1].reads[0] == y && p.t[y].last == k + 1 && y != g.owner(g.output());
  };
  const auto taps = [&](int k) { return p.s[k].columns.kernel; };
  if (i + 2 > steps || taps(i) != 1 || p.s[i].rows.kernel != 1 || !feeds_next(i) || taps(i + 1) < 2) return 0;
  const facts& wide = g.at[p.s[i].node];
  if (wide.number < 0 || wide.out.c <= wide.in.c) return 0;
  return feeds_next(i + 1) && taps(i + 2) == 1 && g.at[p.s[i + 2].node].number >= 0 ? i + 3 : i + 2;
}

}  // namespace detail
}  // namespace thimble
