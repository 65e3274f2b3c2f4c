// A budget that speaks: `static_assert(thimble::fits<learner, 64 * 1024>);`.
#pragma once
#include <thimble/memory/placement.hpp>

namespace thimble {

/// Layer and role of the arena's worst step; bytes that the whole learner needs, and the budget.
template <detail::text Layer, detail::text Role, long Needed, long Budget, long Over>
struct memory_budget {
  static_assert(Needed <= Budget, "the learner does not fit its budget: see above the layer and role of the worst step, the bytes needed, the budget and the excess");
  static constexpr bool ok = Needed <= Budget;
};

namespace detail {
template <class Learner>
struct worst_step {
  static constexpr const auto& p = Learner::plan;
  static constexpr const facts& f = Learner::graph.at[p.s[p.worst].node];
  static constexpr const char* layer = f.name[0] != 0 ? f.name : f.kind;
  static constexpr const char* role = p.s[p.worst].backward ? "gradient" : "forward";
};
template <class Learner, long Budget>
constexpr bool check_budget() {
  if constexpr (static_cast<long>(sizeof(Learner)) <= Budget) {
    return true;
  } else {
    using worst = worst_step<Learner>;
    return memory_budget<as_text([] { return worst::layer; }), as_text([] { return worst::role; }),
                         static_cast<long>(sizeof(Learner)), Budget, static_cast<long>(sizeof(Learner)) - Budget>::ok;
  }
}
}  // namespace detail

template <class Learner, long Budget>
inline constexpr bool fits = detail::check_budget<Learner, Budget>();

}  // namespace thimble
