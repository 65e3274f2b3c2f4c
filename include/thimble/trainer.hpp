// The object that users hold: one network, what of it may learn, and all the memory that both need.
#pragma once
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include <thimble/memory/binding.hpp>
#include <thimble/memory/budget.hpp>
#include <thimble/training/loss.hpp>

namespace thimble {

/// Plain stochastic gradient descent at batch 1 with quantization-aware scaling: for the real-valued parameters,
/// w -= learning_rate * dL/dw.
struct sgd {};

enum class status : unsigned char {
  ok,
  label_out_of_range,  ///< not in [0, classes)
  bad_learning_rate,   ///< negative, infinite or not a number
  no_sample,           ///< input() was not asked for since the last infer or step, which overwrote the sample
};

/// What the network says of a sample. `logits` lie in the arena until the next call.
template <int Classes>
struct prediction {
  int label;         ///< the first of the most probable
  float confidence;  ///< softmax of that class
  std::span<const fixed16, static_cast<std::size_t>(Classes)> logits;
};

/// What came of a step. Unless `what` is ok, nothing was changed.
struct [[nodiscard]] outcome {
  status what = status::ok;
  fixed16 loss{};      ///< cross entropy before the step, in nats
  int predicted = -1;  ///< the label that the network gave before the step
  [[nodiscard]] constexpr bool ok() const { return what == status::ok; }
};

template <class Net>
struct network_has_no_parameters {
  static_assert(sizeof(Net) == 0,
                "this network has no parameters yet: quantize it with the lab and include the exported header");
};
template <class Net>
struct fresh_head_does_not_train {
  static_assert(sizeof(Net) == 0,
                "the new head starts from zero, so the update must train all of it: add weights_of_head");
};

namespace detail {

template <class Net, class Update>
struct fresh_head_fault {
  static constexpr const auto& g = marked<Net, Update>;
  static constexpr int head = g.node_numbered(g.numbered - 1);
  static constexpr bool stays_zero = node_values<Net, head>::is_fresh && (g.at[head].trained < g.at[head].weight_row);
  using type = mp::mp_if_c<stays_zero, fresh_head_does_not_train<Net>, no_fault>;
};

/// What `replace_head` found wrong, for networks made with it.
template <class Net>
struct head_fault_of {
  using type = no_fault;
};
template <class Net>
  requires requires { typename Net::network::head_fault; }
struct head_fault_of<Net> {
  using type = typename Net::network::head_fault;
};

/// The first thing that is wrong; later checks are not asked then, for they could not be answered.
template <class Net, class Update>
struct learner_fault {
  using first = first_fault<
      mp::mp_if_c<std::is_same_v<typename Net::parameters, no_parameters>, network_has_no_parameters<Net>, no_fault>,
      typename head_fault_of<Net>::type, shape_fault<Net>, typename Update::template fault<Net>>;
  using type = typename mp::mp_if_c<is_fault<first>, mp::mp_identity<first>, fresh_head_fault<Net, Update>>::type;
};

/// Stands in for a learner that cannot be, so that one error is printed.
struct inert {
  template <class... T>
  outcome step(T&&...) {
    return {};
  }
  prediction<1> infer() { return {0, 0, std::span<const fixed16, 1>(&nothing, 1)}; }
  std::span<std::int8_t> input() { return {&pixel, 1}; }
  void reset() {}
  std::span<const unsigned char> trained() const { return {}; }
  static constexpr int classes = 1, inputs = 1;
  fixed16 nothing{};
  std::int8_t pixel = 0;
};

template <class Net, class Update>
class learner {
 public:
  static constexpr const auto& plan = plan_of<Net, Update>;
  static constexpr const auto& graph = marked<Net, Update>;
  static constexpr int nodes = graph.size;
  static constexpr int logits_node = graph.owner(graph.at[nodes - 1].inputs[0]);
  static constexpr int classes = graph.at[logits_node].out.size();
  static constexpr int inputs = graph.at[0].out.size();
  static constexpr bool trains = plan.trained > 0;
  static constexpr std::size_t trained_bytes = static_cast<std::size_t>(plan.trained);

