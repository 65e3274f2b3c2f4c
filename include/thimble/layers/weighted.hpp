// What every layer with weights shares: its steps, said once, over its kernels.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/layers/clip.hpp>
#include <thimble/layers/weighted_forward.hpp>
#include <thimble/layers/weighted_gradients.hpp>

namespace thimble::weighted {

/// Forward: save first, so that the layer itself is the input's last reader and may overwrite it. Backward: the biases first, so that
/// the input's gradient may lie over the output's if no weights learn; it reads the old weights before they do.
template <class Forward, class Backward, bool SumsChannels>
struct steps {
  using forward = boost::mp11::mp_list<keep_input, weighted::forward<Forward>>;
  using gradient = boost::mp11::mp_list<clip_by_mask, bias_gradient, input_gradient<Backward, SumsChannels>,
                                        weight_gradient<Backward, SumsChannels>>;
  static constexpr int kept_bytes(const facts& f) { return keep_input::kept_bytes(f); }
  static constexpr int terms(const facts& f) { return input_gradient<Backward, SumsChannels>::terms(f); }
};

}  // namespace thimble::weighted
