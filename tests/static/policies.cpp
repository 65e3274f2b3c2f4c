// Policies come to the same recipe in any order, and no two of one kind are taken.
#include <type_traits>

#include <thimble/training/policy_choice.hpp>
#include <thimble/training/sparse_update.hpp>

using namespace thimble;

namespace {

using no_marks = sparse_update<>;
template <recipe>
struct value {};
template <class... Policies>
using recipe_of = value<following<no_marks, Policies...>::how>;
template <class... Policies>
using fault = typename detail::policies_fault<Policies...>::type;

// In any order.
using one = recipe_of<momentum<0.5f>, accumulate<3>, weight_decay<0.1f>, clip_gradients<2.0f>, stochastic_rounding<7>,
                      no_scaling, float_gradients, stored_logits, count_saturation, with_snapshot>;
using reversed =
    recipe_of<with_snapshot, count_saturation, stored_logits, float_gradients, no_scaling, stochastic_rounding<7>,
              clip_gradients<2.0f>, weight_decay<0.1f>, accumulate<3>, momentum<0.5f>>;
static_assert(std::is_same_v<one, reversed>);
static_assert(std::is_same_v<fault<mean_squared_error, momentum<0.5f>, accumulate<3>, weight_decay<0.1f>,
                                   clip_gradients<2.0f>, stochastic_rounding<7>, no_scaling, float_gradients,
                                   stored_logits, count_saturation, with_snapshot>,
                             detail::no_fault>);
static_assert(std::is_same_v<fault<>, detail::no_fault>);

// What a policy sets it sets wholly: nothing is left of another of its kind.
template <class... Policies>
struct kind {
  template <class Policy>
  static constexpr bool holds =
      (std::is_same_v<recipe_of<Policies, Policy>, recipe_of<Policy>> && ...) &&
      (std::is_same_v<fault<Policies, Policy>, conflicting_policies<Policies, Policy>> && ...);
  static constexpr bool all_hold = (holds<Policies> && ...);
};
static_assert(kind<residual_bits<8>, residual_bits<4>, stochastic_rounding<>, stochastic_rounding<5>, nearest_rounding,
                   float_shadow>::all_hold);
static_assert(kind<sgd, momentum<0.0f>, momentum<0.999f>>::all_hold);
static_assert(kind<accumulate<1>, accumulate<2>>::all_hold);
static_assert(kind<weight_decay<0.0f>, weight_decay<0.5f>>::all_hold);
static_assert(kind<clip_gradients<1.0f>, clip_gradients<2.0f>>::all_hold);
static_assert(kind<quantization_aware_scaling, no_scaling>::all_hold);
static_assert(kind<integer_gradients, float_gradients>::all_hold);
static_assert(kind<stored_logits>::all_hold && kind<count_saturation>::all_hold && kind<with_snapshot>::all_hold);

// Defaults are what they say.
static_assert(
    std::is_same_v<recipe_of<sgd, accumulate<1>, residual_bits<8>, quantization_aware_scaling, integer_gradients>,
                   recipe_of<>>);

// Losses are of one kind, wherever they stand; what is no policy is named.
struct no_policy {};
struct incomplete;
static_assert(std::is_same_v<fault<cross_entropy, sgd, mean_squared_error>,
                             conflicting_policies<cross_entropy, mean_squared_error>>);
static_assert(std::is_same_v<fault<sgd, reconstruction_error, of_stored<cross_entropy>>,
                             conflicting_policies<reconstruction_error, of_stored<cross_entropy>>>);
static_assert(std::is_same_v<fault<sgd, no_policy, accumulate<2>>, unknown_policy<no_policy>>);
static_assert(std::is_same_v<fault<incomplete, sgd>, unknown_policy<incomplete>> &&
              std::is_same_v<fault<int>, unknown_policy<int>>);

static_assert(std::is_same_v<detail::loss_of<sgd>, cross_entropy> &&
              std::is_same_v<detail::loss_of<sgd, mean_squared_error>, mean_squared_error> &&
              std::is_same_v<detail::loss_of<stored_logits, mean_squared_error>, of_stored<mean_squared_error>>);
static_assert(
    std::is_same_v<detail::update_for<no_policy, cross_entropy, sgd>, no_policy> &&
    std::is_same_v<detail::update_for<no_policy, accumulate<2>, cross_entropy>, following<no_policy, accumulate<2>>>);

}  // namespace
