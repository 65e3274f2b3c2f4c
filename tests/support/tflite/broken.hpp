// Systematically broken variants of a sound .tflite file, for tests of error messages. Two kinds: bytes changed in the
// file, and descriptions changed before they are written.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <flatbuffers/flatbuffers.h>

#include "support/tflite/evaluate.hpp"
#include "support/tflite/model.hpp"
#include "support/tflite/read_for_test.hpp"
#include "support/tflite/schema.hpp"
#include "support/tflite/write.hpp"

namespace thimble::test::tflite {

enum class fault {
  truncated,
  identifier,
  offset,
  length,
  structure,
  code,
  type,
  shape,
  index,
  order,
  interface,
  quantization
};

struct broken_file {
  std::string name;
  fault kind;
  bytes file;
};

namespace broken {

/// Positions of things within a file, as distances from its beginning.
class places {
 public:
  explicit places(bytes& file) : file_(file) {}
  using table = flatbuffers::Table;
  const table* root() const { return flatbuffers::GetRoot<table>(file_.data()); }
  static const table* child(const table* t, schema::field f, flatbuffers::uoffset_t i) {
    return t->GetPointer<const flatbuffers::Vector<flatbuffers::Offset<table>>*>(f)->Get(i);
  }
  const table* subgraph() const { return child(root(), schema::model::subgraphs, 0); }
  std::size_t of(const void* p) const {
    return static_cast<std::size_t>(static_cast<const std::uint8_t*>(p) - file_.data());
  }
  /// Where a field of a table stands.
  std::size_t of(const table* t, schema::field f) const { return of(t->GetAddressOf(f)); }
  /// Where the length of a vector or string stands to which a field refers.
  std::size_t length(const table* t, schema::field f) const { return of(t->GetPointer<const void*>(f)); }
  void put(std::size_t at, std::uint32_t word) { std::memcpy(file_.data() + at, &word, sizeof word); }

