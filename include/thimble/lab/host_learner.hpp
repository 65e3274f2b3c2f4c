// A learner whose update is chosen at run time, so that hundreds of updates are compared with one compilation. Host only.
#pragma once
#include <cstring>
#include <limits>
#include <span>

#include <thimble/lab/host_answer.hpp>
#include <thimble/lab/host_rules.hpp>
#include <thimble/lab/host_sums.hpp>
#include <thimble/lab/planner.hpp>
#include <thimble/trainer.hpp>

namespace thimble::lab {

/// Learns the bytes that `trainer<Net, sparse_update<...>, Policies...>` learns of the same samples, for any update_choice.
/// How: the layers' own rules and kernels are compiled once, for the widest update, over memory in which every tensor has its own
/// place. The library's derivation of steps, run on values, says which of them an update needs. A gradient does not depend on what
/// else learns: its exponents come from the network alone, and its readers are added in one order. Weights' gradients teach all
/// channels of a layer; those that are not to learn are put back after the step. tests/unit/lab_host_learner.cpp compares bytes.
/// Where steps count samples (accumulation, stochastic rounding) moves are summed first, as random bits go by a weight's place on
/// the device (host_sums.hpp). For losses of labels.
template <class Net, class... Policies>
class host_learner {
 public:
  using planner = lab::planner<Net, Policies...>;
  using net = typename planner::net;
  static constexpr const recipe& how = planner::how;
  using update = mp::mp_if_c<how.rule.stochastic, summed<typename planner::widest>, typename planner::widest>;
  static constexpr const auto& graph = marked<net, update>;
  static constexpr int nodes = graph.size, inputs = graph.at[0].out.size();
  static constexpr int output_node = graph.owner(graph.output()), classes = graph.at[output_node].out.size();
  static constexpr quantization input_quantization = node_values<net, 0>::quantized(role::y);
  static constexpr shape input_shape = graph.at[0].out;
  static_assert(thimble::detail::loss_of<Policies...>::classifies, "the lab's learner learns labels");

  /// The tensors from which the part that learns can be run again.
  using latent = std::vector<unsigned char>;

  explicit host_learner(const update_choice& choice = {}) {
    for (int id = 0; id < tensor_kinds * nodes; ++id) {
      const int bytes = rules::bytes_of(id);
      own_.emplace_back(static_cast<std::size_t>(bytes + 7) / 8);
    }
    memory_.at.resize(own_.size());
    choose(choice);
  }
  host_learner(const host_learner&) = delete;
  host_learner& operator=(const host_learner&) = delete;

  /// Another update, from factory state.
  void choose(const update_choice& choice) {
    choice_ = choice;
    marked_ = planner::marked_by(choice);
    plan_ = planner::derived_by(marked_);
    steps_.clear();
    int scratch = 0;
    for (int i = 0; i < plan_->steps; ++i) {
      const thimble::step& s = plan_->s[i];
      steps_.push_back(rules::action_of(s));
      scratch = std::max(scratch, s.scratch);
    }
    scratch_.resize(static_cast<std::size_t>(scratch) / 8 + 1);
    memory_.scratch = reinterpret_cast<unsigned char*>(scratch_.data());
    for (int id = 0; id < tensor_kinds * nodes; ++id) {
      const bool is_parameter = id >= arena_kinds * nodes;
      memory_.at[static_cast<std::size_t>(id)] =
          rules::bytes_of(id) > 0 && (is_parameter || plan_->t[id].needed) ? place_of(id) : nullptr;
    }
    find_cut();
    reset();
  }
  [[nodiscard]] const update_choice& choice() const { return choice_; }

  /// Back to factory state.
  void reset() {
    for (int id = arena_kinds * nodes; id < tensor_kinds * nodes; ++id) std::fill(own(id).begin(), own(id).end(), 0u);
    for (int n = 0; n < nodes; ++n) {
      const auto f = rules::factory_of(n);
      const facts& node = graph.at[n];
      if (f.weights != nullptr && node.trained > 0)
        std::memcpy(place_of(weight * nodes + n), f.weights, static_cast<std::size_t>(node.weights()));
      if (f.biases != nullptr && node.bias_trained)
        std::memcpy(place_of(bias_of * nodes + n), f.biases, static_cast<std::size_t>(4 * node.biases));
    }
    saturated_ = 0;
    samples_ = 0;
  }

  /// Where a sample goes before keep().
  std::span<std::int8_t> input() {
    return {reinterpret_cast<std::int8_t*>(place_of(value * nodes)), static_cast<std::size_t>(inputs)};
  }

