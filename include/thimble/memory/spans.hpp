// Which steps are made whole, one after another, and which by rows together: the loops of the plan, and the life of every tensor.
#pragma once
#include <thimble/memory/span_choice.hpp>
#include <thimble/training/backward.hpp>

namespace thimble {

namespace detail {

/// Life of every tensor in the plan's loops.
template <int N, int S>
constexpr void find_lifetimes(plan<N, S>& p, int output) {
  for (int i = 0; i < plan<N, S>::tensors; ++i) p.t[i].first = 1 << 20, p.t[i].last = -2;
  p.t[value * N].first = -1;  // the sample is there before the first step
  const auto touch = [&](int id, int loop) {
    if (id < 0 || !p.t[id].needed) return;
    tensor& t = p.t[id];
    if (loop < t.first) t.first = loop;
    if (loop > t.last) t.last = loop;
  };
  for (int l = 0; l < p.loops; ++l) {
    const loop& around = p.l[l];
    for (int i = around.first; i < around.first + around.count; ++i) {
      const step& s = p.s[i];
      for (const int r : s.reads) touch(r, l);
      for (const int w : s.writes) touch(w, l);
      touch(s.modifies, l);
    }
    tensor& scratch = p.t[tensor_kinds * N + around.first];
    scratch.bytes = around.scratch;
    scratch.needed = around.scratch > 0;
    touch(tensor_kinds * N + around.first, l);
  }
  tensor& made = p.t[value * N + output];
  if (made.last < p.forward_loops - 1) made.last = p.forward_loops - 1;  // the user reads it after the forward pass
}

/// A loop for each step.
template <int N, int S>
constexpr void list_loops(plan<N, S>& p) {
  p.loops = p.forward_loops = 0;
  for (int i = 0; i < p.steps; ++i) {
    loop& l = p.l[p.loops++];
    l = {i, 1, false, {p.s[i].in_place[0], p.s[i].in_place[1]}, p.s[i].scratch};
    if (!p.s[i].backward) ++p.forward_loops;
  }
}

}  // namespace detail

// Each stage its own constant: compilers limit each evaluation.

/// A loop for each step.
template <class Net, class Update>
inline constexpr auto layer_by_layer_plan = [] {
  auto p = derived<Net, Update>;
  detail::list_loops(p);
  detail::find_lifetimes(p, marked<Net, Update>.owner(marked<Net, Update>.output()));
  return p;
}();

template <class Net, class Update>
inline constexpr auto front_of_net =
    detail::front_of(layer_by_layer_plan<Net, Update>, marked<Net, Update>, detail::how_of<Update>.pushes_rows());

template <class Net, class Update>
inline constexpr auto spans_of =
    detail::choose_spans(layer_by_layer_plan<Net, Update>, marked<Net, Update>, front_of_net<Net, Update>,
                         detail::rest_of(layer_by_layer_plan<Net, Update>, front_of_net<Net, Update>.steps),
                         detail::how_of<Update>.pushes_rows());

/// The rows of a loop by rows that begins with a step and ends before another. Windows are not placed yet.
template <class Net, class Update, int First, int End>
inline constexpr auto rows_of = [] {
  constexpr bool pushed = First == 0 && detail::how_of<Update>.pushes_rows();
  constexpr const auto& p = layer_by_layer_plan<Net, Update>;
  auto r = detail::rehearsed(detail::list_rows<End - First + 3>(p, marked<Net, Update>, First, End, pushed), pushed);
  detail::share_bytes(r, p);
  return r;
}();

namespace detail {

/// Puts a span into the plan: its loop, its windows' sizes, its permission.
template <class Net, class Update, int First, int End, class Plan>
constexpr void enter_span(Plan& p) {
  constexpr const auto& r = rows_of<Net, Update, First, End>;
  loop& l = p.l[p.loops++];
  l = {First, End - First, true, {}, r.shared};
  for (int w = 0; w < r.windows; ++w) {
    tensor& t = p.t[r.window[w].tensor];
    t.bytes = r.window[w].passing ? 0 : r.window[w].held * r.window[w].row;
    t.shares = r.window[w].passing;
    if (t.shares) t.offset = r.window[w].at;
  }
  for (int i = 0; i < r.tasks; ++i) p.s[First + i].scratch_at = r.scratch_at[i];
  if (r.window[r.windows - 1].whole && !r.is_crowded)
    l.in_place[0] = {r.window[r.windows - 1].tensor, r.window[0].tensor, r.lag};
}

template <class Net, class Update, int First, class Plan>
constexpr void enter_loops(Plan& p) {
  if constexpr (First < front_of_net<Net, Update>.steps) {
    constexpr int end = spans_of<Net, Update>.end[First];
    static_assert(end > First, "thimble: the front was not divided into loops; please report this");
    if constexpr (spans_of<Net, Update>.by_rows[First])
      enter_span<Net, Update, First, end>(p);
    else
      p.l[p.loops++] = layer_by_layer_plan<Net, Update>.l[First];
    enter_loops<Net, Update, end>(p);
  }
}

}  // namespace detail

/// The plan in its loops, sized, not placed.
template <class Net, class Update>
inline constexpr auto scheduled = [] {
  if constexpr (detail::how_of<Update>.order == schedule::layer_by_layer) {
    return layer_by_layer_plan<Net, Update>;
  } else {
    auto p = layer_by_layer_plan<Net, Update>;
    p.loops = p.forward_loops = 0;
    detail::enter_loops<Net, Update, 0>(p);
    for (int i = front_of_net<Net, Update>.steps; i < p.steps; ++i)
      p.l[p.loops++] = layer_by_layer_plan<Net, Update>.l[i];
    p.forward_loops = p.loops - (p.steps - p.forward_steps);
    for (int i = 0; i < p.steps_room; ++i) p.t[tensor_kinds * p.nodes + i] = {};  // scratch is asked for anew
    detail::find_lifetimes(p, marked<Net, Update>.owner(marked<Net, Update>.output()));
    return p;
  }
}();

}  // namespace thimble
