// The object that users hold: one network, what of it may learn, and all the memory that both need.
#pragma once
#include <limits>

#include <thimble/checks.hpp>
#include <thimble/memory/order_choice.hpp>
#include <thimble/prediction.hpp>
#include <thimble/status.hpp>
#include <thimble/training/policy_choice.hpp>

namespace thimble {

/// What came of a step. Unless `what` is ok, nothing was changed.
struct [[nodiscard]] outcome {
  status what = status::ok;
  fixed16 loss{};      ///< before the step: cross entropy in nats, or the mean squared error
  int predicted = -1;  ///< the label that the network gave before the step, if it classifies
  [[nodiscard]] constexpr bool ok() const { return what == status::ok; }
};

namespace detail {

template <class Net, class Update, class Loss>
class learner : public reader<Net, Update, Loss::classifies> {
  using base = reader<Net, Update, Loss::classifies>;
  using typename base::engine;
  using typename base::said;
  using target = std::span<const float, static_cast<std::size_t>(engine::outputs)>;
  static constexpr bool takes_label = Loss::classifies, takes_none = requires { Loss::reads_sample; };
  static constexpr bool takes_target = !takes_label && !takes_none;

 public:
  using latent = typename engine::latent;

  /// Forward pass of the sample given (input(), rows pushed, or take_sample): a prediction, or real values by their index.
  said infer() {
    this->forward();
    return this->read();
  }
  /// The same, keeping its latent, from which infer_from and step_from go on later, any number of times.
  said infer(latent& kept)
    requires engine::trains
  {
    this->frozen_part();
    this->save(kept);
    this->learning_part();
    return this->read();
  }
  said infer_from(const latent& kept)
    requires engine::trains
  {
    this->load(kept);
    this->learning_part();
    return this->read();
  }
  /// The frozen part of the forward pass alone, of the sample given: `to` holds what infer_from and step_from need.
  [[nodiscard]] status keep(latent& to)
    requires engine::trains
  {
    if (!this->has_sample()) return status::no_sample;
    this->frozen_part();
    this->save(to);
    return status::ok;
  }

  /// Forward, backward and update from the sample given; step_from: from a latent, which learns the bytes of a step from its
  /// sample. Towards a label in [0, classes):
  outcome step(int label, rates r = {})
    requires(engine::trains && takes_label)
  {
    return step_to_label(nullptr, label, r);
  }
  outcome step_from(const latent& kept, int label, rates r = {})
    requires(engine::trains && takes_label)
  {
    return step_to_label(&kept, label, r);
  }
  /// Towards real values, each under 32767 in magnitude:
  outcome step(target values, rates r = {})
    requires(engine::trains && takes_target)
  {
    return step_to_target(nullptr, values, r);
  }
  outcome step_from(const latent& kept, target values, rates r = {})
    requires(engine::trains && takes_target)
  {
    return step_to_target(&kept, values, r);
  }
  /// Towards the sample itself, whose error of reconstruction is the loss:
  outcome step(rates r = {})
    requires(engine::trains && takes_none)
  {
    return teach(nullptr, {}, r);
  }
  outcome step_from(const latent& kept, rates r = {})
    requires(engine::trains && takes_none)
  {
    return teach(&kept, {}, r);
  }

 private:
  outcome step_to_label(const latent* from, int label, rates r) {
    if (label < 0 || label >= engine::outputs) return {status::label_out_of_range, {}, -1};
    lesson now;
    now.label = label;
    return teach(from, now, r);
  }
  outcome step_to_target(const latent* from, target values, rates r) {
    for (const float t : values)
      if (!kernels::is_real(t)) return {status::target_out_of_range, {}, -1};
    lesson now;
    now.target = values.data();
    return teach(from, now, r);
  }
  /// Of the sample given, or of a latent. Nothing is learnt from a loss out of range.
  outcome teach(const latent* from, lesson now, rates r) {
    if (!is_valid_rate(r.learning_rate) || !is_valid_rate(r.bias_learning_rate))
      return {status::bad_learning_rate, {}, -1};
    if (from == nullptr && !this->has_sample()) return {status::no_sample, {}, -1};
    if (from == nullptr)
      this->frozen_part();
    else
      this->load(*from);
    this->learning_part();
    const int predicted = this->predicted();
    now.rate = share_of(r.learning_rate);
    now.bias_rate = share_of(r.bias_learning_rate);
    this->begin_backward(now);
    if (now.loss.bits == std::numeric_limits<std::int32_t>::max())
      return {status::loss_out_of_range, now.loss, predicted};
    this->backward(now);
    return {status::ok, now.loss, predicted};
  }
  /// A sample's share of a rate: gradients are means over those accumulated.
  static kernels::step_size share_of(float rate) {
    if constexpr (engine::how.accumulated > 1) {
      constexpr multiplier share = scale_factor(1.0 / engine::how.accumulated);
      return scaled(rate_of(rate), share, 0);
    } else {
      return rate_of(rate);
    }
  }
};

/// Stands in for a learner that cannot be, so that one error is printed.
struct inert : inert_learned {
  static constexpr int classes = 1;
  struct said : prediction<1, fixed16> {
    fixed16 operator[](int) const { return {}; }
  };
  using target = std::span<const float>;

  said infer() { return {{0, 0, std::span<const fixed16, 1>(&nothing, 1)}}; }
  said infer(latent&) { return infer(); }
  said infer_from(const latent&) { return infer(); }
  [[nodiscard]] status keep(latent&) { return status::ok; }
  outcome step(int, rates = {}) { return {}; }
  outcome step(target, rates = {}) { return {}; }
  outcome step(rates = {}) { return {}; }
  outcome step_from(const latent&, int, rates = {}) { return {}; }
  outcome step_from(const latent&, target, rates = {}) { return {}; }
  outcome step_from(const latent&, rates = {}) { return {}; }
  fixed16 nothing{};
};

template <class Net, class Update, class... Policies>
using learner_with =
    learner<with_loss<Net, loss_of<Policies...>>, update_for<Update, Policies...>, loss_of<Policies...>>;

template <class Net, class Update>
struct learners {
  template <class... Policies>
  using with = learner_with<Net, Update, Policies...>;
};
template <class Net, class Update, class... Policies>
using chosen = ordered_by<learners<Net, Update>, Policies...>;

/// The first thing that is wrong with a trainer.
template <class Net, class Update, class... Policies>
using trainer_fault = typename otherwise<
    typename otherwise<first_fault<typename policies_fault<Policies...>::type, update_form_fault<Update, Net>>,
                       learner_fault, with_loss<Net, loss_of<Policies...>>, update_for<Update, Policies...>>::type,
    chosen, Net, Update, Policies...>::type;

template <class Net, class Update, class... Policies>
using chosen_learner = typename chosen<Net, Update, Policies...>::made;
template <class Net, class Update, class... Policies>
using learner_for = mp::mp_eval_if_c<is_fault<trainer_fault<Net, Update, Policies...>>, inert, chosen_learner, Net,
                                     Update, Policies...>;

}  // namespace detail

/// A network that learns. `sizeof` is all the SRAM that inference and learning use, the sample included. Derive a struct
/// from it and make the object `constinit`: it lies in .bss, copies what may learn from flash at the first call, and needs
/// no constructor to run. Policies, in any order, one at most for each thing that they decide: a loss (cross_entropy;
/// mean_squared_error, reconstruction_error), and those of training/policies.hpp.
template <class Net, class Update, class... Policies>
struct trainer : detail::learner_for<Net, Update, Policies...> {
  static_assert(detail::reported<detail::trainer_fault<Net, Update, Policies...>>);
};

}  // namespace thimble