 private:
  bytes& file_;
};

inline std::size_t first_of(const network& net, code kind) {
  std::size_t i = 0;
  while (i < net.operations.size() && net.operations[i].kind != kind) ++i;
  return i;
}

}  // namespace broken

/// All variants of a file that has a CONV_2D and at least two operators, the second reading the first's output.
inline std::vector<broken_file> broken_variants(const bytes& sound) {
  using broken::places;
  std::vector<broken_file> all;

  // ---- bytes

  for (const std::size_t size :
       {std::size_t{0}, std::size_t{3}, std::size_t{7}, std::size_t{8}, std::size_t{40}, sound.size() / 4,
        sound.size() / 2, sound.size() * 3 / 4, sound.size() - 16, sound.size() - 1})
    all.push_back({"cut to " + std::to_string(size) + " bytes", fault::truncated,
                   bytes(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(size))});
  const auto patched = [&](std::string name, fault kind, const std::function<void(places&)>& change) {
    bytes file = sound;
    places at(file);
    change(at);
    all.push_back({std::move(name), kind, std::move(file)});
  };
  const auto end = static_cast<std::uint32_t>(sound.size());
  patched("identifier TFL2", fault::identifier, [](places& p) { p.put(4, 0x324c4654); });
  patched("no identifier", fault::identifier, [](places& p) { p.put(4, 0); });
  patched("root outside the file", fault::offset, [&](places& p) { p.put(0, end + 64); });
  patched("root at its last bytes", fault::offset, [&](places& p) { p.put(0, end - 2); });
  patched("root's vtable outside the file", fault::offset, [&](places& p) { p.put(p.of(p.root()), 0x7fffff00); });
  patched("subgraphs outside the file", fault::offset,
          [&](places& p) { p.put(p.of(p.root(), schema::model::subgraphs), end); });
  patched("buffers outside the file", fault::offset,
          [&](places& p) { p.put(p.of(p.root(), schema::model::buffers), 0xfffffff0); });
  patched("a tensor's shape outside the file", fault::offset, [&](places& p) {
    p.put(p.of(places::child(p.subgraph(), schema::subgraph::tensors, 1), schema::tensor::shape), end);
  });
  patched("tensors: a length beyond the end", fault::length,
          [&](places& p) { p.put(p.length(p.subgraph(), schema::subgraph::tensors), end); });
  patched("operators: a length of 2^32 - 1", fault::length,
          [](places& p) { p.put(p.length(p.subgraph(), schema::subgraph::operators), 0xffffffff); });
  patched("data of a buffer: a length beyond the end", fault::length, [&](places& p) {
    for (flatbuffers::uoffset_t i = 1;; ++i) {
      const auto* buffer = places::child(p.root(), schema::model::buffers, i);
      if (!buffer->CheckField(schema::buffer::data)) continue;
      p.put(p.length(buffer, schema::buffer::data), end);
      break;
    }
  });
  patched("no subgraph", fault::structure, [](places& p) { p.put(p.length(p.root(), schema::model::subgraphs), 0); });
  patched("no operators", fault::structure,
          [](places& p) { p.put(p.length(p.subgraph(), schema::subgraph::operators), 0); });
  patched("no buffers", fault::index, [](places& p) { p.put(p.length(p.root(), schema::model::buffers), 0); });
  patched("version 2", fault::structure, [](places& p) { p.put(p.of(p.root(), schema::model::version), 2); });
  patched("a code index outside the list", fault::index,
          [](places& p) { p.put(p.length(p.root(), schema::model::operator_codes), 0); });
  patched("a buffer index outside the list", fault::index, [](places& p) {
    const auto* graph = p.subgraph();
    for (flatbuffers::uoffset_t i = 0;; ++i) {
      const auto* t = places::child(graph, schema::subgraph::tensors, i);
      if (!t->CheckField(schema::tensor::buffer)) continue;
      p.put(p.of(t, schema::tensor::buffer), 100'000);
      break;
    }
  });

  // ---- descriptions

  const auto rewritten = [&](std::string name, fault kind, const std::function<void(network&)>& change) {
    network net = read(sound);
    change(net);
    all.push_back({std::move(name), kind, write(net)});
  };
  const auto conv = [](network& net) -> operation& { return net.operations.at(broken::first_of(net, code::conv_2d)); };
  const auto weights = [&](network& net) -> tensor& {
    return net.tensors.at(static_cast<std::size_t>(conv(net).inputs[1]));
  };
  const auto written = [&](network& net) -> tensor& {
    return net.tensors.at(static_cast<std::size_t>(conv(net).outputs[0]));
  };
  rewritten("operator CUSTOM", fault::code, [&](network& n) { conv(n).kind = code::custom; });
  rewritten("operator LSTM", fault::code, [&](network& n) { conv(n).kind = code::lstm; });
  rewritten("operator BROADCAST_TO", fault::code, [&](network& n) { conv(n).kind = code::broadcast_to; });
  rewritten("operator 9999", fault::code, [&](network& n) { conv(n).kind = static_cast<code>(9999); });
  rewritten("fused TANH", fault::code, [&](network& n) { conv(n).how.act = static_cast<activation>(4); });
  rewritten("float32 weights", fault::type, [&](network& n) {
    tensor& k = weights(n);
    k.type = element::float32;
    k.data.assign(k.count() * 4, 0);
  });
  rewritten("int16 activations", fault::type, [&](network& n) { written(n).type = element::int16; });
  rewritten("int64 biases", fault::type, [&](network& n) {
    tensor& bias = n.tensors.at(static_cast<std::size_t>(conv(n).inputs.at(2)));
    bias.type = element::int64;
    bias.data.assign(bias.count() * 8, 0);
  });
  rewritten("an unknown type", fault::type, [&](network& n) { written(n).type = static_cast<element>(77); });
  rewritten("an output of the wrong height", fault::shape, [&](network& n) { written(n).shape.at(1) += 1; });
  rewritten("an output of the wrong depth", fault::shape, [&](network& n) { written(n).shape.at(3) += 1; });
  rewritten("an output of rank 3", fault::shape, [&](network& n) { written(n).shape.pop_back(); });
  rewritten("a negative size", fault::shape, [&](network& n) { written(n).shape.at(1) = -1; });
  rewritten("a size of 0", fault::shape, [&](network& n) { written(n).shape.at(2) = 0; });
  rewritten("an input deeper than the weights", fault::shape, [&](network& n) { weights(n).shape.at(3) += 1; });
  rewritten("weights one byte short", fault::shape, [&](network& n) { weights(n).data.pop_back(); });
  rewritten("weights without data", fault::shape, [&](network& n) { weights(n).data.clear(); });
  rewritten("one bias too few", fault::shape, [&](network& n) {
    tensor& bias = n.tensors.at(static_cast<std::size_t>(conv(n).inputs.at(2)));
    bias.shape = {bias.shape.at(0) - 1};
    bias.data.resize(bias.data.size() - 4);
  });
  rewritten("stride 0", fault::shape, [&](network& n) { conv(n).how.stride.w = 0; });
  rewritten("dilation 0", fault::shape, [&](network& n) { conv(n).how.dilation.h = 0; });
  rewritten("padding 2", fault::structure, [&](network& n) { conv(n).how.pad = static_cast<padding>(2); });
  rewritten("an input that is no tensor", fault::index,
            [&](network& n) { conv(n).inputs[0] = static_cast<int>(n.tensors.size()); });
  rewritten("an input of -1", fault::index, [&](network& n) { conv(n).inputs[0] = -1; });
  rewritten("an input of -7", fault::index, [&](network& n) { conv(n).inputs[0] = -7; });
  rewritten("an output that is no tensor", fault::index, [&](network& n) { conv(n).outputs[0] = 1'000'000; });
  rewritten("no inputs of an operator", fault::index, [&](network& n) { conv(n).inputs.clear(); });
  rewritten("no output of an operator", fault::index, [&](network& n) { conv(n).outputs.clear(); });
  rewritten("the network's output is no tensor", fault::index, [](network& n) { n.outputs = {-1}; });
  rewritten("the network's input is no tensor", fault::index,
            [](network& n) { n.inputs = {static_cast<int>(n.tensors.size())}; });
  rewritten("operators in the wrong order", fault::order,
            [](network& n) { std::swap(n.operations.at(0), n.operations.at(1)); });
  rewritten("an operator reads what it writes", fault::order,
            [&](network& n) { conv(n).inputs[0] = conv(n).outputs[0]; });
  rewritten("a cycle of two operators", fault::order,
            [](network& n) { n.operations.at(0).inputs.at(0) = n.operations.at(1).outputs.at(0); });
  rewritten("one tensor written twice", fault::order, [](network& n) { n.operations.push_back(n.operations.back()); });
  rewritten("a constant is written", fault::order,
            [&](network& n) { n.operations.back().outputs[0] = conv(n).inputs[1]; });
  rewritten("the input is written", fault::order, [](network& n) { n.operations.back().outputs[0] = n.inputs[0]; });
  rewritten("nobody writes the output", fault::order, [](network& n) {
    n.tensors.push_back(n.tensors.at(static_cast<std::size_t>(n.outputs[0])));
    n.outputs[0] = static_cast<int>(n.tensors.size()) - 1;
  });
  rewritten("two inputs", fault::interface, [](network& n) {
    n.tensors.push_back(n.tensors.at(static_cast<std::size_t>(n.inputs[0])));
    n.inputs.push_back(static_cast<int>(n.tensors.size()) - 1);
  });
  rewritten("two outputs", fault::interface, [](network& n) { n.outputs.push_back(n.operations.at(0).outputs.at(0)); });
  rewritten("no input", fault::interface, [](network& n) { n.inputs.clear(); });
  rewritten("no output", fault::interface, [](network& n) { n.outputs.clear(); });
  rewritten("no quantization of an activation", fault::quantization, [&](network& n) { written(n).quantized = {}; });
  rewritten("no zero points", fault::quantization, [&](network& n) { written(n).quantized.zero_points.clear(); });
  rewritten("scale 0", fault::quantization, [&](network& n) { written(n).quantized.scales = {0}; });
  rewritten("a negative scale", fault::quantization, [&](network& n) { weights(n).quantized.scales.at(0) = -0.01f; });
  rewritten("an infinite scale", fault::quantization, [&](network& n) { written(n).quantized.scales = {1.0f / 0.0f}; });
  rewritten("zero point 200", fault::quantization, [&](network& n) { written(n).quantized.zero_points = {200}; });
  rewritten("weights with a zero point", fault::quantization,
            [&](network& n) { weights(n).quantized.zero_points.at(0) = 3; });
  rewritten("one scale too few", fault::quantization, [&](network& n) {
    weights(n).quantized.scales.pop_back();
    weights(n).quantized.zero_points.pop_back();
  });
  rewritten("scales along another axis", fault::quantization, [&](network& n) { weights(n).quantized.dimension = 2; });
  return all;
}

}  // namespace thimble::test::tflite
