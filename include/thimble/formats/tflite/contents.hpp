// One file's tables and nodes as constants of the compiler.
#pragma once
#include <cstddef>

#include <thimble/formats/tflite/import.hpp>

namespace thimble::tflite {

/// A file is a struct as thimble_embed writes it: `data` (char or unsigned char), `size` and `name`.
template <class File>
constexpr auto open() {
  return reader(File::data, File::size);
}

template <int Tensors, int Operators>
struct contents {
  static constexpr int tensors = Tensors, operators = Operators;
  tensor t[static_cast<std::size_t>(Tensors)];
  operator_info op[static_cast<std::size_t>(Operators)];
  int input = -1, output = -1;
};

/// What is wrong with the bytes.
template <class File>
inline constexpr fault fault_of_bytes = open<File>().check();

template <class File>
inline constexpr int tensor_count = open<File>().tensors();
template <class File>
inline constexpr int operator_count = open<File>().operators();

/// Only for files without a fault.
template <class File>
inline constexpr auto contents_of = [] {
  contents<tensor_count<File>, operator_count<File>> c{};
  auto r = open<File>();
  for (int i = 0; i < c.tensors; ++i) c.t[i] = r.tensor_at(i);
  for (int i = 0; i < c.operators; ++i) c.op[i] = r.operator_at(i);
  c.input = r.input();
  c.output = r.output();
  return c;
}();

template <int Room>
struct imported {
  imported_node at[static_cast<std::size_t>(Room)];
  int count = 0;
  edge in, out;
  fault wrong;
};

template <class File>
inline constexpr auto imported_of = [] {
  constexpr const auto& c = contents_of<File>;
  imported<most_nodes(c)> made{};
  int node_of[static_cast<std::size_t>(c.tensors)]{};
  imported_graph g{made.at, node_of, 0, {}, {}, {}};
  auto r = open<File>();
  importer(c, r, g).run();
  made.count = g.count;
  made.in = g.in;
  made.out = g.out;
  made.wrong = g.wrong;
  return made;
}();

}  // namespace thimble::tflite