  /// The frozen part of the forward pass, of the sample in input().
  latent keep() {
    run(0, cut_);
    return save();
  }
  /// The same from the latent of an update that began to learn at an earlier layer or the same one: `its_first` is that layer's
  /// node (first_learning_node() of its learner).
  latent advance(const latent& from, int its_first) {
    int begin = 0;
    while (begin < cut_ && its_first > plan_->s[begin].node) ++begin;
    load(from, alive_before(begin));
    run(begin, cut_);
    return save();
  }
  /// The node of the first layer that learns.
  [[nodiscard]] int first_learning_node() const { return plan_->s[cut_].node; }

  /// The forward pass from a latent, read against a label.
  answer infer_from(const latent& from, int label) {
    load(from, alive_);
    run(cut_, plan_->forward_steps);
    return read(label);
  }
  /// As the trainer's step_from.
  outcome step_from(const latent& from, int label, rates r) {
    if (label < 0 || label >= classes) return {status::label_out_of_range, {}, -1};
    if (!is_valid_rate(r.learning_rate) || !is_valid_rate(r.bias_learning_rate))
      return {status::bad_learning_rate, {}, -1};
    load(from, alive_);
    run(cut_, plan_->forward_steps);
    const int predicted = read(label).label;
    lesson& now = memory_.now;
    now = {};
    now.label = label;
    now.sample = samples_;
    now.rate = share_of(r.learning_rate);
    now.bias_rate = share_of(r.bias_learning_rate);
    run(plan_->forward_steps, plan_->forward_steps + 1);
    if (now.loss.bits == std::numeric_limits<std::int32_t>::max())
      return {status::loss_out_of_range, now.loss, predicted};
    run(plan_->forward_steps + 1, plan_->steps);
    if constexpr (how.counts_samples()) {
      if (++samples_ % static_cast<std::uint32_t>(how.accumulated) == 0) apply_sums();
    } else {
      put_back();
    }
    return {status::ok, now.loss, predicted};
  }
  /// As the trainer's step, of the sample in input().
  outcome step(int label, rates r) { return step_from(keep(), label, r); }

  /// Values at the ends of int16 in all gradients since reset(), as count_saturation counts; and trained weights at -127 or 127.
  void count_saturation(bool counts) { counts_ = counts; }
  [[nodiscard]] struct saturation saturation() const {
    std::uint32_t n = 0;
    for (int node = 0; node < nodes; ++node) {
      const facts& f = marked_.at[node];
      const auto* w = reinterpret_cast<const std::int8_t*>(memory_.at[static_cast<std::size_t>(weight * nodes + node)]);
      for (int row = 0; row < f.weight_rows; ++row)
        for (int c = 0; c < f.trained; ++c) n += std::abs(w[row * f.weight_row + c]) == 127 ? 1 : 0;
    }
    return {saturated_, n};
  }

  /// What training changes, byte for byte as the device's learner has it (trained()).
  [[nodiscard]] std::vector<unsigned char> trained() const {
    std::vector<unsigned char> bytes;
    for (int id = arena_kinds * nodes; id < tensor_kinds * nodes; ++id) {
      if (!plan_->t[id].needed) continue;
      const facts& f = marked_.at[id % nodes];
      const int kind = id / nodes;
      const bool of_weights =
          kind == weight || kind == residual_of_weight || kind == velocity_of_weight || kind == sum_of_weight;
      const int bits = of_weights ? 8 * rules::bytes_of(id) / graph.at[id % nodes].weights() : 32;
      const std::size_t begin = bytes.size();
      bytes.resize(begin + static_cast<std::size_t>(align_up(plan_->t[id].bytes)));
      const unsigned char* from = memory_.at[static_cast<std::size_t>(id)];
      const int rows = of_weights ? f.weight_rows : 1, row = of_weights ? f.weight_row : f.biases,
                learns = of_weights ? f.trained : f.biases;
      for (int i = 0; i < rows * learns; ++i)
        copy_element(bytes.data() + begin, i, from, i / learns * row + i % learns, bits);
    }
    if constexpr (how.counts_samples()) {
      bytes.resize(bytes.size() + sizeof samples_);
      std::memcpy(bytes.data() + bytes.size() - sizeof samples_, &samples_, sizeof samples_);
    }
    return bytes;
  }

 private:
  using rules = host_rules<net, update>;

