// What a policy memory_budget comes to: the first order of work that fits, or an error.
#pragma once
#include <thimble/memory/budget.hpp>
#include <thimble/training/policies.hpp>

namespace thimble::detail {

template <class Policy>
inline constexpr long budget_of = 0;
template <long Bytes>
inline constexpr long budget_of<memory_budget<Bytes>> = Bytes;

template <class Order, class Policy>
using budget_replaced = mp::mp_if_c<(budget_of<Policy> > 0), Order, Policy>;
template <class Order, class Maker, class... Policies>
using made_in_order = typename Maker::template with<budget_replaced<Order, Policies>...>;

/// What Maker::with makes of the policies, under a budget: in the first order that fits, or the last.
template <long Budget, class Maker, class... Policies>
struct under_budget {
  using whole = made_in_order<layer_by_layer, Maker, Policies...>;
  using rows = made_in_order<row_by_row, Maker, Policies...>;
  static constexpr bool fits_whole = static_cast<long>(sizeof(whole)) <= Budget;
  using made = typename mp::mp_if_c<fits_whole, mp::mp_identity<whole>, mp::mp_identity<rows>>::type;
  using type = typename budget_fault<made, Budget, (static_cast<long>(sizeof(made)) <= Budget)>::type;
};
/// Without one.
template <class Maker, class... Policies>
struct under_budget<0, Maker, Policies...> {
  using made = typename Maker::template with<Policies...>;
  using type = no_fault;
};
/// `made`, and as `type` what is wrong with its size.
template <class Maker, class... Policies>
using ordered_by = under_budget<(0 + ... + budget_of<Policies>), Maker, Policies...>;

}  // namespace thimble::detail
