// How a learner learns: the policies that a trainer takes, and what they come to.
#pragma once
#include <cstdint>

#include <thimble/kernels/sink.hpp>

namespace thimble {

/// All policies of a learner as values: the planner sizes memory by it, sinks are made of it, state() is told apart by it.
struct recipe {
  kernels::learning_rule rule;
  bool float_gradients = false;
  bool counts_saturation = false, has_snapshot = false;
  float momentum = 0, decay = 0, clip = 0;
  int accumulated = 1;
  std::uint32_t seed = 1;

  /// Whether the number of samples seen so far is part of what training changes.
  [[nodiscard]] constexpr bool counts_samples() const { return rule.stochastic || rule.accumulates; }
  [[nodiscard]] constexpr int gradient_bytes() const { return float_gradients ? 4 : 2; }
};

// ---- optimizers

/// Plain stochastic gradient descent at batch 1, the default: for the real-valued parameters, w -= learning_rate * dL/dw.
struct sgd {
  static constexpr void set(recipe&) {}
};
/// v = Factor * v + learning_rate * dL/dw; w -= v. Two bytes more a trained weight (Q4.12 of its int8 unit), four a bias.
template <float Factor>
struct momentum {
  static_assert(Factor >= 0 && Factor < 1, "momentum lies in [0, 1)");
  static constexpr void set(recipe& r) { r.rule.has_momentum = true, r.momentum = Factor; }
};
/// The mean gradient of Samples samples is applied at the last of them. Four bytes more a trained weight and a bias.
template <int Samples>
struct accumulate {
  static_assert(Samples >= 1, "at least one sample is accumulated");
  static constexpr void set(recipe& r) { r.rule.accumulates = Samples > 1, r.accumulated = Samples; }
};
/// dL/dw + Rate * w in place of dL/dw; weights only.
template <float Rate>
struct weight_decay {
  static_assert(Rate >= 0 && Rate < 1, "weight decay lies in [0, 1)");
  static constexpr void set(recipe& r) { r.rule.decays = true, r.decay = Rate; }
};
/// Each sample's dL/dw is limited to [-Largest, Largest], for every real-valued parameter by itself.
template <float Largest>
struct clip_gradients {
  static_assert(Largest > 0, "gradients are clipped to more than zero");
  static constexpr void set(recipe& r) { r.rule.clips = true, r.clip = Largest; }
};

// ---- how a trained weight is kept between steps

/// int8 with Bits of a fraction beside it: 8 (the default) or 4. To nearest, saturating. The bytes learned equal float weights'
/// in all but noise (README, "Accuracy").
template <int Bits>
struct residual_bits {
  static_assert(Bits == 8 || Bits == 4, "residuals have 8 or 4 bits");
  static constexpr void set(recipe& r) { r.rule.residual_bits = Bits; }
};
/// int8 alone: a step is rounded at random, up with the probability of its fraction. The same bits on every core.
template <std::uint32_t Seed = 1>
struct stochastic_rounding {
  static constexpr void set(recipe& r) { r.rule.residual_bits = 0, r.rule.stochastic = true, r.seed = Seed; }
};
/// int8 alone, to nearest: steps under half a unit are lost. For comparison.
struct nearest_rounding {
  static constexpr void set(recipe& r) { r.rule.residual_bits = 0; }
};
/// A float beside each weight, of which the int8 is the nearest integer, as the published simulator does. For comparison.
struct float_shadow {
  static constexpr void set(recipe& r) { r.rule.residual_bits = 0, r.rule.shadow = true; }
};

// ---- gradients

/// Steps of the stored integers are those of the real-valued parameters (arXiv 2206.15472, eq. 4): the default.
struct quantization_aware_scaling {
  static constexpr void set(recipe& r) { r.rule.scales = true; }
};
/// q -= learning_rate * dL/dq, for the stored integers. For comparison; rates differ by orders of magnitude.
struct no_scaling {
  static constexpr void set(recipe& r) { r.rule.scales = false; }
};
/// int16 with exponents fixed by the compiler: the default. The same bytes on every core.
struct integer_gradients {
  static constexpr void set(recipe& r) { r.float_gradients = false; }
};
/// float32, for comparison and for cores with an FPU: twice the bytes. Sums in a fixed order, and no contraction
/// (-ffp-contract=off) if machines are to agree.
struct float_gradients {
  static constexpr void set(recipe& r) { r.float_gradients = true; }
};
/// The loss reads the stored int8 logits, as the file's network gives them, not the accumulators.
struct stored_logits {
  static constexpr void set(recipe&) {}
};

// ---- guard rails

/// saturation() counts; costs a pass over each gradient.
struct count_saturation {
  static constexpr void set(recipe& r) { r.counts_saturation = true; }
};
/// Room for a copy of all that training changes: keep_snapshot() and roll_back().
struct with_snapshot {
  static constexpr void set(recipe& r) { r.has_snapshot = true; }
};

/// An update with the policies of its learner.
template <class Update, class... Policies>
struct following : Update {
  static constexpr recipe how = [] {
    recipe r;
    (Policies::set(r), ...);
    return r;
  }();
  template <class Net>
  static constexpr auto apply() {
    auto g = Update::template apply<Net>();
    for (auto& f : g.at) f.float_gradients = how.float_gradients;
    return g;
  }
};

namespace detail {
template <class Update>
inline constexpr recipe how_of = recipe{};
template <class Update>
  requires requires { Update::how; }
inline constexpr recipe how_of<Update> = Update::how;

template <class Policy>
concept is_policy = requires(recipe& r) { Policy::set(r); };
}  // namespace detail

}  // namespace thimble
