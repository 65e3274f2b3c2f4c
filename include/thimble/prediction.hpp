// What a network says of a sample, and how a learner reads it: as a label, or as real values.
#pragma once
#include <limits>
#include <span>

#include <thimble/kernels/softmax.hpp>
#include <thimble/kernels/squared_error.hpp>
#include <thimble/learned.hpp>

namespace thimble {

/// What the network says of a sample. `logits` lie in the arena until the next call: real values, or the network's own int8 if
/// its last layer clamps them or is none that could give more (see learner::output_quantization).
template <int Classes, class Logit>
struct prediction {
  int label;         ///< the first of the most probable
  float confidence;  ///< softmax of that class
  std::span<const Logit, static_cast<std::size_t>(Classes)> logits;
};

namespace detail {

/// What the network makes of a sample: real values, until the next call.
template <class Engine>
class real_outputs {
 public:
  static constexpr int size = Engine::outputs;
  /// Whether they lie in the arena as Q15.16; else as the network stores them.
  static constexpr bool are_logits = Engine::graph.at[Engine::output_node].logits;

  explicit real_outputs(const void* at) : at_(at) {}
  fixed16 operator[](int i) const {
    if constexpr (are_logits) {
      return {static_cast<const std::int32_t*>(at_)[i]};
    } else {
      constexpr quantization q = Engine::output_quantization;
      constexpr multiplier scale = scale_factor(static_cast<double>(q.scale));
      return {kernels::real_of_stored(static_cast<const std::int8_t*>(at_)[i], q.zero_point, scale)};
    }
  }

 private:
  const void* at_;
};

/// Reads the output after a forward pass. Of a classifier:
template <class Net, class Update, bool Classifies>
class reader : public learned<Net, Update> {
 protected:
  using engine = detail::engine<Net, Update>;

 private:
  using reals = real_outputs<engine>;
  using logit = mp::mp_if_c<reals::are_logits, fixed16, std::int8_t>;
  static constexpr auto count = static_cast<std::size_t>(engine::outputs);

 public:
  static constexpr int classes = engine::outputs;

 protected:
  using said = prediction<classes, logit>;

  [[nodiscard]] said read() const {
    const reals z(this->template output<unsigned char>());
    const kernels::softmax_sum s = kernels::sum_of_exponentials([z](int i) { return z[i].bits; }, classes);
    const std::int32_t p = kernels::probability(std::numeric_limits<std::int32_t>::max(), kernels::reciprocal(s.sum));
    return {s.best, static_cast<float>(p) * 0x1p-31f,
            std::span<const logit, count>(this->template output<logit>(), count)};
  }
  [[nodiscard]] int predicted() const {
    const reals z(this->template output<unsigned char>());
    int best = 0;
    for (int i = 1; i < classes; ++i)
      if (z[i].bits > z[best].bits) best = i;
    return best;
  }
};

/// Of a network whose outputs are real values:
template <class Net, class Update>
class reader<Net, Update, false> : public learned<Net, Update> {
 protected:
  using engine = detail::engine<Net, Update>;
  using said = real_outputs<engine>;

  [[nodiscard]] said read() const { return said(this->template output<unsigned char>()); }
  [[nodiscard]] static constexpr int predicted() { return -1; }
};

}  // namespace detail
}  // namespace thimble
