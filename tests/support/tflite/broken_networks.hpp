// The files of tests/networks/broken: small, each with one thing wrong, for the compiler's messages in tests/fail.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/tflite/broken.hpp"
#include "support/tflite/builder.hpp"
#include "support/tflite/write.hpp"

namespace thimble::test::tflite {

struct named_file {
  std::string name;
  bytes file;
};

/// PAD, CONV_2D, RELU, TRANSPOSE_CONV, RESHAPE, FULLY_CONNECTED.
inline network small_network() {
  builder b(23, "small", {1, 4, 4, 2});
  int x = b.pad(b.input(), {{0, 0}, {1, 0}, {0, 1}, {0, 0}});
  x = b.relu(b.conv(x, 3, {.kernel = {3, 3}, .stride = {2, 2}, .pad = padding::valid}));
  x = b.transpose_conv(x, {1, 4, 4, 2}, {.kernel = {2, 2}, .stride = {2, 2}});
  return b.finish(b.dense(b.reshape(x, {1, 32}), 3));
}

inline std::vector<named_file> broken_networks() {
  const bytes sound = write(small_network());
  std::vector<named_file> all;
  const auto patched = [&](const char* name, auto change) {
    bytes file = sound;
    broken::places at(file);
    change(at);
    all.push_back({name, std::move(file)});
  };
  const auto changed = [&](const char* name, auto change) {
    network net = small_network();
    change(net);
    all.push_back({name, write(net)});
  };
  const auto operand = [](network& n, std::size_t operation, std::size_t which) -> tensor& {
    return n.tensors.at(static_cast<std::size_t>(n.operations.at(operation).inputs.at(which)));
  };
  all.push_back({"cut_short", bytes(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(sound.size() * 3 / 4))});
  patched("wrong_identifier", [](auto& p) { p.put(4, 0x324c4654); });  // TFL2
  patched("offset_outside",
          [&](auto& p) { p.put(p.of(p.root(), schema::model::subgraphs), static_cast<std::uint32_t>(sound.size())); });
  changed("operator_unknown", [](network& n) { n.operations.at(2).kind = static_cast<code>(28); });  // TANH NOLINT
  changed("fused_tanh", [](network& n) { n.operations.at(1).how.act = static_cast<activation>(4); });
  changed("int16_values", [&](network& n) { operand(n, 2, 0).type = element::int16; });
  changed("float32_weights", [&](network& n) {
    tensor& w = operand(n, 1, 1);
    w.type = element::float32;
    w.data.assign(w.count() * 4, 0);
  });
  changed("two_inputs", [](network& n) { n.inputs.push_back(n.operations.at(0).outputs.at(0)); });
  changed("dynamic_paddings", [&](network& n) { operand(n, 0, 1).data.clear(); });
  changed("zero_scale", [&](network& n) { operand(n, 2, 0).quantized.scales = {0}; });
  changed("wrong_shape", [&](network& n) { operand(n, 2, 0).shape.at(1) += 1; });
  return all;
}

}  // namespace thimble::test::tflite
