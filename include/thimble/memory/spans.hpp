// Which steps are made whole, one after another, and which by rows or by patches together: the loops of the plan.
#pragma once
#include <thimble/memory/patch_choice.hpp>
#include <thimble/memory/placing_problem.hpp>

namespace thimble {

/// Those with which the front is no larger than all that learns, if it can be, as far as spans are known by estimates.
template <class Net, class Update>
inline constexpr detail::group_list estimated_groups = [] {
  if constexpr (detail::all_groups<Net, Update>.count > 0)
    return detail::best_groups<Net, Update>(detail::bytes_of_learning(sliced_plan<Net, Update>));
  else
    return detail::group_list{};
}();
template <class Net, class Update, detail::group_list List>
inline constexpr auto spans_with =
    detail::choose_spans(layer_by_layer_plan<Net, Update>, marked<Net, Update>, front_with<Net, Update, List>,
                         detail::rest_of(sliced_plan<Net, Update>, front_with<Net, Update, List>.steps),
                         detail::how_of<Update>.pushes_rows(), patched_front<Net, Update>.end);

/// The rows of a loop by rows that begins with a step and ends before another. Windows are not placed yet.
template <class Net, class Update, detail::group_list List, int First, int End>
inline constexpr auto rows_with = [] {
  constexpr bool pushed = First == 0 && detail::how_of<Update>.pushes_rows();
  constexpr const auto& p = layer_by_layer_plan<Net, Update>;
  constexpr const auto& groups = groups_of<Net, Update, List>;
  auto r =
      detail::rehearsed(detail::list_rows<End - First + 3>(p, marked<Net, Update>, groups, First, End, pushed), pushed);
  detail::share_bytes(r);
  return r;
}();

namespace detail {

/// Where a task's scratch lies; in that of a group, its parts.
template <class Net, class Update, group_list List, int First, int End, int Task, class Plan>
constexpr void enter_task(Plan& p) {
  constexpr const auto& r = rows_with<Net, Update, List, First, End>;
  constexpr int step = r.task[Task].step, at = r.scratch_at[Task];
  constexpr patching how = groups_of<Net, Update, List>.at(step);
  if constexpr (how.end > 0)
    enter_patches(p, patches_of<Net, Update, how>, how, at);
  else
    p.s[step].scratch_at = at;
}
template <class Net, class Update, group_list List, int First, int End, class Plan, int... Task>
constexpr void enter_tasks(Plan& p, std::integer_sequence<int, Task...>) {
  (enter_task<Net, Update, List, First, End, Task>(p), ...);
}

/// Puts a span into the plan: its loop, its windows' sizes, its permission.
template <class Net, class Update, group_list List, int First, int End, class Plan>
constexpr void enter_span(Plan& p) {
  constexpr const auto& r = rows_with<Net, Update, List, First, End>;
  loop& l = p.l[p.loops++];
  l = {First, End - First, true, 1, {}, r.shared};
  for (int w = 0; w < r.windows; ++w) {
    tensor& t = p.t[r.window[w].tensor];
    t.bytes = r.window[w].passing ? 0 : r.window[w].held * r.window[w].row;
    t.shares = r.window[w].passing;
    if (t.shares) t.offset = r.window[w].at;
  }
  enter_tasks<Net, Update, List, First, End>(p, std::make_integer_sequence<int, r.tasks>{});
  if (r.window[r.windows - 1].whole && !r.is_crowded)
    l.in_place[0] = {r.window[r.windows - 1].tensor, r.window[0].tensor, r.lag};
}

template <class Net, class Update, group_list List, int First, class Plan>
constexpr void enter_loops(Plan& p) {
  if constexpr (First < front_with<Net, Update, List>.steps) {
    constexpr int end = spans_with<Net, Update, List>.end[First];
    static_assert(end > First, "thimble: the front was not divided into loops; please report this");
    if constexpr (spans_with<Net, Update, List>.by_rows[First])
      enter_span<Net, Update, List, First, end>(p);
    else
      p.l[p.loops++] = layer_by_layer_plan<Net, Update>.l[First];
    enter_loops<Net, Update, List, end>(p);
  }
}

}  // namespace detail

/// The plan in its loops, sized, not placed.
template <class Net, class Update, detail::group_list List>
inline constexpr auto scheduled_with = [] {
  if constexpr (detail::how_of<Update>.order == schedule::layer_by_layer) {
    return sliced_plan<Net, Update>;
  } else {
    auto p = sliced_plan<Net, Update>;
    p.loops = p.forward_loops = 0;
    if constexpr (detail::how_of<Update>.reads_patches()) detail::enter_patched_loop<Net, Update>(p);
    detail::enter_loops<Net, Update, List, patched_front<Net, Update>.end>(p);
    for (int i = front_with<Net, Update, List>.steps; i < p.forward_steps; ++i)
      p.l[p.loops++] = layer_by_layer_plan<Net, Update>.l[i];
    p.forward_loops = p.loops;
    for (int k = p.forward_steps; k < sliced_plan<Net, Update>.loops; ++k)
      p.l[p.loops++] = sliced_plan<Net, Update>.l[k];
    detail::find_lifetimes(p, marked<Net, Update>.owner(marked<Net, Update>.output()));
    return p;
  }
}();

/// Where the estimated groups make the arena no smaller, there are none.
template <class Net, class Update>
inline constexpr detail::group_list groups_of_net = [] {
  constexpr detail::group_list groups = estimated_groups<Net, Update>, none{};
  if constexpr (groups.count == 0)
    return none;
  else
    return detail::prepare(scheduled_with<Net, Update, groups>).lower_bound <
                   detail::prepare(scheduled_with<Net, Update, none>).lower_bound
               ? groups
               : none;
}();
template <class Net, class Update>
inline constexpr const auto& scheduled = scheduled_with<Net, Update, groups_of_net<Net, Update>>;
template <class Net, class Update, int First, int End>
inline constexpr const auto& rows_of = rows_with<Net, Update, groups_of_net<Net, Update>, First, End>;

}  // namespace thimble