  std::vector<std::uint64_t>& own(int id) { return own_[static_cast<std::size_t>(id)]; }
  unsigned char* place_of(int id) { return reinterpret_cast<unsigned char*>(own(id).data()); }

  void run(int first, int end) {
    for (int i = first; i < end; ++i) {
      steps_[static_cast<std::size_t>(i)](memory_);
      if (counts_ && i > plan_->forward_steps) count_saturated(plan_->s[i]);
    }
  }
  void count_saturated(const thimble::step& s) {
    for (const int w : s.writes) {
      if (!plan_->is_gradient(w) || how.float_gradients) continue;
      const auto* v = reinterpret_cast<const std::int16_t*>(memory_.at[static_cast<std::size_t>(w)]);
      for (int i = 0; i < graph.at[w % nodes].out.size(); ++i) saturated_ += std::abs(v[i]) >= 32767 ? 1 : 0;
    }
  }

  /// The first step that reads what learns; and what it and later ones need of what is there before.
  void find_cut() {
    cut_ = 0;
    const auto learns = [&](const thimble::step& s) {
      const facts& f = marked_.at[s.node];
      return f.trained > 0 || f.bias_trained;
    };
    while (cut_ < plan_->forward_steps && !learns(plan_->s[cut_])) ++cut_;
    alive_ = alive_before(cut_);
  }
  /// Values only: masks and what layers keep for their gradients belong to layers at or after the first that learns.
  [[nodiscard]] std::vector<int> alive_before(int step) const {
    std::vector<int> ids;
    for (int id = 0; id < arena_kinds * nodes; ++id) {
      const tensor& t = plan_->t[id];
      if (t.needed && t.bytes > 0 && t.first < step && t.last >= step) ids.push_back(id);
    }
    return ids;
  }
  latent save() {
    latent to;
    for (const int id : alive_) to.insert(to.end(), place_of(id), place_of(id) + plan_->t[id].bytes);
    return to;
  }
  void load(const latent& from, const std::vector<int>& ids) {
    std::size_t at = 0;
    for (const int id : ids) {
      const auto bytes = static_cast<std::size_t>(plan_->t[id].bytes);
      if (at + bytes > from.size()) throw std::invalid_argument("host_learner: a latent of another update");
      std::memcpy(place_of(id), from.data() + at, bytes);
      at += bytes;
    }
    if (at != from.size()) throw std::invalid_argument("host_learner: a latent of another update");
  }

  /// As the trainer's: a sample's share of a rate.
  static kernels::step_size share_of(float rate) {
    if constexpr (how.accumulated == 1) return rate_of(rate);
    return scaled(rate_of(rate), scale_factor(1.0 / how.accumulated), 0);
  }
  void apply_sums() {
    for (int n = 0; n < nodes; ++n)
      if (marked_.at[n].bias_trained) host_sums<net, update>::action_of(n)(memory_, marked_.at[n]);
  }
  /// Channels that are not to learn have their factory weights again. What lies beside those is read by nobody.
  void put_back() {
    for (int n = 0; n < nodes; ++n) {
      const facts& f = marked_.at[n];
      if (f.trained == 0 || f.trained == f.weight_row) continue;
      auto* w = reinterpret_cast<std::int8_t*>(place_of(weight * nodes + n));
      const std::int8_t* from = rules::factory_of(n).weights;
      for (int row = 0; row < f.weight_rows; ++row) {
        const auto at = row * f.weight_row + f.trained;
        std::memcpy(w + at, from + at, static_cast<std::size_t>(f.weight_row - f.trained));
      }
    }
  }

  answer read(int label) { return answer_of<net>(place_of(value * nodes + output_node), label); }

  static void copy_element(unsigned char* to, int i, const unsigned char* from, int j, int bits) {
    if (bits == 4) {
      const int v = from[j / 2] >> 4 * (j % 2) & 15;
      to[i / 2] = static_cast<unsigned char>(to[i / 2] | v << 4 * (i % 2));
    } else {
      std::memcpy(to + i * bits / 8, from + j * bits / 8, static_cast<std::size_t>(bits / 8));
    }
  }

  update_choice choice_;
  typename planner::graph marked_{};
  std::unique_ptr<typename planner::plan> plan_;
  std::vector<typename rules::action> steps_;
  std::vector<std::vector<std::uint64_t>> own_;
  std::vector<std::uint64_t> scratch_;
  host_memory memory_;
  int cut_ = 0;
  std::vector<int> alive_;
  bool counts_ = false;
  std::uint32_t saturated_ = 0, samples_ = 0;
};

}  // namespace thimble::lab
