// Which blocks make what again in the backward pass: as few as make the arena no larger than the frozen front does.
#pragma once
#include <thimble/memory/group_choice.hpp>

namespace thimble {

/// Bytes that the frozen front takes in any case, as far as spans are known by estimates.
template <class Net, class Update>
inline constexpr int bytes_of_front = [] {
  if constexpr (!detail::how_of<Update>.is_by_rows()) {
    constexpr const auto& p = plain_plan<Net, Update>;
    const detail::bytes_alive live(p);
    int most = 0;
    for (int k = 0; k < detail::first_to_learn(p); ++k)
      if (live.in[k] > most) most = live.in[k];
    return most;
  } else {
    return least_front<Net, Update>;
  }
}();

/// One block more that makes something again, so that the worst step of all that learns takes less; the same if none can.
template <class Net, class Update, detail::block_choice Chosen>
constexpr detail::block_choice one_more() {
  constexpr const auto& blocks = gathered_with<Net, Update, Chosen>;
  if constexpr (blocks.blocks > 0) {
    constexpr int worst = detail::worst_block(sliced_with<Net, Update, Chosen>, blocks);
    constexpr std::uint64_t its_bit = worst < 0 ? 0 : std::uint64_t{1} << (worst < 0 ? 0 : worst);
    constexpr detail::block_choice more{Chosen.again | its_bit, Chosen.remade};
    if constexpr (more != Chosen && gathered_with<Net, Update, more>.chosen == more) return more;
    if constexpr (detail::how_of<Update>.recomputes &&
                  detail::bytes_of_learning(sliced_with<Net, Update, Chosen>) > bytes_of_front<Net, Update>) {
      constexpr int block = detail::block_that_saves_most(sliced_with<Net, Update, Chosen>, blocks);
      if constexpr (block >= 0) {
        constexpr detail::block_choice next{Chosen.again, Chosen.remade | std::uint64_t{1} << block};
        if constexpr (gathered_with<Net, Update, next>.chosen == next) return next;
      }
    }
  }
  return Chosen;
}
/// The best of what one more at a time leads to, the first of equals.
template <class Net, class Update, detail::block_choice Chosen>
constexpr detail::block_choice choose_blocks() {
  constexpr detail::block_choice more = one_more<Net, Update, Chosen>();
  if constexpr (more == Chosen) {
    return Chosen;
  } else {
    constexpr detail::block_choice best = choose_blocks<Net, Update, more>();
    return detail::bytes_of_learning(sliced_with<Net, Update, best>) <
                   detail::bytes_of_learning(sliced_with<Net, Update, Chosen>)
               ? best
               : Chosen;
  }
}
/// Beginning with what the user has named.
template <class Net, class Update>
inline constexpr detail::block_choice chosen_blocks =
    choose_blocks<Net, Update, gathered_with<Net, Update, detail::block_choice{}>.chosen>();

template <class Net, class Update>
inline constexpr const auto& gathered = gathered_with<Net, Update, chosen_blocks<Net, Update>>;
template <class Net, class Update>
inline constexpr const auto& layer_by_layer_plan = layer_by_layer_with<Net, Update, chosen_blocks<Net, Update>>;
/// The same with the smallest slices.
template <class Net, class Update>
inline constexpr const auto& sliced_plan = sliced_with<Net, Update, chosen_blocks<Net, Update>>;

}  // namespace thimble
