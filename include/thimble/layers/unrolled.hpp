// A layer whose kernel is unrolled: what network/unrolled.hpp puts in the place of another.
#pragma once
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <thimble/kernels/unrolled_convolution.hpp>
#include <thimble/layers/weighted.hpp>

namespace thimble {

/// How much of a layer's loops is unrolled: none; the products of each output; or all of them for a pixel (two, in rows of an even
/// number), the weights as literals, of which those that are zero cost nothing.
enum class unrolling : unsigned char { none, inner, full };

namespace detail {

/// What the kernels know of a layer. Masks: whether there are any in the plan.
template <class At>
struct unrolled_constants {
  using numbers = typename At::numbers;
  static constexpr shape in = At::node.in, out = At::node.out;
  static constexpr int x_zero = At::zero(role::x0), y_zero = At::zero(role::y);
  static constexpr limits range = At::range();
  static constexpr bool masked = At::masks;
  static constexpr int weight(int i) { return numbers::weight(i); }
  static constexpr std::int32_t bias(int o) { return numbers::bias() == nullptr ? 0 : numbers::bias()[o]; }
  static constexpr multiplier scale(int o) { return quantize_multiplier(numbers::effective(o)); }
};

/// Of a layer that learns, or gives logits, the kernel is as it was.
template <class Rolled, unrolling How, class Target = native>
struct unrolled_forward {
  static constexpr bool stays(const facts& f) {
    return How == unrolling::none || f.trained > 0 || f.bias_trained || f.logits;
  }
  static constexpr uses describe(const facts& f) {
    uses u = Rolled::describe(f);
    if (stays(f)) return u;
    u.scratch = 0;
    u.in_place[0] = {role::y, role::x0, row_lag(f)};
    return u;
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    if constexpr (stays(At::node)) {
      Rolled::run(at);
    } else {
      using layer = unrolled_constants<At>;
      const kernels::unrolled_args a{at.x0(), at.weights().flash, at.y(), at.mask()};
      if constexpr (How == unrolling::full)
        kernels::convolve_unrolled<Target, layer>(a, std::make_integer_sequence<int, layer::out.c>{});
      else
        kernels::convolve_inner<Target, layer>(a, At::scale(), at.bias(),
                                               std::make_integer_sequence<int, layer::in.c>{});
    }
  }
};

template <class Layer, unrolling How>
struct unrolled_layer : Layer {
  static constexpr void complete(facts& f) {
    Layer::complete(f);
    f.reject(f.fault == nullptr && (f.win.taps() != 1 || f.win.stride_h != 1 || f.win.stride_w != 1 || f.groups != 1 ||
                                    f.weights() != f.in.c * f.out.c || f.weight_zero != 0),
             "only pointwise convolutions at stride 1 and dense layers can be unrolled");
  }
  using forward =
      boost::mp11::mp_list<weighted::keep_input, unrolled_forward<boost::mp11::mp_back<typename Layer::forward>, How>>;
};

}  // namespace detail
}  // namespace thimble
