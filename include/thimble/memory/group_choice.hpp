// Which blocks of the frozen front make a row of their output as one, and so make some of what is wide again: those whose rows are the
// worst, under `recompute`. From a list of groups (group_list):
//   groups_of, front_with   its groups and what the plan of the front then is; work_with, least_spans_with: what that costs, at what peak
//   smallest_front          the worst block of the front's worst loop is added to the list while that lowers the peak: all_groups
//   best_groups             of the beginnings of all_groups, and of the sizes of patches, the cheapest that is small enough
#pragma once
#include <utility>

#include <thimble/memory/multiplications.hpp>
#include <thimble/memory/span_choice.hpp>

namespace thimble {

namespace detail {

/// Of a group's patches.
struct patch_size {
  short rows, columns;
  friend constexpr bool operator==(const patch_size&, const patch_size&) = default;
};
/// Those that are tried, from the most bytes and the fewest multiplications to the contrary.
inline constexpr patch_size patch_sizes[] = {{4, 8}, {2, 8}, {2, 4}, {1, 4}};
inline constexpr int count_of_sizes = 4;

/// First steps of groups, in the order in which they were found to be the worst; and which size their patches have.
struct group_list {
  static constexpr int most = 3;
  short first[static_cast<std::size_t>(most)]{};
  int count = 0, size = count_of_sizes - 1;
  friend constexpr bool operator==(const group_list&, const group_list&) = default;