  /// Where the sample goes, int8 in the network's input quantization. Ask again before every infer and every step, and write
  /// all of it: it shares the arena, and each call overwrites it. A step without refuses (status::no_sample).
  std::span<std::int8_t, static_cast<std::size_t>(inputs)> input() {
    has_sample_ = true;
    return std::span<std::int8_t, static_cast<std::size_t>(inputs)>(reinterpret_cast<std::int8_t*>(arena_ + input_at),
                                                                    static_cast<std::size_t>(inputs));
  }

  /// Forward pass of the sample in input().
  prediction<classes> infer() {
    begin();
    forward();
    const auto* z = reinterpret_cast<const std::int32_t*>(arena_ + logits_at);
    const kernels::softmax_sum s = kernels::sum_of_exponentials(z, classes);
    const std::int32_t p = kernels::probability(std::numeric_limits<std::int32_t>::max(), kernels::reciprocal(s.sum));
    return {s.best, static_cast<float>(p) * 0x1p-31f,
            std::span<const fixed16, static_cast<std::size_t>(classes)>(
                reinterpret_cast<const fixed16*>(arena_ + logits_at), static_cast<std::size_t>(classes))};
  }

  /// Forward, backward and update from the sample in input().
  outcome step(int label, rates r = {})
    requires trains
  {
    if (label < 0 || label >= classes) return {status::label_out_of_range, {}, -1};
    if (!is_valid_rate(r.learning_rate) || !is_valid_rate(r.bias_learning_rate))
      return {status::bad_learning_rate, {}, -1};
    if (!has_sample_) return {status::no_sample, {}, -1};
    begin();
    forward();
    const auto* z = reinterpret_cast<const std::int32_t*>(arena_ + logits_at);
    int best = 0;
    for (int i = 1; i < classes; ++i)
      if (z[i] > z[best]) best = i;
    lesson now;
    now.label = label;
    now.rate = rate_of(r.learning_rate);
    now.bias_rate = rate_of(r.bias_learning_rate);
    run<plan.forward_loops, plan.loops>(&now);
    return {status::ok, now.loss, best};
  }

  /// Back to factory state: what may learn is copied from flash again.
  void reset() {
    if constexpr (trains) copy_parameters();
    begun_ = true;
  }

  /// The bytes that training changes. Empty until the first infer, step or reset: all zero.
  [[nodiscard]] std::span<const unsigned char> trained() const { return {trained_, trained_bytes}; }

 private:
  static constexpr int input_at = plan.t[value * nodes].offset;
  static constexpr int logits_at = plan.t[value * nodes + logits_node].offset;

  void begin() {
    if (!begun_) reset();
  }

  /// From flash to SRAM: rows of `row` weights, of each the first `trained`; and biases. Null pointers: from zero.
  struct copy {
    const std::int8_t* weights;
    const std::int32_t* biases;
    int to, rows, row, trained, bias_to, bias_count;
  };
  template <int Node>
  static constexpr copy copy_of() {
    constexpr const facts& f = graph.at[Node];
    using values = node_values<Net, Node>;
    copy c{};
    c.row = f.weight_row;
    c.trained = f.trained;
    if (f.trained > 0) c.to = plan.t[weight * nodes + Node].offset, c.rows = f.weight_rows;
    if (f.bias_trained) c.bias_to = plan.t[bias_of * nodes + Node].offset, c.bias_count = f.biases;
    if constexpr (f.number >= 0 && !values::is_fresh) {
      c.weights = values::layer::weight;
      c.biases = values::bias();
    }
    return c;
  }
  static constexpr int copies = [] {
    int n = 0;
    for (const facts& f : graph.at) n += f.trained > 0 || f.bias_trained ? 1 : 0;
    return n;
  }();
  struct copy_table {
    copy v[static_cast<std::size_t>(copies > 0 ? copies : 1)];
  };
  template <int... Node>
  static constexpr copy_table make_copies(std::integer_sequence<int, Node...>) {
    copy_table t{};
    int i = 0;
    ((graph.at[Node].trained > 0 || graph.at[Node].bias_trained ? void(t.v[i++] = copy_of<Node>()) : void()), ...);
    return t;
  }
  static constexpr copy_table copies_of_all = make_copies(std::make_integer_sequence<int, nodes>{});

