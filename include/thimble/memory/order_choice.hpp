// What a policy memory_budget comes to: the first order of work that fits, or an error.
#pragma once
#include <thimble/memory/budget.hpp>
#include <thimble/training/policy_choice.hpp>

namespace thimble::detail {

template <class Policy>
inline constexpr long budget_of = 0;
template <long Bytes>
inline constexpr long budget_of<memory_budget<Bytes>> = Bytes;

template <class Policy>
using is_budget = mp::mp_bool<(budget_of<Policy> > 0)>;

/// Some of these policies in place of the budget.
template <class Maker, class Policies>
using made_of = mp::mp_apply<Maker::template with, mp::mp_remove_if<Policies, is_budget>>;
template <class Maker, class Policies, class... More>
using made_with = made_of<Maker, mp::mp_append<Policies, mp::mp_list<More...>>>;

template <class Policies, decision What>
inline constexpr bool decides = false;
template <class... Policies, decision What>
inline constexpr bool decides<mp::mp_list<Policies...>, What> = ((decision_of<Policies> == What) || ...);

template <class Learner>
inline constexpr long size_of = static_cast<long>(sizeof(Learner));

/// With all that is known: the smallest. What it leaves of the budget is spare, in whole words of eight bytes.
template <class Maker, class Policies, long Budget>
struct thriftiest {
  template <class P>
  using with_order = mp::mp_if_c<decides<P, decision::order>, P, mp::mp_push_back<P, row_by_row>>;
  using ordered = with_order<Policies>;
  using least_of_all = mp::mp_push_back<ordered, least_memory>;
  using recomputed = mp::mp_push_back<ordered, recompute>;
  template <class P>
  using fitting = mp::mp_if_c<(size_of<made_of<Maker, P>> <= Budget), P, recomputed>;
  using policies = mp::mp_eval_if_c<decides<Policies, decision::thrift>, ordered, fitting, least_of_all>;
  using least = made_of<Maker, policies>;
  static constexpr long left = Budget - size_of<least>, used = left > 0 ? left / 8 * 8 : 0;
  using made = mp::mp_eval_if_c<(used == 0), least, made_with, Maker, policies, spare_bytes<static_cast<int>(used)>>;
};

/// What Maker::with makes of the policies, under a budget: in the first order that fits, or the last.
template <long Budget, class Maker, class... Policies>
struct under_budget {
  using given = mp::mp_list<Policies...>;
  template <class Order>
  using in_order = made_with<Maker, given, Order>;

  template <class... Orders>
  struct first_that_fits {
    using type = typename thriftiest<Maker, given, Budget>::made;
  };
  template <class Order, class... Others>
  struct first_that_fits<Order, Others...> {
    template <class>
    using next = typename first_that_fits<Others...>::type;
    using type = mp::mp_eval_if_c<(size_of<in_order<Order>> <= Budget), in_order<Order>, next, Order>;
  };
  /// As the user ordered, if so.
  struct as_given {
    template <class>
    using next = typename thriftiest<Maker, given, Budget>::made;
    using whole = made_of<Maker, given>;
    using type = mp::mp_eval_if_c<(size_of<whole> <= Budget), whole, next, void>;
  };
  struct any_order {
    using type = typename first_that_fits<layer_by_layer, row_by_row>::type;
  };
  struct only_thrift {
    using type = typename thriftiest<Maker, given, Budget>::made;
  };
  using made = typename mp::mp_if_c<decides<given, decision::thrift>, only_thrift,
                                    mp::mp_if_c<decides<given, decision::order>, as_given, any_order>>::type;
  using type = typename budget_fault<made, Budget, (size_of<made> <= Budget)>::type;
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
