// How a learner learns: the policies that a trainer takes, and the recipe that they come to.
#pragma once
#include <cstdint>

#include <thimble/kernels/sink.hpp>
#include <thimble/network/which.hpp>

namespace thimble {

/// In which order the frozen front of a network is made. The bytes are the same; memory and instructions are not.
enum class schedule : unsigned char { layer_by_layer, row_by_row, pushed_rows, by_patches };

/// All policies of a learner as values: the planner sizes memory by it, sinks are made of it, state() is told apart by it.
struct recipe {
  kernels::learning_rule rule;
  bool float_gradients = false;
  bool counts_saturation = false, has_snapshot = false;
  float momentum = 0, decay = 0, clip = 0;
  int accumulated = 1;
  std::uint32_t seed = 1;
  schedule order = schedule::layer_by_layer;
  bool is_thrifty = false;
  bool recomputes = false;
  int spare = 0;  ///< bytes that the arena may be larger than it need be, if that saves instructions

  int patches = 0;  ///< along each side of what is made by patches

  [[nodiscard]] constexpr bool pushes_rows() const { return order == schedule::pushed_rows; }
  [[nodiscard]] constexpr bool is_by_rows() const {
    return order == schedule::row_by_row || order == schedule::pushed_rows;
  }
  [[nodiscard]] constexpr bool reads_patches() const { return order == schedule::by_patches; }
  /// Whether the sample is worked into the network as it comes, by what brings it.
  [[nodiscard]] constexpr bool is_fed() const { return pushes_rows() || reads_patches(); }
  /// Whether the number of samples seen so far is part of what training changes.
  [[nodiscard]] constexpr bool counts_samples() const { return rule.stochastic || rule.accumulates; }
  [[nodiscard]] constexpr int gradient_bytes() const { return float_gradients ? 4 : 2; }
};

/// What a policy decides. Of all policies that decide the same a trainer takes one at most (training/policy_choice.hpp), and each
/// sets all fields of its decision, so their order does not matter. A loss is the policy of `loss`.
enum class decision : unsigned char {
  nothing,
  loss,
  weight_form,
  momentum,
  accumulation,
  decay,
  clipping,
  scaling,
  gradients,
  logits,
  saturation,
  snapshot,
  order,
  thrift,
  budget,
  spare
};

// Assertions stand last: of a class whose assertion fails clang makes nothing more, and would say that the policy is not known.

// ---- optimizers

/// Plain stochastic gradient descent, the default: for the real-valued parameters, w -= learning_rate * dL/dw after each sample.
/// Says that there is no momentum.
struct sgd {
  static constexpr decision decides = decision::momentum;
  static constexpr void set(recipe& r) { r.rule.has_momentum = false, r.momentum = 0; }
};
/// v = Factor * v + learning_rate * dL/dw; w -= v. Two bytes more a trained weight (Q4.12 of its int8 unit), four a bias.
template <float Factor>
struct momentum {
  static constexpr decision decides = decision::momentum;
  static constexpr void set(recipe& r) { r.rule.has_momentum = true, r.momentum = Factor; }
  static_assert(Factor >= 0 && Factor <= 0.999f, "momentum lies in [0, 0.999], so that a velocity comes to rest");
};
/// The mean gradient of Samples samples is applied at the last of them. Four bytes more a trained weight and a bias. A weight's
/// sum has 24 fractional bits; a bias's move is rounded to whole units of the bias for each sample, before it is added.
template <int Samples>
struct accumulate {
  static constexpr decision decides = decision::accumulation;
  static constexpr void set(recipe& r) { r.rule.accumulates = Samples > 1, r.accumulated = Samples; }
  static_assert(Samples >= 1, "at least one sample is accumulated");
};
/// dL/dw + Rate * w in place of dL/dw; weights only. With the 8-bit residual a decay of less than 2^-9 of a weight's int8 unit a
/// step (learning_rate * Rate * |q| < 1/512, q the stored integer) is lost, unless the gradient dithers it; stochastic rounding
/// keeps its mean.
template <float Rate>
struct weight_decay {
  static constexpr decision decides = decision::decay;
  static constexpr void set(recipe& r) { r.rule.decays = true, r.decay = Rate; }
  static_assert(Rate >= 0 && Rate < 1, "weight decay lies in [0, 1)");
};
/// Each sample's dL/dw is limited to [-Largest, Largest], for every real-valued parameter by itself.
template <float Largest>
struct clip_gradients {
  static constexpr decision decides = decision::clipping;
  static constexpr void set(recipe& r) { r.rule.clips = true, r.clip = Largest; }
  static_assert(Largest > 0, "gradients are clipped to more than zero");
};

// ---- how a trained weight is kept between steps

namespace detail {

/// All of a weight's form, so that nothing is left of another.
struct weight_form {
  int residual_bits = 0;
  bool stochastic = false, shadow = false;
  std::uint32_t seed = 1;
};
constexpr void keep_weights(recipe& r, weight_form form) {
  r.rule.residual_bits = form.residual_bits;
  r.rule.stochastic = form.stochastic;
  r.rule.shadow = form.shadow;
  r.seed = form.seed;
}

}  // namespace detail

/// int8 with Bits of a fraction beside it: 8 (the default) or 4. To nearest, saturating. The bytes learned equal float weights'
/// in all but noise (README, "What the policies cost in accuracy").
template <int Bits>
struct residual_bits {
  static constexpr decision decides = decision::weight_form;
  static constexpr void set(recipe& r) { detail::keep_weights(r, {.residual_bits = Bits}); }
  static_assert(Bits == 8 || Bits == 4, "residuals have 8 or 4 bits");
};
/// int8 alone: a step is rounded at random, up with the probability of its fraction. The same bits on every core.
template <std::uint32_t Seed = 1>
struct stochastic_rounding {
  static constexpr decision decides = decision::weight_form;
  static constexpr void set(recipe& r) { detail::keep_weights(r, {.stochastic = true, .seed = Seed}); }
};
/// int8 alone, to nearest: steps under half a unit are lost. For comparison.
struct nearest_rounding {
  static constexpr decision decides = decision::weight_form;
  static constexpr void set(recipe& r) { detail::keep_weights(r, {}); }
};
/// A float beside each weight, of which the int8 is the nearest integer, as the published simulator does. For comparison.
struct float_shadow {
  static constexpr decision decides = decision::weight_form;
  static constexpr void set(recipe& r) { detail::keep_weights(r, {.shadow = true}); }
};

// ---- gradients

/// Steps of the stored integers are those of the real-valued parameters (arXiv 2206.15472, eq. 4): the default.
struct quantization_aware_scaling {
  static constexpr decision decides = decision::scaling;
  static constexpr void set(recipe& r) { r.rule.scales = true; }
};
/// q -= learning_rate * dL/dq, for the stored integers. For comparison; rates differ by orders of magnitude.
struct no_scaling {
  static constexpr decision decides = decision::scaling;
  static constexpr void set(recipe& r) { r.rule.scales = false; }
};
/// int16 with exponents fixed by the compiler: the default. The same bytes on every core.
struct integer_gradients {
  static constexpr decision decides = decision::gradients;
  static constexpr void set(recipe& r) { r.float_gradients = false; }
};
/// float32, for comparison and for cores with an FPU: twice the bytes. Sums in a fixed order, and no contraction
/// (-ffp-contract=off) if machines are to agree.
struct float_gradients {
  static constexpr decision decides = decision::gradients;
  static constexpr void set(recipe& r) { r.float_gradients = true; }
};
/// The loss reads the stored int8 logits, as the file's network gives them, not the accumulators.
struct stored_logits {
  static constexpr decision decides = decision::logits;
  static constexpr void set(recipe&) {}  // the loss's matter: training/policy_choice.hpp
};

// ---- guard rails

/// saturation() counts; costs a pass over each gradient.
struct count_saturation {
  static constexpr decision decides = decision::saturation;
  static constexpr void set(recipe& r) { r.counts_saturation = true; }
};
/// Room for a copy of all that training changes: keep_snapshot() and roll_back(). reset() and restore() leave the snapshot as it is.
struct with_snapshot {
  static constexpr decision decides = decision::snapshot;
  static constexpr void set(recipe& r) { r.has_snapshot = true; }
};

// ---- memory

/// Each layer makes all of its output before the next begins: the default, and the fewest instructions.
struct layer_by_layer {
  static constexpr decision decides = decision::order;
  static constexpr void set(recipe& r) { r.order = schedule::layer_by_layer; }
};
/// Layers before the first that learns are made by rows, together, in windows of the few rows that are still needed, where that
/// makes the arena smaller: the compiler chooses which. No value is made twice. The sample lies in memory whole, and is overwritten
/// as it is consumed.
struct row_by_row {
  static constexpr decision decides = decision::order;
  static constexpr void set(recipe& r) { r.order = schedule::row_by_row; }
};
/// The same; and the sample comes row by row (`next_row`, `push_row`), so that only `rows_in_flight` of them are in memory. Each is
/// worked into the network as it comes. An error where the first layer learns, or the sample is more than 4,096 rows high.
struct pushed_rows {
  static constexpr decision decides = decision::order;
  static constexpr void set(recipe& r) { r.order = schedule::pushed_rows; }
};

/// The first layers are made by Along x Along patches of what they come to, each from the part of the sample that it reaches
/// (arXiv 2110.15352); the compiler chooses up to which layer, and makes those from there to the first that learns as row_by_row does.
/// The sample is not in the learner: it is read by `take_sample` from where it lies, anywhere that can be read at random. Patches reach
/// over each other; `work.again` counts the multiplications that are made more than once. An error where the first layer learns, a later
/// one reads the sample too, or the sample is more than 4,096 rows high or 32,767 pixels wide.
template <int Along>
struct patches {
  static constexpr decision decides = decision::order;
  static constexpr void set(recipe& r) { r.order = schedule::by_patches, r.patches = Along < 1 ? 1 : Along; }
  static_assert(Along >= 1 && Along <= 64, "there are 1 to 64 patches along each side");
};

/// The smallest arena, whatever order the front is made in: in the backward pass gradients of hidden channels (between the layers
/// that widen and narrow a block) are made by slices, eight channels or more at a time, so that they are never whole, their sums kept
/// in 32 bits; and kernels take no more scratch than the worst step leaves free. What is learned does not change by a byte, nor the
/// number of multiplications; instructions do. Not with float_gradients or count_saturation, which need gradients whole.
struct least_memory {
  static constexpr decision decides = decision::thrift;
  static constexpr void set(recipe& r) { r.is_thrifty = true; }
};

/// least_memory; and where that makes the arena smaller, a block saves nothing of its hidden values for the backward pass: its first two
/// layers are run forward again, a slice at a time, from the block's input. A block is a layer that widens (not trained by its largest
/// channels), a depthwise one whose weights are frozen, and one that narrows, of which not all channels train; the compiler chooses which,
/// fewest first. And where the frozen front is made by rows, its blocks that widen make a row or a few at a time in patches, so that no
/// wide row is kept, at the price of at most an eighth more multiplications. What is learned does not change by a byte; `work.again`
/// counts the multiplications that it adds.
struct recompute {
  static constexpr decision decides = decision::thrift;
  static constexpr void set(recipe& r) { r.is_thrifty = r.recomputes = true; }
};

/// The same by hand: these blocks and no others, each named by its layer that widens (by number or by name, as in a sparse_update); and
/// no row of the front is made again. An error, if one of them does not save bytes by it.
template <which... Layers>
struct recompute_blocks {
  static constexpr decision decides = decision::thrift;
  static constexpr void set(recipe& r) { r.is_thrifty = true; }
  template <class Net>
  using fault = detail::first_fault<typename detail::find<Layers, Net>::fault...>;
  template <class Net, int N>
  static constexpr void mark(graph<N>& g) {
    ((g.at[detail::find<Layers, Net>::node].recomputed = true), ...);
  }
  static_assert(sizeof...(Layers) > 0, "the blocks to be made again are named by their first layers");
};

/// `sizeof` of the learner is at most Bytes: the first that fits of layer_by_layer, row_by_row, row_by_row + least_memory, and row_by_row +
/// recompute. Another policy that says the order (pushed_rows, patches) is kept, and so is least_memory or recompute. What these two
/// leave of the budget is used, so far as it finds a use, to spare instructions. If nothing fits, the error says by how many bytes, and at
/// which layer.
template <long Bytes>
struct memory_budget {
  static constexpr decision decides = decision::budget;
  static constexpr long bytes = Bytes;
  static constexpr void set(recipe&) {}  // the trainer puts other policies in its place
  static_assert(Bytes > 0, "a budget has more than no byte");
};
inline constexpr long KiB = 1024;

namespace detail {

/// What a budget leaves.
template <int Bytes>
struct spare_bytes {
  static constexpr decision decides = decision::spare;
  static constexpr void set(recipe& r) { r.spare = Bytes; }
};

/// The recipe of an update; the default's, if it has none.
template <class Update>
inline constexpr recipe how_of = recipe{};
template <class Update>
  requires requires { Update::how; }
inline constexpr recipe how_of<Update> = Update::how;

}  // namespace detail

}  // namespace thimble
