// Losses. A loss is the last node: it makes no tensor, and begins the gradient. It reads logits, accumulators in Q15.16, if the
// layer before it can give them; else stored values, as the network's output is.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/softmax.hpp>
#include <thimble/kernels/squared_error.hpp>
#include <thimble/network/graph.hpp>

namespace thimble {

namespace detail {

/// Bits of the largest gradient that a loss makes: all of int16 where the layer before scales what goes on; as the body's
/// exponents expect it (entry_variance) else.
template <class At>
inline constexpr int bits_of_loss = At::reads_entry ? 15 : 13;

template <class At>
THIMBLE_INLINE void begin(At at, int exponent, std::int32_t loss) {
  if constexpr (At::reads_entry)
    at.begin_gradient(exponent, {loss});
  else
    at.begin_body(exponent, {loss});
}

/// Stored values of an input as Q15.16.
template <class At, role R>
THIMBLE_INLINE void reals_of(const std::int8_t* x, std::int32_t* y) {
  kernels::run(kernels::reals_args{x, At::zero(R), scale_factor(At::real_scale(R)), y, At::node.in.size()});
}

}  // namespace detail

/// Any loss, of the stored int8 outputs as the file's network gives them.
template <class Loss>
struct of_stored : Loss {
  static constexpr void complete(facts& f) {
    Loss::complete(f);
    f.reads_stored = true;
  }
};

/// -log softmax(logits)[label]. Its gradient is p - onehot.
struct cross_entropy {
  static constexpr bool classifies = true, folds_softmax = true;

  struct rule {
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
      auto* scratch = reinterpret_cast<std::int32_t*>(at.scratch());
      const std::int32_t* z = at.logits_in();
      multiplier scale{};
      if constexpr (!At::reads_logits) {
        detail::reals_of<At, role::x0>(at.x0(), scratch);
        z = scratch;
        scale = scale_factor(At::real_scale(role::x0));
      }
      kernels::run(kernels::cross_entropy_args{z, At::node.in.size(), at.label(), scratch, scale,
                                               detail::bits_of_loss<At>, at.dx0(), &exponent, &loss});
      detail::begin(at, exponent, loss);
    }
  };

  using forward = mp::mp_list<>;
  using gradient = mp::mp_list<rule>;
  static constexpr void complete(facts& f) {
    f.kind = "cross_entropy";
    f.out = f.in;
    f.is_loss = true;
  }
};

namespace detail {

/// mean (y - t)^2, its gradient 2 (y - t) / n. FromSample: t is the network's own input, as real values; else it is given.
template <bool FromSample>
struct squared_error_rule {
  static constexpr uses describe(const facts& f) {
    return {.reads = {role::x0, FromSample ? role::x1 : role::none},
            .writes = {role::dx0},
            .modifies = role::none,
            .scratch = 4 * f.in.size(),
            .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr int n = At::node.in.size();
    int exponent = 0;
    std::int32_t loss = 0;
    auto* difference = reinterpret_cast<std::int32_t*>(at.scratch());
    if constexpr (At::reads_logits) {
      const std::int32_t* y = at.logits_in();
      for (int i = 0; i < n; ++i) difference[i] = y[i];
    } else {
      reals_of<At, role::x0>(at.x0(), difference);
    }
    constexpr multiplier x_scale = FromSample ? scale_factor(At::real_scale(role::x1)) : multiplier{};
    for (int i = 0; i < n; ++i) {
      std::int32_t t;
      if constexpr (FromSample)
        t = kernels::real_of_stored(at.x1()[i], At::zero(role::x1), x_scale);
      else
        t = kernels::real_of_float(at.target()[i]);
      difference[i] = saturate<std::int32_t>(std::int64_t{difference[i]} - t);
    }
    constexpr multiplier scale = scale_factor(2.0 / n * (At::reads_logits ? 1.0 : At::real_scale(role::x0)));
    kernels::run(kernels::squared_error_args{difference, n, scale, bits_of_loss<At>, at.dx0(), &exponent, &loss});
    detail::begin(at, exponent, loss);
  }
};

}  // namespace detail

/// The mean over all outputs of (y - target)^2, in real units; step() takes the target.
struct mean_squared_error {
  static constexpr bool classifies = false;
  using forward = mp::mp_list<>;
  using gradient = mp::mp_list<detail::squared_error_rule<false>>;
  static constexpr void complete(facts& f) {
    f.kind = "mean_squared_error";
    f.out = f.in;
    f.is_loss = true;
  }
};

/// The mean squared error to the sample itself: an autoencoder learns. The sample stays in the arena for it.
struct reconstruction_error {
  static constexpr bool classifies = false, reads_sample = true;
  using forward = mp::mp_list<>;
  using gradient = mp::mp_list<detail::squared_error_rule<true>>;
  static constexpr void complete(facts& f) {
    f.kind = "reconstruction_error";
    f.out = f.in;
    f.is_loss = true;
    f.reject(f.in.size() != f.in1.size(), "an autoencoder must end with as many values as it takes");
  }
};

namespace detail {

template <class Net, int Node>
using layer_at = typename mp::mp_at_c<typename Net::nodes, static_cast<std::size_t>(Node)>::layer;

/// What a loss reads of Net: the last node; or, where the loss is that of probabilities, what a last softmax (behind views or
/// not) reads, which is dropped.
template <class Net, class Loss>
inline constexpr int read_by_loss = [] {
  constexpr const auto& g = graph_of<Net>;
  constexpr int made = g.owner(g.size - 1);
  if constexpr (requires { Loss::folds_softmax; } && requires { layer_at<Net, made>::folds_into_loss; })
    return layer_at<Net, made>::folds_into_loss ? g.at[made].inputs[0] : g.size - 1;
  else
    return g.size - 1;
}();

template <class Loss, int Last>
struct node_of_loss {
  using type = node<Loss, Last>;
};
template <class Loss, int Last>
  requires(Loss::reads_sample)
struct node_of_loss<Loss, Last> {
  using type = node<Loss, Last, 0>;
};

}  // namespace detail

/// Net with its loss as the last node.
template <class Net, class Loss>
struct with_loss {
  static constexpr int read = detail::read_by_loss<Net, Loss>;
  using nodes = mp::mp_push_back<mp::mp_take_c<typename Net::nodes, static_cast<std::size_t>(read) + 1>,
                                 typename detail::node_of_loss<Loss, read>::type>;
  using parameters = typename Net::parameters;
  using fault = fault_of<Net>;
};

}  // namespace thimble
