// A network as it is: int8 in, int8 out, bit for bit what TensorFlow Lite's reference computes.
#pragma once
#include <thimble/checks.hpp>
#include <thimble/engine.hpp>
#include <thimble/memory/order_choice.hpp>
#include <thimble/training/policy_choice.hpp>
#include <thimble/training/sparse_update.hpp>

namespace thimble {

template <class Policy>
struct policy_is_of_learning {
  static_assert(sizeof(Policy*) == 0,
                "an inference learns nothing: of a trainer's policies it takes only the order of work");
};

namespace detail {

template <class Net, class Update>
class inference_of : public engine<Net, Update> {
  using engine = detail::engine<Net, Update>;

 public:
  /// Forward pass of the sample given: in input(), by rows pushed or by take_sample. Without one, or all of its rows, it is that of the
  /// bytes that lie there. The outputs, stored as output_quantization says, lie in the
  /// arena until the next call.
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

template <class Net>
struct inferences {
  template <class... Policies>
  using with = inference_of<Net, update_for<sparse_update<>, Policies...>>;
};

constexpr bool is_of_memory(decision d) {
  return d == decision::order || d == decision::thrift || d == decision::budget;
}

/// The first thing that is wrong with an inference.
template <class Net, class... Policies>
struct inference_fault {
  using policies =
      first_fault<typename policies_fault<Policies...>::type,
                  mp::mp_if_c<is_of_memory(decision_of<Policies>), no_fault, policy_is_of_learning<Policies>>...>;
  template <class N>
  struct network {
    using type = typename network_fault<N>::type;
  };
  template <class N>
  struct order {
    using update = update_for<sparse_update<>, Policies...>;
    using names = typename update_fault<N, update>::type;
    using rows = typename otherwise<names, rows_fault, N, update>::type;
    using type = typename otherwise<rows, blocks_fault, N, update>::type;
  };
  template <class N>
  struct size {
    using type = typename ordered_by<inferences<N>, Policies...>::type;
  };
  using found = typename otherwise<typename otherwise<policies, network, Net>::type, order, Net>::type;
  using type = typename otherwise<found, size, Net>::type;
};

template <class Net, class... Policies>
using chosen_inference = typename ordered_by<inferences<Net>, Policies...>::made;
template <class Net, class... Policies>
using inference_for = mp::mp_eval_if_c<is_fault<typename inference_fault<Net, Policies...>::type>, inert_inference,
                                       chosen_inference, Net, Policies...>;

}  // namespace detail

/// Inference only, of the whole network: its last softmax too. No byte and no symbol of learning is linked. (A `classifier` gives
/// labels and confidences instead.) Policies may say the order of work: layer_by_layer, row_by_row, pushed_rows or patches;
/// least_memory or recompute; memory_budget.
template <class Net, class... Policies>
struct inference : detail::inference_for<Net, Policies...> {
  static_assert(detail::reported<typename detail::inference_fault<Net, Policies...>::type>);
};

}  // namespace thimble
