// The input channels of a layer with the largest weights, chosen by the compiler from the weights in flash.
#pragma once
#include <bit>
#include <cstdint>

#include <thimble/network/parameters.hpp>
#include <thimble/network/weight_blocks.hpp>

namespace thimble {

/// The sum over outputs o and taps of s_w[o] * |w|, of each channel; rows are added in their order.
template <class Net, int Node>
struct channel_magnitudes {
  using values = node_values<Net, Node>;
  static constexpr const facts& f = values::node;
  static constexpr int per_block = detail::rows_per_block(f), blocks = detail::blocks_of(f);
  struct sums {
    double v[static_cast<std::size_t>(f.weight_row)];
  };
  template <int Block>
  static constexpr sums add_block() {
    sums s{};
    if constexpr (Block > 0) s = up_to<Block - 1>;
    const int end = (Block + 1) * per_block;
    for (int r = Block * per_block; r < (end < f.weight_rows ? end : f.weight_rows); ++r)
      for (int i = 0; i < f.weight_row; ++i) {
        const int at = r * f.weight_row + i, w = values::weight(at);
        s.v[i] += values::weight_scale(values::layer_type::output_of_weight(f, at)) * (w < 0 ? -w : w);
      }
    return s;
  }
  /// Of the rows up to a block's last.
  template <int Block>
  static constexpr sums up_to = add_block<Block>();
  static constexpr const sums& of = up_to<blocks - 1>;
};

/// The channels of a layer in the order of their places: the Count with the largest weights, then the others, both ascending. Of
/// equals the lower channel is taken. Two bytes a channel in flash, with which a loop over either kind costs no comparisons.
template <class Net, int Node, int Count>
struct largest_channels {
  static constexpr int channels = node_values<Net, Node>::node.weight_row;
  static_assert(Count <= channels && channels <= 65536, "thimble: channels are numbered with 16 bits");

  struct table {
    std::uint16_t v[static_cast<std::size_t>(channels)];
  };
  static constexpr table order = [] {
    const auto bits = [](int c) { return std::bit_cast<std::uint64_t>(channel_magnitudes<Net, Node>::of.v[c]); };
    const auto count_from = [&](std::uint64_t least) {
      int n = 0;
      for (int c = 0; c < channels; ++c) n += bits(c) >= least ? 1 : 0;
      return n;
    };
    // Values that are not negative are ordered as their bits, in which the border is found by bisection: Count channels or more
    // lie at or above `low`, fewer at or above `high`.
    std::uint64_t low = 0, high = std::bit_cast<std::uint64_t>(1e308);
    for (int from_low = channels; from_low != Count && high - low > 1;) {
      const std::uint64_t middle = low + (high - low) / 2;
      if (const int n = count_from(middle); n >= Count)
        low = middle, from_low = n;
      else
        high = middle;
    }
    table t{};
    int between = Count - count_from(high), next = 0, other = Count;
    for (int c = 0; c < channels; ++c) {
      const bool is_taken = bits(c) >= high || (bits(c) >= low && between-- > 0);
      t.v[is_taken ? next++ : other++] = static_cast<std::uint16_t>(c);
    }
    return t;
  }();
};

}  // namespace thimble