  THIMBLE_NOINLINE void copy_parameters() {
    for (unsigned char& b : trained_) b = 0;
    for (const copy& c : copies_of_all.v) {
      auto* to = reinterpret_cast<std::int8_t*>(trained_ + c.to);
      if (const std::int8_t* from = kernels::launder(c.weights); from != nullptr)
        for (int r = 0; r < c.rows; ++r, from += c.row)
          for (int i = 0; i < c.trained; ++i) *to++ = from[i];
      if (c.biases != nullptr)
        for (int o = 0; o < c.bias_count; ++o) reinterpret_cast<std::int32_t*>(trained_ + c.bias_to)[o] = c.biases[o];
    }
  }

  THIMBLE_NOINLINE void forward() {  // one copy, for infer and step
    run<0, plan.forward_loops>(nullptr);
    has_sample_ = false;
  }

  /// Loops [First, Last) of the plan, unrolled by the compiler.
  template <int First, int Last>
  THIMBLE_INLINE void run(lesson* now) {
    run_loops<First>(now, std::make_integer_sequence<int, Last - First>{});
  }
  template <int First, int... Loop>
  THIMBLE_INLINE void run_loops(lesson* now, std::integer_sequence<int, Loop...>) {
    (run_loop<First + Loop>(now), ...);
  }
  template <int Loop>
  THIMBLE_INLINE void run_loop(lesson* now) {
    constexpr loop l = plan.l[Loop];
    for (int i = 0; i < l.iterations; ++i) run_steps<l.first>(now, std::make_integer_sequence<int, l.count>{});
  }
  template <int First, int... Step>
  THIMBLE_INLINE void run_steps(lesson* now, std::integer_sequence<int, Step...>) {
    (run_step<First + Step>(now), ...);
  }
  template <int Step>
  THIMBLE_INLINE void run_step(lesson* now) {
    constexpr thimble::step s = plan.s[Step];
    using layer = typename mp::mp_at_c<typename Net::nodes, static_cast<std::size_t>(s.node)>::layer;
    using rules = mp::mp_if_c<s.backward, typename layer::gradient, typename layer::forward>;
    mp::mp_at_c<rules, static_cast<std::size_t>(s.rule)>::run(step_binding<Net, Update, Step>(arena_, trained_, now));
  }

  // All zero, so that the object lies in .bss: {} makes it constant-initialized.
  alignas(8) unsigned char arena_[static_cast<std::size_t>(plan.peak)]{};
  alignas(8) unsigned char trained_[static_cast<std::size_t>(plan.trained > 0 ? plan.trained : 1)]{};
  bool begun_ = false, has_sample_ = false;
};

template <class Net, class Update>
using learner_for = mp::mp_eval_if_c<is_fault<typename learner_fault<Net, Update>::type>, inert, learner, Net, Update>;

}  // namespace detail

/// A network that learns. `sizeof` is all the SRAM that inference and learning use, the sample included. Derive a struct
/// from it and make the object `constinit`: it lies in .bss, copies what may learn from flash at the first call, and needs
/// no constructor to run.
template <class Net, class Update, class Policy = sgd>
struct trainer : detail::learner_for<with_loss<Net, cross_entropy>, Update> {
  static_assert(std::is_same_v<Policy, sgd>, "this policy is not known");
  static_assert(detail::reported<typename detail::learner_fault<with_loss<Net, cross_entropy>, Update>::type>);
};

}  // namespace thimble
