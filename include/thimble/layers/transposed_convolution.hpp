// Transposed convolution: up-sampling with weights.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/transposed_convolution.hpp>
#include <thimble/layers/weighted.hpp>

namespace thimble::transposed {

/// y[p, o] = act(bias[o] + sum over taps k and inputs q with q * stride - pad + k = p of x[q, i] * w[o, k, i]). Infers only.
struct rules {
  using forward = boost::mp11::mp_list<weighted::forward<kernels::transposed_convolution_forward, false>>;
  using gradient = boost::mp11::mp_list<>;
  static constexpr void complete_weights(facts& f, int channels) {
    f.out.c = f.biases = channels;
    f.weight_rows = channels * f.win.taps();
    f.weight_row = f.in.c;
    f.fan_in = f.win.gradient_taps() * f.in.c;  // that one output sees
    f.infers_only = "its gradient is not written";
    f.reject(f.fan_in > 65793, "more than 65793 products a sum would overflow the int32 accumulator");
  }
};

}  // namespace thimble::transposed
