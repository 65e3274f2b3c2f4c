// A budget that speaks: `static_assert(thimble::fits<learner, 64 * KiB>);`, or the policy memory_budget<64 * KiB>.
#pragma once
#include <thimble/memory/plan.hpp>

namespace thimble {

/// Layer and role of the arena's worst step (the first of those that are made together, by rows or by slices); bytes that the whole
/// learner needs, and the budget.
template <detail::text Layer, detail::text Role, long Needed, long Budget, long Over>
struct over_memory_budget {
  static_assert(
      Needed <= Budget,
      "the learner does not fit its budget: see above the layer and role of the worst step, the bytes needed, "
      "the budget and the excess");
};

namespace detail {
template <class Learner, long Budget, bool Fits>
struct budget_fault {
  static constexpr const auto& p = Learner::plan;
  static constexpr const facts& f = Learner::graph.at[p.s[p.l[p.worst].first].node];
  static constexpr const char* layer = f.name[0] != 0 ? f.name : f.kind;
  static constexpr const char* role = p.s[p.l[p.worst].first].backward ? "gradient" : "forward";
  static constexpr long needed = static_cast<long>(sizeof(Learner));
  using type =
      over_memory_budget<as_text([] { return layer; }), as_text([] { return role; }), needed, Budget, needed - Budget>;
};
template <class Learner, long Budget>
struct budget_fault<Learner, Budget, true> {
  using type = no_fault;
};
}  // namespace detail

/// Always true: if the learner does not fit, over_memory_budget is the error.
template <class Learner, long Budget>
inline constexpr bool fits = detail::reported<
    typename detail::budget_fault<Learner, Budget, (static_cast<long>(sizeof(Learner)) <= Budget)>::type>;

}  // namespace thimble
