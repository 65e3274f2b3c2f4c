// The object that users hold: one network, what of it may learn, and all the memory that both need.
#pragma once
#include <limits>

#include <thimble/checks.hpp>
#include <thimble/learned.hpp>
#include <thimble/status.hpp>

namespace thimble {

/// What the network says of a sample. `logits` lie in the arena until the next call: real values, or the network's own int8 if
/// its last layer clamps them or is none that could give more (see learner::output_quantization).
template <int Classes, class Logit>
struct prediction {
  int label;         ///< the first of the most probable
  float confidence;  ///< softmax of that class
  std::span<const Logit, static_cast<std::size_t>(Classes)> logits;
};

/// What came of a step. Unless `what` is ok, nothing was changed.
struct [[nodiscard]] outcome {
  status what = status::ok;
  fixed16 loss{};      ///< before the step: cross entropy in nats, or the mean squared error
  int predicted = -1;  ///< the label that the network gave before the step, if it classifies
  [[nodiscard]] constexpr bool ok() const { return what == status::ok; }
};

namespace detail {

/// The part of every learner that does not depend on the loss.
template <class Net, class Update>
class learner : public learned<Net, Update> {
 protected:
  using engine = detail::engine<Net, Update>;

 public:
  using latent = typename engine::latent;

  /// The frozen part of the forward pass alone, of the sample in input(): `to` holds what infer_from and step_from need.
  [[nodiscard]] status keep(latent& to)
    requires engine::trains
  {
    if (!this->has_sample()) return status::no_sample;
    this->frozen_part();
    this->save(to);
    return status::ok;
  }

 protected:
  [[nodiscard]] static status check(rates r) {
    return is_valid_rate(r.learning_rate) && is_valid_rate(r.bias_learning_rate) ? status::ok
                                                                                 : status::bad_learning_rate;
  }
  /// The forward pass of the sample in input(), or of a latent.
  [[nodiscard]] status see(const latent* from) {
    if (from == nullptr && !this->has_sample()) return status::no_sample;
    if (from == nullptr)
      this->frozen_part();
    else
      this->load(*from);
    this->learning_part();
    return status::ok;
  }
  /// The backward pass, unless the loss says that nothing can be learnt from it.
  [[nodiscard]] status learn(lesson& now, rates r) {
    constexpr multiplier share = scale_factor(1.0 / engine::how.accumulated);
    now.rate = scaled(rate_of(r.learning_rate), share, 0);
    now.bias_rate = scaled(rate_of(r.bias_learning_rate), share, 0);
    this->begin_backward(now);
    if (now.loss.bits == std::numeric_limits<std::int32_t>::max()) return status::loss_out_of_range;
    this->backward(now);
    return status::ok;
  }
};

/// Learns labels.
template <class Net, class Update, class Loss>
class learner_of_loss : public learner<Net, Update> {
  using engine = typename learner<Net, Update>::engine;
  static constexpr bool has_logits = engine::graph.at[engine::output_node].logits;
  using logit = mp::mp_if_c<has_logits, fixed16, std::int8_t>;

 public:
  static constexpr int classes = engine::outputs;

  using latent = typename engine::latent;

  /// Forward pass of the sample in input().
  prediction<classes, logit> infer() {
    this->forward();
    return guess();
  }
  /// The same, keeping its latent, from which infer_from and step_from go on later, any number of times.
  prediction<classes, logit> infer(latent& kept)
    requires engine::trains
  {
    this->frozen_part();
    this->save(kept);
    this->learning_part();
    return guess();
  }
  prediction<classes, logit> infer_from(const latent& kept)
    requires engine::trains
  {
    this->load(kept);
    this->learning_part();
    return guess();
  }

  /// Forward, backward and update from the sample in input().
  outcome step(int label, rates r = {})
    requires engine::trains
  {
    return step_of(nullptr, label, r);
  }
  /// The same from a latent: the bytes learned are those of a step from its sample.
  outcome step_from(const latent& kept, int label, rates r = {})
    requires engine::trains
  {
    return step_of(&kept, label, r);
  }

 private:
  outcome step_of(const latent* from, int label, rates r) {
    if (label < 0 || label >= classes) return {status::label_out_of_range, {}, -1};
    if (const status s = this->check(r); s != status::ok) return {s, {}, -1};
    if (const status s = this->see(from); s != status::ok) return {s, {}, -1};
    int best = 0;
    for (int i = 1; i < classes; ++i)
      if (logit_at(i) > logit_at(best)) best = i;
    lesson now;
    now.label = label;
    const status s = this->learn(now, r);
    return {s, now.loss, best};
  }
  prediction<classes, logit> guess() {
    const kernels::softmax_sum s = kernels::sum_of_exponentials([this](int i) { return logit_at(i); }, classes);
    const std::int32_t p = kernels::probability(std::numeric_limits<std::int32_t>::max(), kernels::reciprocal(s.sum));
    return {s.best, static_cast<float>(p) * 0x1p-31f,
            std::span<const logit, static_cast<std::size_t>(classes)>(this->template output<logit>(),
                                                                      static_cast<std::size_t>(classes))};
  }

