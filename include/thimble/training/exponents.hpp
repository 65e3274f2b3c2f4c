// Exponents of integer gradients, derived from the weights by the compiler.
// A gradient is q * 2^(e + k): q int16, e a constant of its tensor, k one number a step, the same for the whole body.
// The variance of each channel is followed backward from the gradient that enters the body; e leaves room for four standard
// deviations. Sums in a fixed order, comparisons instead of log and sqrt: every compiler derives the same numbers.
#pragma once
#include <thimble/network/weight_blocks.hpp>
#include <thimble/training/backward.hpp>

namespace thimble {

template <int C>
struct channel_variance {
  double v[static_cast<std::size_t>(C)]{};
  [[nodiscard]] constexpr double largest() const {
    double m = 0;
    for (double x : v)
      if (x > m) m = x;
    return m;
  }
};

namespace detail {

/// Least e with |limit| * 2^e >= four standard deviations.
constexpr int exponent_for(double variance, double limit) {
  if (!(variance > 0)) return 0;
  const double wanted = 16 * variance;
  double have = limit * limit;
  int e = 0;
  for (; have < wanted && e < 200; ++e) have *= 4;
  for (; have >= 4 * wanted && e > -200; --e) have /= 4;
  return e;
}

}  // namespace detail

/// Largest magnitude of a scaled gradient such that `terms` products with an int8 weight fit int32.
constexpr int gradient_limit(int terms) {
  const int limit = 2147483647 / (128 * (terms < 1 ? 1 : terms));
  return limit > 32767 ? 32767 : limit;
}

/// The gradient entering the body has its largest value in [2^12, 2^13), so its standard deviation is under 2^13; with many
/// values it is a third of the largest. 2^12 is between, and leaves four of it. Its exponent is zero, which the kernel that
/// scales it relies on.
inline constexpr double entry_variance = 4096.0 * 4096.0;
static_assert(detail::exponent_for(entry_variance, 32767) == 0);

/// What clamped outputs let through of a gradient's variance. In trained networks half to two thirds (measured on kws, vww,
/// person_detect, mbv2 and proxyless: 0.5 to 0.64 a layer); without it a gradient thirty layers down has three bits left.
inline constexpr double passed_by_clamps = 2.0 / 3;

template <class Net, class Update>
struct exponents {
  static constexpr const auto& g = marked<Net, Update>;
  static constexpr int nodes = g.size;

  template <int Node>
  using layer = typename mp::mp_at_c<typename Net::nodes, static_cast<std::size_t>(Node)>::layer;
  template <int Node>
  using values = node_values<Net, Node>;

  /// Channels of one input of a reader, as the reader sees it.
  template <int Reader, int Slot>
  static constexpr int channels_of = Slot == 0 ? g.at[Reader].in.c : g.at[g.at[Reader].inputs[Slot]].out.c;

  /// Whether a layer's outputs are clamped at zero, by its activation or by what int8 holds.
  template <int Node>
  static constexpr bool cuts_negatives() {
    constexpr const facts& f = g.at[Node];
    if constexpr (f.act != activation::none)
      return true;
    else if constexpr (f.biases > 0 && !f.logits)
      return values<Node>::zero(role::y) == -128;
    else
      return false;
  }

  /// What one reader adds to the variance of its input's gradient, for a block of its weights.
  template <int Reader, int Slot, int Block>
  static constexpr auto make_block() {
    constexpr const facts& f = g.at[Reader];
    channel_variance<channels_of<Reader, Slot>> r{};
    const int begin = Block * detail::rows_per_block(f), end = begin + detail::rows_per_block(f);
    layer<Reader>::template spread<values<Reader>>(of<Reader>.v, r.v, Slot, begin,
                                                   end < f.weight_rows ? end : f.weight_rows);
    if constexpr (cuts_negatives<Reader>())
      for (double& v : r.v) v *= passed_by_clamps;
    return r;
  }
  template <int Reader, int Slot, int Block>
  static constexpr auto block = make_block<Reader, Slot, Block>();

  template <int Reader, int Slot, class Into, int... Block>
  static constexpr void add_blocks(Into& to, int channels, std::integer_sequence<int, Block...>) {
    const auto add = [&](const auto& from, int n) {
      for (int c = 0; c < n; ++c) to.v[c % channels] += from.v[c] * channels / n;  // the mean over positions of a view
    };
    (add(block<Reader, Slot, Block>, channels_of<Reader, Slot>), ...);
  }

  template <int Node, int Reader, class Into>
  static constexpr void add_reader(Into& to) {
    constexpr const facts& f = g.at[Reader];
    constexpr bool enters = f.enters || (f.is_loss && !g.at[Node].enters);
    if constexpr (enters) {
      if (f.inputs[0] >= 0 && g.owner(f.inputs[0]) == Node)
        for (double& v : to.v) v += entry_variance;
    } else if constexpr (requires { &layer<Reader>::template spread<values<Reader>>; }) {
      add_slots<Node, Reader>(to, std::make_integer_sequence<int, most_inputs>{});
    }
  }
  template <int Node, int Reader, class Into, int... Slot>
  static constexpr void add_slots(Into& to, std::integer_sequence<int, Slot...>) {
    (add_slot<Node, Reader, Slot>(to), ...);
  }
  template <int Node, int Reader, int Slot, class Into>
  static constexpr void add_slot(Into& to) {
    constexpr const facts& f = g.at[Reader];
    if constexpr (f.inputs[Slot] >= 0 && g.owner(f.inputs[Slot] < 0 ? 0 : f.inputs[Slot]) == Node)
      add_blocks<Reader, Slot>(to, g.at[Node].out.c, std::make_integer_sequence<int, detail::blocks_of(f)>{});
  }

  template <int Node, int... After>
  static constexpr auto from_readers(std::integer_sequence<int, After...>) {
    channel_variance<g.at[Node].out.c> r{};
    (add_reader<Node, Node + 1 + After>(r), ...);
    return r;
  }

  /// Variance of the gradient of a node's output, by channel.
  template <int Node>
  static constexpr auto of = from_readers<Node>(std::make_integer_sequence<int, nodes - Node - 1>{});

  /// e of the gradient of a node's output; 0 for that which the loss reads, whose scale is the loss's.
  template <int Node>
  static constexpr int of_gradient = g.at[Node].enters ? 0 : detail::exponent_for(of<Node>.largest(), 32767);

  /// e of a layer's output gradient scaled per channel, before it is summed over channels.
  template <int Node, int Limit>
  static constexpr int of_scaled = [] {
    double most = 0;
    for (int o = 0; o < g.at[Node].biases; ++o) {
      const double eff = values<Node>::effective(o);
      const double v =
          (g.at[Node].enters ? 8192.0 * 8192.0 : of<Node>.v[o]) * eff * eff;  // the loss's gradient reaches 2^15
      if (v > most) most = v;
    }
    return detail::exponent_for(most, Limit);
  }();
};

}  // namespace thimble
