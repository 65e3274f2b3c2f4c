// What may learn, as a value: the marks of a sparse_update that the lab compares by the thousand. Host only.
#pragma once
#include <stdexcept>
#include <string>
#include <vector>

#include <thimble/training/sparse_update.hpp>

namespace thimble::lab {

/// `biases_of_last<biases>`, `weights<n, weights[n]>` where weights[n].numerator > 0, and weights_of_head. Layers have the numbers
/// of those with weights, the stem is 0; the head is not among them. First channels train (selection::first).
struct update_choice {
  int biases = 0;
  std::vector<ratio> weights;  ///< by layer number; may be shorter than the network

  friend bool operator==(const update_choice& a, const update_choice& b) {
    const std::size_t all = a.weights.size() > b.weights.size() ? a.weights.size() : b.weights.size();
    for (std::size_t n = 0; n < all; ++n) {
      const ratio x = a.of(n), y = b.of(n);
      if (x.numerator * y.denominator != y.numerator * x.denominator) return false;
    }
    return a.biases == b.biases;
  }
  [[nodiscard]] ratio of(std::size_t layer) const { return layer < weights.size() ? weights[layer] : ratio{0, 1}; }
  void set(std::size_t layer, ratio fraction) {
    if (weights.size() <= layer) weights.resize(layer + 1, ratio{0, 1});
    weights[layer] = fraction;
  }
};

/// As it is written in a program: `sparse_update<biases_of_last<20>, weights<24, ratio{1, 4}>, weights_of_head>`.
inline std::string text_of(const update_choice& choice, const std::string& prefix = "") {
  std::string text = prefix + "sparse_update<";
  if (choice.biases > 0) text += prefix + "biases_of_last<" + std::to_string(choice.biases) + ">, ";
  for (std::size_t n = 0; n < choice.weights.size(); ++n) {
    const ratio r = choice.weights[n];
    if (r.numerator == 0) continue;
    text += prefix + "weights<" + std::to_string(n);
    if (r.numerator != r.denominator)
      text += ", " + prefix + "ratio{" + std::to_string(r.numerator) + ", " + std::to_string(r.denominator) + "}";
    text += ">, ";
  }
  return text + prefix + "weights_of_head>";
}

/// Marks a network's facts. Throws std::invalid_argument where the network has no such layer or fraction.
template <int N>
void mark(graph<N>& g, const update_choice& choice) {
  const int head = g.numbered - 1;
  const auto refuse = [](const std::string& why) { throw std::invalid_argument("update_choice: " + why); };
  if (choice.biases < 0 || choice.biases > head)
    refuse(std::to_string(choice.biases) + " biases, but there are " + std::to_string(head) +
           " layers with weights before the head");
  for (facts& f : g.at) {
    if (f.number < 0) continue;
    if (f.number >= head - choice.biases) f.bias_trained = true;
    if (f.number == head) f.train(f.weight_row, selection::first);
  }
  for (std::size_t n = 0; n < choice.weights.size(); ++n) {
    const ratio r = choice.weights[n];
    if (r.numerator == 0) continue;
    const int node = g.node_numbered(static_cast<int>(n));
    if (node < 0 || static_cast<int>(n) >= head)
      refuse("weights of layer " + std::to_string(n) + ", but layers before the head end at " +
             std::to_string(head - 1));
    if (r.numerator < 0 || r.denominator < r.numerator)
      refuse("a fraction of " + std::to_string(r.numerator) + "/" + std::to_string(r.denominator));
    facts& f = g.at[node];
    f.train(r.of(f.weight_row), selection::first);
  }
}

/// The widest update: every layer that can learn, because no layer at or after it only infers.
struct all_that_can_learn {
  template <class Net>
  using fault = thimble::detail::no_fault;
  template <class Net>
  static constexpr auto apply() {
    auto g = graph_of<Net>;
    bool blocked[static_cast<std::size_t>(g.size)]{};
    for (int n = g.size - 1; n >= 0; --n) {
      facts& f = g.at[n];
      blocked[n] = blocked[n] || f.infers_only != nullptr;
      if (f.number >= 0 && !blocked[n]) f.train(f.weight_row, selection::first);
      for (const int from : f.inputs)
        if (from >= 0 && blocked[n]) blocked[from] = true;
    }
    return g;
  }
};

}  // namespace thimble::lab