  [[nodiscard]] constexpr group_list begin_of(int n) const {
    group_list r;
    for (; r.count < n; ++r.count) r.first[r.count] = first[r.count];
    r.size = n > 0 ? size : count_of_sizes - 1;
    return r;
  }
  [[nodiscard]] constexpr group_list of_size(int s) const {
    group_list r = *this;
    r.size = s;
    return r;
  }
  [[nodiscard]] constexpr group_list with(int step) const {
    group_list r = begin_of(count);
    r.first[r.count++] = static_cast<short>(step);
    return r;
  }
};

/// Of the loops that were chosen the one that takes the most, and of the blocks in it that can be made as one the one whose window is the
/// largest; -1: there is none.
template <int N, int S>
constexpr int block_of_worst_loop(const plan<N, S>& p, const graph<N>& g, const front<S>& f, const span_choice<S>& c,
                                  bool pushed) {
  int worst = -1, block = -1;
  for (int i = 0; i < f.steps; i = c.end[i]) {
    span_cost<N, S> cost(p, g, f, i, pushed);
    while (cost.end < c.end[i]) cost.extend();
    const int bytes = cost.bytes(c.by_rows[i], g);
    if (bytes <= worst) continue;
    worst = bytes;
    block = -1;
    for (int k = i; c.by_rows[i] && k < c.end[i]; ++k)
      if (!f.inner[k] && (block < 0 || f.window[k] > f.window[block])) {
        const int end = end_of_block(p, g, k, f.steps);
        if (end > 0 && end <= c.end[i]) block = k;
      }
  }
  return block;
}

}  // namespace detail

/// The plan's steps by themselves, before anything is said of what is made again.
template <class Net, class Update>
inline constexpr const auto& plain_plan = layer_by_layer_with<Net, Update, detail::block_choice{}>;

/// Steps made by patches, sized.
template <class Net, class Update, patching How>
inline constexpr auto patches_of = [] {
  constexpr const auto& p = plain_plan<Net, Update>;
  constexpr const auto& g = marked<Net, Update>;
  const auto r = detail::list_patches<How.end - How.first + 2>(p, g, How.first, How.end);
  return r.is_possible() ? detail::sized(r, p, g, detail::rules_table_of<Net>, How.first, How.rows, How.columns) : r;
}();

namespace detail {

template <class Net, class Update, int First, patch_size Size, class Groups>
constexpr void enter_group(Groups& groups) {
  constexpr const auto& p = plain_plan<Net, Update>;
  constexpr int end = end_of_block(p, marked<Net, Update>, First, first_to_learn(p));
  groups.end[First] = end;
  groups.rows[First] = Size.rows;
  groups.columns[First] = Size.columns;
  groups.bytes[First] = patches_of<Net, Update, patching{First, end, Size.rows, Size.columns}>.shared;
  ++groups.count;
}

}  // namespace detail

template <class Net, class Update, detail::group_list List>
inline constexpr auto groups_of = [] {
  row_groups<std::remove_cvref_t<decltype(plain_plan<Net, Update>)>::steps_room> groups;
  [&]<int... I>(std::integer_sequence<int, I...>) {
    (detail::enter_group<Net, Update, List.first[I], detail::patch_sizes[List.size]>(groups), ...);
  }(std::make_integer_sequence<int, List.count>{});
  return groups;
}();
template <class Net, class Update, detail::group_list List>
inline constexpr auto front_with = detail::front_of(plain_plan<Net, Update>, marked<Net, Update>,
                                                    groups_of<Net, Update, List>, detail::how_of<Update>.pushes_rows());
/// The loops of least bytes, whatever the rest takes.
template <class Net, class Update, detail::group_list List>
inline constexpr auto least_spans_with =
    detail::choose_spans(plain_plan<Net, Update>, marked<Net, Update>, front_with<Net, Update, List>, 0,
                         detail::how_of<Update>.pushes_rows());

/// Multiplications of the values that groups make again, and of all.
template <class Net, class Update, detail::group_list List>
inline constexpr multiplications work_with = [] {
  constexpr const auto& groups = groups_of<Net, Update, List>;
  auto p = plain_plan<Net, Update>;
  [&]<int... I>(std::integer_sequence<int, I...>) {
    (detail::enter_patches(p, patches_of<Net, Update, groups.at(List.first[I])>, groups.at(List.first[I]), 0), ...);
  }(std::make_integer_sequence<int, List.count>{});
  return multiplications_of(p, marked<Net, Update>);
}();

namespace detail {

/// One group more at a time, in the worst loop, in the smallest patches: as far as that makes the front smaller.
template <class Net, class Update, group_list List = {}>
constexpr group_list smallest_front() {
  constexpr int worst = block_of_worst_loop(plain_plan<Net, Update>, marked<Net, Update>, front_with<Net, Update, List>,
                                            least_spans_with<Net, Update, List>, how_of<Update>.pushes_rows());
  if constexpr (worst < 0 || List.count == group_list::most) {
    return List;
  } else {
    constexpr group_list best = smallest_front<Net, Update, List.with(worst)>();
    return least_spans_with<Net, Update, best>.peak < least_spans_with<Net, Update, List>.peak ? best : List;
  }
}
template <class Net, class Update>
inline constexpr group_list all_groups = [] {
  if constexpr (how_of<Update>.recomputes && how_of<Update>.is_by_rows())
    return smallest_front<Net, Update>();
  else
    return group_list{};
}();

/// What groups come to.
struct group_cost {
  group_list list;
  int peak = 0;
  std::int64_t again = 0;
};
/// At most an eighth of all multiplications are made again.
template <class Net, class Update, group_list List>
constexpr void consider(group_cost& best, int enough) {
  constexpr int peak = least_spans_with<Net, Update, List>.peak;
  constexpr multiplications work = work_with<Net, Update, List>;
  if (8 * work.again > work.all) return;
  const int mine = peak > enough ? peak : enough, its = best.peak > enough ? best.peak : enough;
  if (mine < its || (mine == its && work.again < best.again)) best = {List, peak, work.again};
}
template <class Net, class Update, int Count, int... Size>
constexpr void consider_sizes(group_cost& best, int enough, std::integer_sequence<int, Size...>) {
  (consider<Net, Update, all_groups<Net, Update>.begin_of(Count).of_size(Size)>(best, enough), ...);
}
/// The groups whose front is the smallest, but need not be smaller than `enough`; of equals those that make the least again.
template <class Net, class Update, int... Count>
constexpr group_list best_groups([[maybe_unused]] int enough, std::integer_sequence<int, Count...>) {
  group_cost best{{}, least_spans_with<Net, Update, group_list{}>.peak, 0};
  (consider_sizes<Net, Update, Count + 1>(best, enough, std::make_integer_sequence<int, count_of_sizes>{}), ...);
  return best.list;
}
template <class Net, class Update>
constexpr group_list best_groups(int enough) {
  return best_groups<Net, Update>(enough, std::make_integer_sequence<int, all_groups<Net, Update>.count>{});
}

}  // namespace detail

/// Bytes of the smallest front.
template <class Net, class Update>
inline constexpr int least_front = [] {
  constexpr detail::group_list smallest = detail::best_groups<Net, Update>(0);
  return least_spans_with<Net, Update, smallest>.peak;
}();

}  // namespace thimble
