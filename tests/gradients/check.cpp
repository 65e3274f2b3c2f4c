// One step's gradients of an imported network against a reference (../shared/README.md, gradients/): every layer found there by
// float gradients, the last 24 before the classifier, and it, by integer gradients. usage: check FOLDER
//
// A gradient is read from what a step changes: weights have a float beside them (float_shadow), and the rate is chosen layer by
// layer so that the largest step is a quarter of a unit. G = change * s_w^2 / rate; of biases change * (s_w s_x)^2 / rate.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include THIMBLE_MODEL_HEADER

namespace {

struct net : thimble::tflite::network<THIMBLE_MODEL> {};

/// Weights and biases of the last Count numbered layers; none before.
template <int Count>
struct last_layers {
  template <class Net>
  using fault = thimble::detail::no_fault;
  template <class Net, int N>
  static constexpr void mark(thimble::graph<N>& g) {
    for (thimble::facts& f : g.at)
      if (f.number >= 0 && f.number >= g.numbered - Count) f.trained = f.weight_row, f.bias_trained = true;
  }
};
struct everything : thimble::sparse_update<thimble::all_weights> {};
struct last_25 : thimble::sparse_update<last_layers<25>> {};
using thimble::float_gradients, thimble::float_shadow, thimble::stored_logits;
struct by_floats : thimble::trainer<net, everything, stored_logits, float_gradients, float_shadow> {};
struct by_integers : thimble::trainer<net, last_25, stored_logits, float_shadow> {};

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) stop("cannot open " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}
std::vector<float> floats_of(const std::string& path, std::size_t count) {
  const std::string b = bytes_of(path);
  if (b.size() != 4 * count) stop(path + ": " + std::to_string(b.size()) + " bytes, not " + std::to_string(4 * count));
  std::vector<float> v(count);
  std::memcpy(v.data(), b.data(), b.size());
  return v;
}

struct agreement {
  double dot = 0, own = 0, wanted = 0;
  void add(double a, double b) { dot += a * b, own += a * a, wanted += b * b; }
  [[nodiscard]] double cosine() const { return dot / std::sqrt(own * wanted); }
  [[nodiscard]] double norm() const { return std::sqrt(own / wanted); }
  [[nodiscard]] bool is_within(double cosine_at_least, double norm_within) const {
    if (wanted == 0) return own == 0;
    return cosine() >= cosine_at_least && std::abs(norm() - 1) <= norm_within;
  }
};

/// What is needed of one layer: where it lies in the trained bytes, its scales.
struct layer {
  int weights, residuals, biases, rows, row, channels;
  bool by_row;  ///< whether a row of weights belongs to one output channel
  double input_scale;
  std::vector<double> scale;
  [[nodiscard]] double scale_of_weight(int i) const {
    const int fan_in = rows * row / channels;
    return scale[static_cast<std::size_t>(by_row ? i / fan_in : i % channels)];
  }
};

template <class Learner, int Node>
layer layer_at() {
  using values = thimble::node_values<net, Node>;
  constexpr const auto& plan = Learner::plan;
  constexpr const thimble::facts& f = Learner::graph.at[Node];
  const auto at = [](int kind) { return plan.t[kind * Learner::graph.size + Node].offset; };
  layer l{at(thimble::weight),
          at(thimble::residual_of_weight),
          at(thimble::bias_of),
          f.weight_rows,
          f.weight_row,
          f.biases,
          values::layer_type::output_of_weight(f, f.weight_row - 1) == 0,
          values::real_scale(thimble::role::x0),
          {}};
  for (int o = 0; o < f.biases; ++o) l.scale.push_back(values::weight_scale(o));
  return l;
}
template <class Learner, int... Node>
layer layer_numbered(int number, std::integer_sequence<int, Node...>) {
  layer l{};
  ((Learner::graph.at[Node].number >= 0 && Learner::graph.at[Node].number == number
        ? void(l = layer_at<Learner, Learner::graph.at[Node].number >= 0 ? Node : Learner::graph.node_numbered(0)>())
        : void()),
   ...);
  return l;
}

