// A .tflite file at run time, by the reader that the compiler uses. Host only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <thimble/formats/tflite/import.hpp>

namespace thimble::tflite {

/// `model.tflite: at byte 1234: operator 3 (LSTM, code 16): not supported`
inline std::string describe(const fault& wrong, const std::string& file) {
  std::string s = file + ": at byte " + std::to_string(wrong.offset) + ": ";
  if (wrong.about == subject::file) return s + wrong.reason;
  const bool tensor = wrong.about == subject::tensor;
  s += (tensor ? "tensor " : "operator ") + std::to_string(wrong.number);
  if (wrong.code >= 0 && tensor) s += std::string(" (") + name_of_type(wrong.code) + ")";
  if (wrong.code >= 0 && !tensor)
    s += std::string(" (") + name_of_operator(wrong.code) + ", code " + std::to_string(wrong.code) + ")";
  if (wrong.kind == fault_kind::operator_unknown) return s + " is not supported";
  return s + ": " + wrong.reason;
}

/// What a file holds, and what the importer makes of it. What layers compute of shapes is not checked: that is theirs.
struct loaded {
  std::vector<unsigned char> bytes;
  int tensors = 0, operators = 0, input = -1, output = -1;
  std::vector<tensor> t;
  std::vector<operator_info> op;
  std::vector<imported_node> nodes;  ///< from the input to the output, in order of execution
  edge in, out;
};

/// The first fault of `size` bytes, and everything that can be read up to it.
template <class Byte>
fault read_into(loaded& c, const Byte* data, std::uint32_t size) {
  reader r(data, size);
  if (const fault wrong = r.check(); wrong.found()) return wrong;
  c.tensors = r.tensors();
  c.operators = r.operators();
  c.input = r.input();
  c.output = r.output();
  for (int i = 0; i < c.tensors; ++i) c.t.push_back(r.tensor_at(i));
  for (int i = 0; i < c.operators; ++i) c.op.push_back(r.operator_at(i));
  c.nodes.resize(static_cast<std::size_t>(most_nodes(c)));
  std::vector<int> node_of(static_cast<std::size_t>(c.tensors));
  imported_graph g{c.nodes.data(), node_of.data(), 0, {}, {}, {}};
  importer(c, r, g).run();
  c.nodes.resize(static_cast<std::size_t>(g.count));
  c.in = g.in;
  c.out = g.out;
  return g.wrong;
}

/// Throws std::runtime_error with what `describe` says.
inline loaded load(std::vector<unsigned char> bytes, const std::string& name) {
  loaded c;
  c.bytes = std::move(bytes);
  if (c.bytes.size() > 0x7fffffff) throw std::runtime_error(name + ": at byte 2147483647: a file ends before 2 GB");
  const fault wrong = read_into(c, c.bytes.data(), static_cast<std::uint32_t>(c.bytes.size()));
  if (wrong.found()) throw std::runtime_error(describe(wrong, name));
  return c;
}

inline loaded load(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> f(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (f == nullptr) throw std::runtime_error(path + ": cannot be opened");
  std::vector<unsigned char> bytes;
  unsigned char part[1 << 14];
  for (std::size_t got = sizeof part; got == sizeof part;) {
    got = std::fread(part, 1, sizeof part, f.get());
    bytes.insert(bytes.end(), part, part + got);
  }
  if (std::ferror(f.get()) != 0) throw std::runtime_error(path + ": cannot be read");
  return load(std::move(bytes), path);
}

}  // namespace thimble::tflite
