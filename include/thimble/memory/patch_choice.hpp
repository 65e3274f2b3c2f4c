// Where the steps that are made by patches of the sample end.
#pragma once
#include <thimble/memory/block_choice.hpp>

namespace thimble {

/// The steps before `end`, in so many patches along each side of what they make as the policy says.
template <class Net, class Update>
constexpr patching patched_until(int end) {
  constexpr int along = detail::how_of<Update>.patches;
  const shape made = marked<Net, Update>.at[plain_plan<Net, Update>.s[end - 1].node].out;
  return {0, static_cast<short>(end), static_cast<short>((made.h + along - 1) / along),
          static_cast<short>((made.w + along - 1) / along)};
}

namespace detail {

/// The next end after `end` that leaves one tensor, smaller than those before, and nothing later that reads the sample; -1: there is none.
template <class Net, class Update>
constexpr int next_end(int end) {
  constexpr const auto& p = plain_plan<Net, Update>;
  constexpr const auto& g = marked<Net, Update>;
  constexpr int steps = first_to_learn(p);
  const auto bytes = [&](int e) { return p.t[p.s[e - 1].writes[0]].bytes; };
  for (int e = end + 1; e <= steps; ++e)
    if ((end == 0 || bytes(e) < bytes(end)) && p.s[0].reads[0] == 0 && p.t[0].last < e &&
        list_patches<std::remove_cvref_t<decltype(p)>::steps_room + 2>(p, g, 0, e).is_possible())
      return e;
  return -1;
}

/// Bytes of the worst loop if the steps before End are made by patches, and the rest of the front by rows where that takes less.
template <class Net, class Update, int End>
inline constexpr int bytes_patched_until = [] {
  constexpr const auto& p = plain_plan<Net, Update>;
  constexpr const auto& front = front_with<Net, Update, group_list{}>;
  constexpr int patched =
      patches_of<Net, Update, patched_until<Net, Update>(End)>.shared + p.t[p.s[End - 1].writes[0]].bytes;
  const int rest =
      choose_spans(p, marked<Net, Update>, front, rest_of(sliced_plan<Net, Update>, front.steps), false, End).peak;
  return patched > rest ? patched : rest;
}();

/// The end that makes the arena the smallest, of equals the first: it makes the least again.
template <class Net, class Update, int End>
constexpr int best_end() {
  constexpr int next = next_end<Net, Update>(End);
  if constexpr (next < 0) {
    return End;
  } else {
    constexpr int best = best_end<Net, Update, next>();
    return bytes_patched_until<Net, Update, best> < bytes_patched_until<Net, Update, End> ? best : End;
  }
}

}  // namespace detail

/// The steps that are made by patches.
template <class Net, class Update>
inline constexpr patching patched_front = [] {
  if constexpr (detail::how_of<Update>.reads_patches())
    return patched_until<Net, Update>(detail::best_end<Net, Update, detail::next_end<Net, Update>(0)>());
  else
    return patching{0, 0};
}();

namespace detail {

/// Puts their loop into the plan: the sample is elsewhere.
template <class Net, class Update, class Plan>
constexpr void enter_patched_loop(Plan& p) {
  constexpr patching how = patched_front<Net, Update>;
  constexpr const auto& r = patches_of<Net, Update, how>;
  loop& l = p.l[p.loops++];
  l = {};
  l.count = how.end;
  l.by_patches = true;
  l.scratch = r.shared;
  tensor& sample = p.t[0];
  sample.bytes = 0;
  sample.shares = true;
  sample.offset = 0;
  enter_patches(p, r, how, 0);
}

}  // namespace detail
}  // namespace thimble
