// The object that users hold: one network, what of it may learn, and all the memory that both need.
#pragma once
#include <limits>

#include <thimble/checks.hpp>
#include <thimble/engine.hpp>
#include <thimble/status.hpp>

namespace thimble {

/// Plain stochastic gradient descent at batch 1 with quantization-aware scaling: for the real-valued parameters,
/// w -= learning_rate * dL/dw.
struct sgd {};

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
class learner : public engine<Net, Update> {
 protected:
  using engine = detail::engine<Net, Update>;

  [[nodiscard]] status check(rates r) const {
    if (!is_valid_rate(r.learning_rate) || !is_valid_rate(r.bias_learning_rate)) return status::bad_learning_rate;
    return this->has_sample() ? status::ok : status::no_sample;
  }
  void learn(lesson& now, rates r) {
    now.rate = rate_of(r.learning_rate);
    now.bias_rate = rate_of(r.bias_learning_rate);
    this->backward(now);
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

  /// Forward pass of the sample in input().
  prediction<classes, logit> infer() {
    this->forward();
    const kernels::softmax_sum s = kernels::sum_of_exponentials([this](int i) { return logit_at(i); }, classes);
    const std::int32_t p = kernels::probability(std::numeric_limits<std::int32_t>::max(), kernels::reciprocal(s.sum));
    return {s.best, static_cast<float>(p) * 0x1p-31f,
            std::span<const logit, static_cast<std::size_t>(classes)>(this->template output<logit>(),
                                                                      static_cast<std::size_t>(classes))};
  }

  /// Forward, backward and update from the sample in input().
  outcome step(int label, rates r = {})
    requires engine::trains
  {
    if (label < 0 || label >= classes) return {status::label_out_of_range, {}, -1};
    if (const status s = this->check(r); s != status::ok) return {s, {}, -1};
    this->forward();
    int best = 0;
    for (int i = 1; i < classes; ++i)
      if (logit_at(i) > logit_at(best)) best = i;
    lesson now;
    now.label = label;
    this->learn(now, r);
    return {status::ok, now.loss, best};
  }

 private:
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
  made infer() {
    this->forward();
    return made(this->template output<unsigned char>());
  }

  /// Forward, backward and update towards the sample itself. The loss is the error of reconstruction before the update.
  outcome step(rates r = {})
    requires(engine::trains && requires { Loss::reads_sample; })
  {
    return step_towards(nullptr, r);
  }

  /// Forward, backward and update towards `target`, in real units, each under 32767 in magnitude.
  outcome step(std::span<const float, static_cast<std::size_t>(outputs)> target, rates r = {})
    requires(engine::trains && !requires { Loss::reads_sample; })
  {
    for (const float t : target)
      if (!kernels::is_real(t)) return {status::target_out_of_range, {}, -1};
    return step_towards(target.data(), r);
  }

 private:
  outcome step_towards(const float* target, rates r) {
    if (const status s = this->check(r); s != status::ok) return {s, {}, -1};
    this->forward();
    lesson now;
    now.target = target;
    this->learn(now, r);
    return {status::ok, now.loss, -1};
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

/// The loss among a trainer's policies: cross entropy if none is given.
template <class... Policies>
using loss_of = mp::mp_front<mp::mp_push_back<mp::mp_copy_if<mp::mp_list<Policies...>, is_loss>, cross_entropy>>;

}  // namespace detail

/// A network that learns. `sizeof` is all the SRAM that inference and learning use, the sample included. Derive a struct
/// from it and make the object `constinit`: it lies in .bss, copies what may learn from flash at the first call, and needs
/// no constructor to run. Policies, in any order: an optimizer (sgd), a loss (cross_entropy; mean_squared_error,
/// reconstruction_error).
template <class Net, class Update, class... Policies>
struct trainer
    : detail::learner_for<with_loss<Net, detail::loss_of<Policies...>>, Update, detail::loss_of<Policies...>> {
  static_assert(((std::is_same_v<Policies, sgd> || detail::is_loss<Policies>::value) && ...),
                "one of these policies is not known");
  static_assert(
      detail::reported<typename detail::learner_fault<with_loss<Net, detail::loss_of<Policies...>>, Update>::type>);
};

}  // namespace thimble
