// A network, what of it learns, and the memory of both: it walks the plan's steps. What users hold is built on it.
#pragma once
#include <thimble/memory/arena.hpp>
#include <thimble/memory/budget.hpp>
#include <thimble/memory/cut.hpp>
#include <thimble/memory/multiplications.hpp>
#include <thimble/memory/slice_binding.hpp>
#include <thimble/status.hpp>

namespace thimble::detail {

template <class Net, class Update>
class engine : public arena<Net, Update> {
 protected:
  using arena<Net, Update>::arena_;
  using arena<Net, Update>::trained_;
  using arena<Net, Update>::forget_sample;

 public:
  using arena<Net, Update>::inputs;
  using arena<Net, Update>::pushes_rows;
  static constexpr const auto& plan = plan_of<Net, Update>;
  static constexpr const auto& graph = marked<Net, Update>;
  static constexpr int nodes = graph.size;
  static constexpr int output_node = graph.owner(graph.output());
  static constexpr int outputs = graph.at[output_node].out.size();
  static constexpr const recipe& how = how_of<Update>;
  static constexpr bool trains = plan.trained > 0;
  static constexpr multiplications work = multiplications_of(plan, graph);
  /// All that training changes: parameters, the optimizer's state, the number of samples if a policy asks for it.
  using arena<Net, Update>::trained_bytes;
  /// How samples are stored, and how the output is (logits: see facts).
  static constexpr quantization input_quantization = node_values<Net, 0>::quantized(role::y);
  static constexpr quantization output_quantization = node_values<Net, graph.output()>::quantized(role::y);

  /// Back to factory state: what may learn is copied from flash again.
  void reset() {
    if constexpr (trains) copy_parameters();
    if constexpr (trains && how.counts_saturation) saturated_.v = 0;
    begun_ = true;
  }

  /// Bytes from which a sample's step can be taken again without the sample: the cheapest set of tensors at or before the first
  /// layer that learns. What is learnt later does not age it.
  static constexpr const auto& cut = cut_of<Net, Update>;
  static constexpr std::size_t latent_bytes = static_cast<std::size_t>(cut.bytes);
  struct latent {
    alignas(4) unsigned char bytes[latent_bytes > 0 ? latent_bytes : 1];
  };

  /// The bytes that training changes. Empty until the first infer, step or reset: all zero.
  [[nodiscard]] std::span<const unsigned char> trained() const { return {trained_, trained_bytes}; }

 protected:
  /// The forward pass in two parts, one copy of each: what no learning changes, and the rest.
  THIMBLE_NOINLINE void frozen_part() {
    if (!begun_) reset();
    run<how.is_fed() ? 1 : 0, cut.loop>(nullptr);
    forget_sample();
  }
  THIMBLE_NOINLINE void learning_part() { run<cut.loop, plan.forward_loops>(nullptr); }
  void forward() {
    frozen_part();
    learning_part();
  }

  /// Between the two: what the rest needs, to and from the arena.
  void save(latent& to) const {
    unsigned char* b = to.bytes;
    for (const piece& p : pieces.v)
      for (int i = 0; i < p.bytes; ++i) *b++ = arena_[p.at + i];
  }
  void load(const latent& from) {
    if (!begun_) reset();
    const unsigned char* b = from.bytes;
    for (const piece& p : pieces.v)
      for (int i = 0; i < p.bytes; ++i) arena_[p.at + i] = *b++;
    forget_sample();
  }

  /// The loss and the gradient of what it reads; then the rest.
  void begin_backward(lesson& now) { run<plan.forward_loops, plan.forward_loops + 1>(&now); }
  void backward(lesson& now) {
    if constexpr (how.counts_samples()) now.sample = samples();
    run<plan.forward_loops + 1, plan.loops>(&now);
    if constexpr (how.counts_samples()) {
      if constexpr (how.rule.accumulates)
        if ((now.sample + 1) % static_cast<std::uint32_t>(how.accumulated) == 0)
          flush(now, std::make_integer_sequence<int, nodes>{});
      samples() = now.sample + 1;
    }
  }

  [[nodiscard]] std::uint32_t saturated_gradients() const {
    if constexpr (how.counts_saturation)
      return saturated_.v;
    else
      return 0;
  }
  [[nodiscard]] std::uint32_t saturated_weights() const {
    std::uint32_t n = 0;
    for (const copy& c : copies_of_all.v)
      for (int i = 0; i < c.rows * c.trained; ++i) {
        const auto v = static_cast<std::int8_t>(trained_[c.to + i]);
        n += v == 127 || v == -127 ? 1 : 0;
      }
    return n;
  }

  bool begun_ = false;

  /// The network's output, until the next call: int8, or Q15.16 if it is logits.
  template <class T>
  const T* output() const {
    return reinterpret_cast<const T*>(arena_ + output_at);
  }

 private:
  static constexpr int output_at = plan.t[value * nodes + output_node].offset;

  /// A tensor of the latent.
  struct piece {
    int at, bytes;
  };
  struct piece_table {
    piece v[static_cast<std::size_t>(cut.count > 0 ? cut.count : 1)];
  };
  static constexpr piece_table pieces = [] {
    piece_table t{};
    for (int i = 0; i < cut.count; ++i) t.v[i] = {plan.t[cut.id[i]].offset, plan.t[cut.id[i]].bytes};
    return t;
  }();

