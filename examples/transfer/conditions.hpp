// What is compared: learners of one imported network (TRANSFER_NETWORK) with a fresh head of ten classes. Their learning rates
// are in CMakeLists.txt.
#pragma once
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>
#include <thimble/training/published_schemes.hpp>

#include THIMBLE_MODEL_HEADER

namespace transfer {

using namespace thimble;  // NOLINT(google-build-using-namespace): these words are what the list below is made of

struct backbone : tflite::network<THIMBLE_MODEL> {};
struct net : replace_head<backbone, dense<10>> {};

struct head_only : sparse_update<weights_of_head> {};
struct last_biases : sparse_update<biases_of_last<20>, weights_of_head> {};
struct scheme_49 : published::TRANSFER_SCHEME_49 {};
struct scheme_74 : published::TRANSFER_SCHEME_74 {};
struct scheme_99 : published::TRANSFER_SCHEME_99 {};
/// The 49 KB scheme with the channels of the largest |W| in place of the first.
struct scheme_49_largest : scheme_49 {
  template <class Net>
  static constexpr auto apply() {
    auto g = scheme_49::apply<Net>();
    for (facts& f : g.at)
      if (0 < f.trained && f.trained < f.weight_row) f.selected = selection::largest;
    return g;
  }
};

/// The learner is made only where it is asked for: each compilation has one.
template <class Update, class... Policies>
struct condition_of {
  struct learner : trainer<net, Update, Policies...> {};
};

// What may learn
struct classifier_only : condition_of<head_only> {};
struct biases_of_20 : condition_of<last_biases> {};
struct kb49 : condition_of<scheme_49> {};  // the default: 8-bit residual, int16 gradients, int32 logits, scaling
struct kb74 : condition_of<scheme_74> {};
struct kb99 : condition_of<scheme_99> {};
struct kb49_largest : condition_of<scheme_49_largest> {};
// How it learns, under the 49 KB scheme
struct kb49_float_shadow_float_gradients : condition_of<scheme_49, float_shadow, float_gradients> {};
struct kb49_float_gradients : condition_of<scheme_49, float_gradients> {};
struct kb49_float_shadow : condition_of<scheme_49, float_shadow> {};
struct kb49_residual4 : condition_of<scheme_49, residual_bits<4>> {};
struct kb49_stochastic : condition_of<scheme_49, stochastic_rounding<>> {};
struct kb49_nearest : condition_of<scheme_49, nearest_rounding> {};
struct kb49_stored_logits : condition_of<scheme_49, stored_logits> {};
struct kb49_momentum : condition_of<scheme_49, momentum<0.9f>> {};
struct kb49_without_scaling : condition_of<scheme_49, no_scaling> {};

}  // namespace transfer
