// A network as it is: int8 in, int8 out, bit for bit what TensorFlow Lite's reference computes.
#pragma once
#include <thimble/checks.hpp>
#include <thimble/engine.hpp>
#include <thimble/training/sparse_update.hpp>

namespace thimble {

namespace detail {

template <class Net>
class inference_of : public engine<Net, sparse_update<>> {
  using engine = detail::engine<Net, sparse_update<>>;

 public:
  /// Forward pass of the sample in input(). The outputs, stored as output_quantization says, lie in the arena until the next
  /// call.
  std::span<const std::int8_t, static_cast<std::size_t>(engine::outputs)> infer() {
    this->forward();
    return std::span<const std::int8_t, static_cast<std::size_t>(engine::outputs)>(
        this->template output<std::int8_t>(), static_cast<std::size_t>(engine::outputs));
  }
};

/// Stands in for a network that cannot be, so that one error is printed.
struct inert_inference : inert_engine {
  std::span<const std::int8_t> infer() { return {&pixel, 1}; }
};

}  // namespace detail

/// Inference only, of the whole network: its last softmax too. No byte and no symbol of learning is linked. (A `classifier` gives
/// labels and confidences instead.)
template <class Net>
struct inference : mp::mp_eval_if_c<detail::is_fault<typename detail::network_fault<Net>::type>,
                                    detail::inert_inference, detail::inference_of, Net> {
  static_assert(detail::reported<typename detail::network_fault<Net>::type>);
};

}  // namespace thimble
