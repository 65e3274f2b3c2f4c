// A network, what of it learns, and the memory of both: it walks the plan's steps. What users hold is built on it.
#pragma once
#include <cstddef>
#include <span>
#include <utility>

#include <thimble/memory/binding.hpp>
#include <thimble/memory/budget.hpp>
#include <thimble/status.hpp>
#include <thimble/training/identity.hpp>

namespace thimble::detail {

template <class Net, class Update>
class engine {
 public:
  static constexpr const auto& plan = plan_of<Net, Update>;
  static constexpr const auto& graph = marked<Net, Update>;
  static constexpr int nodes = graph.size;
  static constexpr int output_node = graph.owner(graph.output());
  static constexpr int inputs = graph.at[0].out.size(), outputs = graph.at[output_node].out.size();
  static constexpr bool trains = plan.trained > 0;
  static constexpr std::size_t trained_bytes = static_cast<std::size_t>(plan.trained);
  /// How samples are stored, and how the output is (logits: see facts).
  static constexpr quantization input_quantization = node_values<Net, 0>::quantized(role::y);
  static constexpr quantization output_quantization = node_values<Net, graph.output()>::quantized(role::y);

  /// Where the sample goes, int8 in the network's input quantization. Ask again before every infer and every step, and write
  /// all of it: it shares the arena, and each call overwrites it. A step without refuses (status::no_sample).
  std::span<std::int8_t, static_cast<std::size_t>(inputs)> input() {
    has_sample_ = true;
    return std::span<std::int8_t, static_cast<std::size_t>(inputs)>(reinterpret_cast<std::int8_t*>(arena_ + input_at),
                                                                    static_cast<std::size_t>(inputs));
  }

  /// Back to factory state: what may learn is copied from flash again.
  void reset() {
    if constexpr (trains) copy_parameters();
    begun_ = true;
  }

  /// Bytes of state(): five words, then what training changes.
  static constexpr std::size_t state_bytes = 20 + trained_bytes;

  /// What was learnt, to be taken away: words (little-endian) for the form's version, hashes of the network, of what may learn and
  /// of how, a CRC-32 of all but itself; then the trained bytes, the same on every core.
  void state(std::span<unsigned char, state_bytes> to)
    requires trains
  {
    if (!begun_) reset();
    put_word(to, 0, state_version);
    put_word(to, 4, identity_of_network<Net>);
    put_word(to, 8, identity_of_update<Net, Update>);
    put_word(to, 12, identity_of_policies<Net>);
    for (std::size_t i = 0; i < trained_bytes; ++i) to[20 + i] = trained_[i];
    put_word(to, 16, crc_of(to));
  }

  /// Puts back what state() gave, of this learner on any core. Refuses anything else with a status; nothing changes then.
  [[nodiscard]] status restore(std::span<const unsigned char> from)
    requires trains
  {
    if (from.size() != state_bytes) return status::state_of_another_length;
    if (word_at(from, 0) != state_version) return status::state_of_another_version;
    if (word_at(from, 16) != crc_of(from)) return status::state_damaged;
    if (word_at(from, 4) != identity_of_network<Net>) return status::state_of_another_network;
    if (word_at(from, 8) != identity_of_update<Net, Update>) return status::state_of_another_update;
    if (word_at(from, 12) != identity_of_policies<Net>) return status::state_of_another_policy;
    for (std::size_t i = 0; i < trained_bytes; ++i) trained_[i] = from[20 + i];
    begun_ = true;
    return status::ok;
  }

  /// The bytes that training changes. Empty until the first infer, step or reset: all zero.
  [[nodiscard]] std::span<const unsigned char> trained() const { return {trained_, trained_bytes}; }

 protected:
  [[nodiscard]] bool has_sample() const { return has_sample_; }

  THIMBLE_NOINLINE void forward() {  // one copy, for infer and step
    if (!begun_) reset();
    run<0, plan.forward_loops>(nullptr);
    has_sample_ = false;
  }
  void backward(lesson& now) { run<plan.forward_loops, plan.loops>(&now); }

  /// The network's output, until the next call: int8, or Q15.16 if it is logits.
  template <class T>
  const T* output() const {
    return reinterpret_cast<const T*>(arena_ + output_at);
  }

 private:
  static constexpr std::uint32_t state_version = 0x31534854;  // "THS1"
  static void put_word(std::span<unsigned char> to, std::size_t at, std::uint32_t word) {
    for (std::size_t i = 0; i < 4; ++i) to[at + i] = static_cast<unsigned char>(word >> (8 * i));
  }
  static std::uint32_t word_at(std::span<const unsigned char> from, std::size_t at) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i) word |= static_cast<std::uint32_t>(from[at + i]) << (8 * i);
    return word;
  }
  static std::uint32_t crc_of(std::span<const unsigned char> state) {
    return crc32(state.subspan(20), crc32(state.first(16)));
  }

  static constexpr int input_at = plan.t[value * nodes].offset;
  static constexpr int output_at = plan.t[value * nodes + output_node].offset;

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
      c.weights = values::flash();
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

/// What stands in for an engine that cannot be, so that one error is printed.
struct inert_engine {
  static constexpr int inputs = 1, outputs = 1;
  static constexpr std::size_t trained_bytes = 0, state_bytes = 1;
  static constexpr quantization input_quantization{}, output_quantization{};
  std::span<std::int8_t> input() { return {&pixel, 1}; }
  void reset() {}
  void state(std::span<unsigned char>) {}
  [[nodiscard]] status restore(std::span<const unsigned char>) { return status::ok; }
  [[nodiscard]] std::span<const unsigned char> trained() const { return {}; }
  std::int8_t pixel = 0;
};

}  // namespace thimble::detail
