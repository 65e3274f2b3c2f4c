// Losses. A loss is the last node: it makes no tensor, and begins the gradient.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/softmax.hpp>
#include <thimble/network/node.hpp>

namespace thimble {

/// -log softmax(logits)[label], on logits kept as accumulators in Q15.16. Its gradient is p - onehot.
struct cross_entropy {
  static constexpr bool wants_logits = true;

  struct begin {
    static constexpr uses describe(const facts& f) {
      return {.reads = {role::x0},
              .writes = {role::dx0},
              .modifies = role::none,
              .scratch = 4 * f.in.size(),
              .in_place = {}};
    }
    template <class At>
    THIMBLE_INLINE static void run(At at) {
      int exponent = 0;
      std::int32_t loss = 0;
      kernels::run(kernels::cross_entropy_args{at.logits_in(), At::node.in.size(), at.label(),
                                               reinterpret_cast<std::int32_t*>(at.scratch()), at.dx0(), &exponent,
                                               &loss});
      at.begin_gradient(exponent, {loss});
    }
  };

  using forward = mp::mp_list<>;
  using gradient = mp::mp_list<begin>;
  static constexpr void complete(facts& f) {
    f.kind = "cross_entropy";
    f.out = f.in;
  }
};

/// Net with its loss as the last node.
template <class Net, class Loss>
struct with_loss {
  using nodes =
      mp::mp_push_back<typename Net::nodes, node<Loss, static_cast<int>(mp::mp_size<typename Net::nodes>::value) - 1>>;
  using parameters = typename Net::parameters;
  using network = Net;
};

}  // namespace thimble