  std::uint32_t& samples() { return *reinterpret_cast<std::uint32_t*>(trained_ + samples_at); }
  static constexpr int samples_at = plan.trained;

  /// Applies what was accumulated.
  template <int... Node>
  void flush(const lesson& now, std::integer_sequence<int, Node...>) {
    (trained_parameters<Net, Update, Node>(trained_, &now).flush(), ...);
  }

  /// Of a row of weights the channels that train: those of a list, or the first.
  struct listed {
    const std::uint16_t* channels = nullptr;
    int operator[](int i) const { return channels == nullptr ? i : channels[i]; }
  };
  static constexpr bool lists = [] {
    for (const facts& f : graph.at)
      if (f.selected == selection::largest) return true;
    return false;
  }();
  /// From flash to SRAM: rows of `row` weights, of each `trained`; and biases. Null pointers: from zero.
  struct copy {
    const std::int8_t* weights;
    const std::int32_t* biases;
    int to, rows, row, trained, bias_to, bias_count;
    [[no_unique_address]] mp::mp_if_c<lists, listed, kernels::neighbours> of_row;
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
      c.weights = values::flash();
      c.biases = values::bias();
    }
    if constexpr (f.selected == selection::largest) c.of_row = {largest_channels<Net, Node, f.trained>::order.v};
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
          for (int i = 0; i < c.trained; ++i) *to++ = from[c.of_row[i]];
      if (c.biases != nullptr)
        for (int o = 0; o < c.bias_count; ++o) reinterpret_cast<std::int32_t*>(trained_ + c.bias_to)[o] = c.biases[o];
    }
  }

  /// If the tensor is a gradient.
  template <int Tensor>
  void count_saturated() {
    if constexpr (plan.is_gradient(Tensor)) {
      constexpr int at = plan.t[Tensor].offset, count = graph.at[Tensor % nodes].out.size();
      saturated_.v += values_at_ends(reinterpret_cast<const std::int16_t*>(arena_ + at), count);
    }
  }
  THIMBLE_NOINLINE static std::uint32_t values_at_ends(const std::int16_t* v, int count) {
    std::uint32_t n = 0;
    for (int i = 0; i < count; ++i) n += v[i] >= 32767 || v[i] <= -32767 ? 1 : 0;
    return n;
  }

  /// Loops [First, Last) of the plan, unrolled by the compiler.
  template <int First, int Last>
  THIMBLE_INLINE void run(lesson* now) {
    run_loops<First>(now, std::make_integer_sequence<int, Last - First>{});
  }
  template <int First, int... Loop>
  THIMBLE_INLINE void run_loops([[maybe_unused]] lesson* now, std::integer_sequence<int, Loop...>) {
    (run_loop<First + Loop>(now), ...);
  }
  template <int Loop>
  THIMBLE_INLINE void run_loop(lesson* now) {
    constexpr loop l = plan.l[Loop];
    if constexpr (l.by_rows)  // a loop by patches is run by take_sample
      run_rows<Net, Update, Loop>(arena_, trained_);
    else if constexpr (l.slices > 1)
      run_slices<Net, Update, Loop>(arena_, trained_, now);
    else
      run_step<l.first>(now);
  }
  template <int Step>
  THIMBLE_INLINE void run_step(lesson* now) {
    constexpr thimble::step s = plan.s[Step];
    if constexpr (s.writes[0] >= 0 || s.modifies >= 0)  // else nobody needs any more what it kept
      rule_of<Net, Update, Step>::type::run(step_binding<Net, Update, Step>(arena_, trained_, now));
    if constexpr (how.counts_saturation && s.backward && !how.float_gradients && !graph.at[s.node].is_loss) {
      count_saturated<s.writes[0]>();
      count_saturated<s.writes[1]>();
    }
  }

  struct counter {
    std::uint32_t v = 0;
  };
  struct no_counter {};
  [[no_unique_address]] mp::mp_if_c<trains && how.counts_saturation, counter, no_counter> saturated_;
};

/// What stands in for an engine that cannot be, so that one error is printed.
struct inert_engine {
  static constexpr int inputs = 1, outputs = 1, inputs_at_once = 1, rows_in_flight = 1;
  static constexpr bool pushes_rows = false, reads_patches = false;
  static constexpr std::size_t trained_bytes = 0, latent_bytes = 1;
  struct latent {
    unsigned char bytes[1];
  };
  static constexpr quantization input_quantization{}, output_quantization{};
  std::span<std::int8_t> input() { return {&pixel, 1}; }
  std::span<std::int8_t> next_row() { return {&pixel, 1}; }
  void push_row() {}
  void take_sample(auto&&) {}
  void push_row(std::span<const std::int8_t>) {}
  [[nodiscard]] int rows_pushed() const { return 0; }
  [[nodiscard]] bool has_sample() const { return false; }
  void reset() {}
  [[nodiscard]] std::span<const unsigned char> trained() const { return {}; }
  std::int8_t pixel = 0;
};

}  // namespace thimble::detail