template <class Learner>
class subject {
 public:
  /// Factory weights, each a little inside of [-127, 127], so that none stops there.
  void begin(const layer& l) {
    learner_.reset();
    std::vector<unsigned char> state(Learner::state_bytes);
    const std::span<unsigned char, Learner::state_bytes> all(state.data(), state.size());
    learner_.state(all);
    for (int i = 0; i < l.rows * l.row; ++i) {
      const int v = static_cast<std::int8_t>(state[at(20 + l.weights + i)]);
      const float rest = v >= 127 ? -0.4f : v <= -127 ? 0.4f : 0.0f;
      std::memcpy(&state[at(20 + l.residuals + 4 * i)], &rest, 4);
    }
    const std::span<const unsigned char> read = all;
    const std::uint32_t crc = thimble::detail::crc32(read.subspan(20), thimble::detail::crc32(read.first(16)));
    for (std::size_t i = 0; i < 4; ++i) state[16 + i] = static_cast<unsigned char>(crc >> (8 * i));
    if (learner_.restore(state) != thimble::status::ok) stop("the learner refused its own state");
  }
  [[nodiscard]] double weight(const layer& l, int i) const {
    float rest;
    std::memcpy(&rest, &learner_.trained()[at(l.residuals + 4 * i)], 4);
    return static_cast<double>(static_cast<std::int8_t>(learner_.trained()[at(l.weights + i)])) +
           static_cast<double>(rest);
  }
  [[nodiscard]] double bias(const layer& l, int o) const {
    std::int32_t b;
    std::memcpy(&b, &learner_.trained()[at(l.biases + 4 * o)], 4);
    return b;
  }
  double step(const std::string& sample, int label, double rate, double bias_rate) {
    std::memcpy(learner_.input().data(), sample.data(), sample.size());
    const thimble::outcome o = learner_.step(
        label, {.learning_rate = static_cast<float>(rate), .bias_learning_rate = static_cast<float>(bias_rate)});
    if (!o.ok()) stop("the step was refused");
    return static_cast<double>(o.loss.value());
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  Learner learner_;
};

/// Every layer of the reference from number `first` on; how many tensors fell short.
template <class Learner>
int check(const std::string& folder, const nlohmann::json& index, int first, const char* how, double cosine,
          double norm) {
  static subject<Learner> s;
  const std::string sample = bytes_of(folder + "/input.bin");
  if (sample.size() != static_cast<std::size_t>(Learner::inputs)) stop("input.bin is not this network's input");
  const int label = index.at("label").get<int>();
  constexpr auto nodes = std::make_integer_sequence<int, Learner::graph.size - 1>{};
  int short_of = 0, tensors = 0;
  double worst = 1;
  std::printf("%s gradients\n%5s %10s %12s %12s %12s %12s\n", how, "layer", "weights", "cosine", "norm", "bias cosine",
              "norm");
  for (const nlohmann::json& entry : index.at("layers")) {
    const int number = entry.at("layer").get<int>();
    if (number < first) continue;
    const layer l = layer_numbered<Learner>(number, nodes);
    const int count = l.rows * l.row;
    char stem[32];
    std::snprintf(stem, sizeof stem, "/layer%02d_", number);
    const auto weights = floats_of(folder + stem + "weight_grad.f32", static_cast<std::size_t>(count));
    const auto biases = floats_of(folder + stem + "bias_grad.f32", static_cast<std::size_t>(l.channels));
    const auto bias_scale = [&](int o) { return l.scale[static_cast<std::size_t>(o)] * l.input_scale; };

    double largest = 0, largest_bias = 0;  // steps at rate 1
    for (int i = 0; i < count; ++i)
      largest = std::max(largest, std::abs(static_cast<double>(weights[static_cast<std::size_t>(i)])) /
                                      std::pow(l.scale_of_weight(i), 2));
    for (int o = 0; o < l.channels; ++o)
      largest_bias = std::max(largest_bias, std::abs(static_cast<double>(biases[static_cast<std::size_t>(o)])) /
                                                std::pow(bias_scale(o), 2));
    const double rate = static_cast<double>(static_cast<float>(largest > 0 ? 0.25 / largest : 1));
    const double bias_rate = static_cast<double>(static_cast<float>(largest_bias > 0 ? 1e7 / largest_bias : 1));

    s.begin(l);
    std::vector<double> before(static_cast<std::size_t>(count)), before_bias(static_cast<std::size_t>(l.channels));
    for (int i = 0; i < count; ++i) before[static_cast<std::size_t>(i)] = s.weight(l, i);
    for (int o = 0; o < l.channels; ++o) before_bias[static_cast<std::size_t>(o)] = s.bias(l, o);
    const double loss = s.step(sample, label, rate, bias_rate);
    if (std::abs(loss - index.at("loss").get<double>()) > 0.001) stop("the loss is " + std::to_string(loss));

    agreement w, b;
    for (int i = 0; i < count; ++i)
      w.add((before[static_cast<std::size_t>(i)] - s.weight(l, i)) * std::pow(l.scale_of_weight(i), 2) / rate,
            static_cast<double>(weights[static_cast<std::size_t>(i)]));
    for (int o = 0; o < l.channels; ++o)
      b.add((before_bias[static_cast<std::size_t>(o)] - s.bias(l, o)) * std::pow(bias_scale(o), 2) / bias_rate,
            static_cast<double>(biases[static_cast<std::size_t>(o)]));
    std::printf("%5d %10d %12.8f %12.8f %12.8f %12.8f", number, count, w.cosine(), w.norm(), b.cosine(), b.norm());
    for (const agreement* a : {&w, &b}) {
      const bool agrees = a->is_within(cosine, norm);
      if (!agrees) std::printf("  <- %s", a == &w ? "weights" : "biases");
      short_of += agrees ? 0 : 1;
      if (a->wanted > 0) worst = std::min(worst, a->cosine());
      ++tensors;
    }
    std::printf("\n");
  }
  std::printf("figure gradients.%s.%s_cosine %.8f cosine\n%d tensors, %d fall short\n\n",
              index.at("network").get<std::string>().c_str(), how, worst, tensors, short_of);
  if (tensors == 0) stop("the reference holds no such layer");
  return short_of;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) stop("usage: check FOLDER");
  const std::string folder = arguments[1];
  nlohmann::json index;
  try {
    index = nlohmann::json::parse(bytes_of(folder + "/index.json"));
    int short_of = 0;
    short_of += check<by_floats>(folder, index, 0, "float", 0.99999, 0.001);
    constexpr int first = by_integers::graph.numbered - 25;
    short_of += check<by_integers>(folder, index, first, "integer", 0.999, 0.01);
    return short_of == 0 ? 0 : 1;
  } catch (const nlohmann::json::exception& e) {
    stop(folder + "/index.json: " + e.what());
  }
}