  /// In Q15.16.
  [[nodiscard]] std::int32_t logit_at(int i) const {
    if constexpr (has_logits) {
      return this->template output<std::int32_t>()[i];
    } else {
      constexpr quantization q = engine::output_quantization;
      constexpr multiplier scale = scale_factor(static_cast<double>(q.scale));
      return kernels::real_of_stored(this->template output<std::int8_t>()[i], q.zero_point, scale);
    }
  }
};

/// Learns real values.
template <class Net, class Update, class Loss>
  requires(!Loss::classifies)
class learner_of_loss<Net, Update, Loss> : public learner<Net, Update> {
  using engine = typename learner<Net, Update>::engine;
  static constexpr bool has_logits = engine::graph.at[engine::output_node].logits;

 public:
  static constexpr int outputs = engine::outputs;

  /// What the network makes of the sample in input(): real values, until the next call.
  class made {
   public:
    static constexpr int size = outputs;
    fixed16 operator[](int i) const {
      if constexpr (has_logits) {
        return {static_cast<const std::int32_t*>(at_)[i]};
      } else {
        constexpr quantization q = engine::output_quantization;
        constexpr multiplier scale = scale_factor(static_cast<double>(q.scale));
        return {kernels::real_of_stored(static_cast<const std::int8_t*>(at_)[i], q.zero_point, scale)};
      }
    }

   private:
    friend class learner_of_loss;
    explicit made(const void* at) : at_(at) {}
    const void* at_;
  };
  using latent = typename engine::latent;
  made infer() {
    this->forward();
    return made(this->template output<unsigned char>());
  }
  /// The same, keeping its latent, from which infer_from and step_from go on later, any number of times.
  made infer(latent& kept)
    requires engine::trains
  {
    this->frozen_part();
    this->save(kept);
    this->learning_part();
    return made(this->template output<unsigned char>());
  }
  made infer_from(const latent& kept)
    requires engine::trains
  {
    this->load(kept);
    this->learning_part();
    return made(this->template output<unsigned char>());
  }

  /// Forward, backward and update towards the sample itself. The loss is the error of reconstruction before the update.
  outcome step(rates r = {})
    requires(engine::trains && requires { Loss::reads_sample; })
  {
    return step_towards(nullptr, nullptr, r);
  }
  outcome step_from(const latent& kept, rates r = {})
    requires(engine::trains && requires { Loss::reads_sample; })
  {
    return step_towards(&kept, nullptr, r);
  }

  /// Forward, backward and update towards `target`, in real units, each under 32767 in magnitude.
  outcome step(std::span<const float, static_cast<std::size_t>(outputs)> target, rates r = {})
    requires(engine::trains && !requires { Loss::reads_sample; })
  {
    return checked_step(nullptr, target, r);
  }
  outcome step_from(const latent& kept, std::span<const float, static_cast<std::size_t>(outputs)> target, rates r = {})
    requires(engine::trains && !requires { Loss::reads_sample; })
  {
    return checked_step(&kept, target, r);
  }

 private:
  outcome checked_step(const latent* from, std::span<const float, static_cast<std::size_t>(outputs)> target, rates r) {
    for (const float t : target)
      if (!kernels::is_real(t)) return {status::target_out_of_range, {}, -1};
    return step_towards(from, target.data(), r);
  }
  outcome step_towards(const latent* from, const float* target, rates r) {
    if (const status s = this->check(r); s != status::ok) return {s, {}, -1};
    if (const status s = this->see(from); s != status::ok) return {s, {}, -1};
    lesson now;
    now.target = target;
    const status s = this->learn(now, r);
    return {s, now.loss, -1};
  }
};

/// Stands in for a learner that cannot be, so that one error is printed.
struct inert : inert_engine {
  outcome step(int, rates = {}) { return {}; }
  outcome step(std::span<const float>, rates = {}) { return {}; }
  outcome step(rates = {}) { return {}; }
  prediction<1, fixed16> infer() { return {0, 0, std::span<const fixed16, 1>(&nothing, 1)}; }
  static constexpr int classes = 1;
  fixed16 nothing{};
};

template <class Net, class Update, class Loss>
using learner_for =
    mp::mp_eval_if_c<is_fault<typename learner_fault<Net, Update>::type>, inert, learner_of_loss, Net, Update, Loss>;

template <class Policy>
using is_loss = mp::mp_bool<requires { Policy::classifies; }>;
template <class Policy>
using is_not_loss = mp::mp_not<is_loss<Policy>>;

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

/// A network that learns. `sizeof` is all the SRAM that inference and learning use, the sample included. Derive a struct
/// from it and make the object `constinit`: it lies in .bss, copies what may learn from flash at the first call, and needs
/// no constructor to run. Policies, in any order: a loss (cross_entropy; mean_squared_error, reconstruction_error), and those of
/// training/policies.hpp.
template <class Net, class Update, class... Policies>
struct trainer : detail::learner_for<with_loss<Net, detail::loss_of<Policies...>>,
                                     detail::update_for<Update, Policies...>, detail::loss_of<Policies...>> {
  static_assert(((detail::is_policy<Policies> || detail::is_loss<Policies>::value) && ...),
                "one of these policies is not known");
  static_assert(
      detail::reported<typename detail::learner_fault<with_loss<Net, detail::loss_of<Policies...>>, Update>::type>);
};

}  // namespace thimble
