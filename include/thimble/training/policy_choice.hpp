// What the policies of a trainer come to: a loss, an update with the recipe of all others, and the error if they cannot be.
#pragma once
#include <thimble/detail/fault.hpp>
#include <thimble/training/loss.hpp>
#include <thimble/training/policies.hpp>

namespace thimble {

template <class Policy>
struct unknown_policy {
  static_assert(sizeof(Policy*) == 0, "one of these policies is not known: see it above");
};
template <class First, class Second>
struct conflicting_policies {
  static_assert(sizeof(First*) == 0,
                "these two policies of a trainer decide the same thing, so only one of them can hold: see both above");
};
template <class Thrift, class Other>
struct policy_without_slices {
  static_assert(sizeof(Thrift*) == 0,
                "least_memory and recompute make the backward pass by slices, which these two policies cannot have "
                "together: see both above, and take one of them");
};

namespace detail {

/// Of a policy that names layers: what is wrong with the names, and its marks on them.
template <class Policy, class Net>
struct names_fault {
  using type = no_fault;
};
template <class Policy, class Net>
  requires requires { typename Policy::template fault<Net>; }
struct names_fault<Policy, Net> {
  using type = typename Policy::template fault<Net>;
};
template <class Policy, class Net, int N>
constexpr void mark_names([[maybe_unused]] graph<N>& g) {
  if constexpr (requires { Policy::template mark<Net>(g); }) Policy::template mark<Net>(g);
}

}  // namespace detail

/// An update with the recipe of its learner.
template <class Update, class... Policies>
struct following : Update {
  static constexpr recipe how = [] {
    recipe r;
    (Policies::set(r), ...);
    return r;
  }();
  template <class Net>
  using fault =
      detail::first_fault<typename Update::template fault<Net>, typename detail::names_fault<Policies, Net>::type...>;
  template <class Net>
  static constexpr auto apply() {
    auto g = Update::template apply<Net>();
    (detail::mark_names<Policies, Net>(g), ...);
    bool learns = false;
    for (const auto& f : g.at) learns = learns || f.trained > 0 || f.bias_trained;
    for (auto& f : g.at) {
      f.float_gradients = how.float_gradients;
      f.most_scratch = how.is_thrifty ? 1 : 0;  // at first the least that kernels can do with: see memory/slices.hpp
      f.row_scratch = learns ? 2048 : 768;      // rows are rarely the worst step where something learns
    }
    return g;
  }
};

namespace detail {

template <class Policy>
using is_loss = mp::mp_bool<requires { Policy::classifies; }>;
template <class Policy>
using is_not_loss = mp::mp_not<is_loss<Policy>>;

template <class Policy>
inline constexpr decision decision_of = [] {
  if constexpr (is_loss<Policy>::value)
    return decision::loss;
  else if constexpr (requires(recipe& r) { Policy::set(r), Policy::decides; })
    return Policy::decides;
  else
    return decision::nothing;
}();

/// Whether of two policies one asks for slices and one makes gradients that have none.
template <class First, class Second>
inline constexpr bool is_thrift_in_vain =
    decision_of<First> == decision::thrift &&
    (std::is_same_v<Second, float_gradients> || std::is_same_v<Second, count_saturation>);

/// The first policy that is not known, or that decides what a later one decides too.
template <class... Policies>
struct policies_fault {
  using type = no_fault;
};
template <class First, class... Others>
struct policies_fault<First, Others...> {
  using type = first_fault<
      mp::mp_if_c<decision_of<First> == decision::nothing, unknown_policy<First>, no_fault>,
      mp::mp_if_c<decision_of<First> == decision_of<Others>, conflicting_policies<First, Others>, no_fault>...,
      mp::mp_if_c<is_thrift_in_vain<First, Others> || is_thrift_in_vain<Others, First>,
                  policy_without_slices<First, Others>, no_fault>...,
      typename policies_fault<Others...>::type>;
};

/// The loss among a trainer's policies: cross entropy if none is given. Of stored values, if a policy says so.
template <class... Policies>
using named_loss = mp::mp_front<mp::mp_push_back<mp::mp_copy_if<mp::mp_list<Policies...>, is_loss>, cross_entropy>>;
template <class... Policies>
using loss_of = mp::mp_if_c<(std::is_same_v<Policies, stored_logits> || ...), of_stored<named_loss<Policies...>>,
                            named_loss<Policies...>>;

/// The update with all other policies; where there are none but defaults, the update itself.
template <class Update, class... Policies>
using update_with = mp::mp_if_c<(std::is_same_v<Policies, sgd> && ...), Update, following<Update, Policies...>>;
template <class Update, class... Policies>
using update_for =
    mp::mp_apply<update_with, mp::mp_push_front<mp::mp_copy_if<mp::mp_list<Policies...>, is_not_loss>, Update>>;

}  // namespace detail
}  // namespace thimble
