// What tells learners apart: hashes of the network, of what may learn, of how; and the check sum of what was learnt.
#pragma once
#include <bit>
#include <concepts>
#include <cstdint>
#include <span>
#include <utility>

#include <thimble/training/backward.hpp>
#include <thimble/training/largest_channels.hpp>

namespace thimble::detail {

/// FNV-1a over 32-bit words.
struct hash {
  std::uint32_t v = 2166136261u;
  template <std::integral Word>
  constexpr void mix(Word word) {
    for (int i = 0; i < 32; i += 8) v = (v ^ (static_cast<std::uint32_t>(word) >> i & 0xFF)) * 16777619u;
  }
  constexpr void mix(float f) { mix(std::bit_cast<std::uint32_t>(f)); }
  constexpr void mix(const char* s) {
    for (; *s != 0; ++s) v = (v ^ static_cast<unsigned char>(*s)) * 16777619u;
  }
};

/// One node's shapes, window, quantization, weight scales, biases, and of its weights as many as the compiler may look at: up to
/// 1,024, evenly spread.
template <class Net, int Node>
inline constexpr std::uint32_t identity_of_node = [] {
  using values = node_values<Net, Node>;
  const facts& f = values::node;
  hash h;
  h.mix(f.kind);
  for (const int v : f.inputs) h.mix(v);
  for (const int v :
       {f.out.h, f.out.w, f.out.c, f.win.kernel_h, f.win.kernel_w, f.win.stride_h, f.win.stride_w, f.win.pad_top,
        f.win.pad_left, f.win.dilation_h, f.win.dilation_w, f.groups, static_cast<int>(f.act)})
    h.mix(v);
  if (!f.is_loss && !f.enters) {  // what the loss reads is stored or not, as a policy says
    const quantization q = values::quantized(role::y);
    h.mix(q.scale);
    h.mix(q.zero_point);
  }
  if constexpr (values::node.number >= 0) {
    for (int o = 0; o < f.biases; ++o) h.mix(static_cast<float>(values::weight_scale(o)));
    if constexpr (!values::has_no_bias)
      for (int o = 0; o < f.biases; ++o) h.mix(values::layer::bias[o]);
    if constexpr (!values::is_fresh)
      for (int i = 0, every = 1 + (f.weights() - 1) / 1024; i < f.weights(); i += every) h.mix(values::weight(i));
  }
  return h.v;
}();

template <class Net, int... Node>
constexpr std::uint32_t identity_of_nodes(std::integer_sequence<int, Node...>) {
  hash h;
  (h.mix(identity_of_node<Net, Node>), ...);
  return h.v;
}

/// The network without its loss, which is its last node.
template <class Net>
inline constexpr std::uint32_t identity_of_network =
    identity_of_nodes<Net>(std::make_integer_sequence<int, graph_of<Net>.size - 1>{});

/// What of one node may learn.
template <class Net, class Update, int Node>
inline constexpr std::uint32_t identity_of_marks = [] {
  constexpr const facts& f = marked<Net, Update>.at[Node];
  hash h;
  h.mix(f.trained);
  h.mix(f.bias_trained ? 1 : 0);
  if constexpr (f.selected == selection::largest)
    for (int i = 0; i < f.trained; ++i) h.mix(static_cast<int>(largest_channels<Net, Node, f.trained>::order.v[i]));
  return h.v;
}();
template <class Net, class Update, int... Node>
constexpr std::uint32_t identity_of_all_marks(std::integer_sequence<int, Node...>) {
  hash h;
  (h.mix(identity_of_marks<Net, Update, Node>), ...);
  return h.v;
}

/// What may learn, layer by layer.
template <class Net, class Update>
inline constexpr std::uint32_t identity_of_update =
    identity_of_all_marks<Net, Update>(std::make_integer_sequence<int, graph_of<Net>.size>{});

/// How it learns: the loss and all policies that change what a step does.
template <class Net, class Update>
inline constexpr std::uint32_t identity_of_policies = [] {
  constexpr const recipe& how = how_of<Update>;
  constexpr const kernels::learning_rule& rule = how.rule;
  constexpr const facts& last = graph_of<Net>.at[graph_of<Net>.size - 1];
  hash h;
  h.mix(last.kind);
  for (const bool b : {last.reads_stored, how.float_gradients, rule.stochastic, rule.shadow, rule.scales, rule.clips,
                       rule.decays, rule.has_momentum})
    h.mix(b ? 1 : 0);
  h.mix(rule.residual_bits);
  h.mix(how.accumulated);
  h.mix(how.seed);
  for (const float f : {how.momentum, how.decay, how.clip}) h.mix(f);
  return h.v;
}();

/// CRC-32 (IEEE 802.3, reflected), a nibble at a time: 64 bytes of table.
constexpr std::uint32_t crc32(std::span<const unsigned char> bytes, std::uint32_t crc = 0) {
  constexpr std::uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  crc = ~crc;
  for (const unsigned char b : bytes) {
    crc = table[(crc ^ b) & 15] ^ crc >> 4;
    crc = table[(crc ^ static_cast<std::uint32_t>(b >> 4)) & 15] ^ crc >> 4;
  }
  return ~crc;
}

}  // namespace thimble::detail
