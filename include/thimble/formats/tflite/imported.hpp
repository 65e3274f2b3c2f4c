// What import makes of a file: its nodes and its edges, as values.
#pragma once
#include <thimble/formats/tflite/fault.hpp>
#include <thimble/formats/tflite/options.hpp>
#include <thimble/formats/tflite/schema.hpp>
#include <thimble/tensor/quantization.hpp>

namespace thimble::tflite {

/// How a sample enters or leaves, as the file says: int8 unless an edge was folded.
struct edge {
  tensor_type type = tensor_type::int8;
  quantization affine;  ///< of uint8 values
  friend constexpr bool operator==(const edge& a, const edge& b) {
    return a.type == b.type && a.affine.scale == b.affine.scale && a.affine.zero_point == b.affine.zero_point;
  }
};

struct imported_node {
  static constexpr int input_node = -1, constant_node = -2;
  int number = input_node;  ///< of the operator in the file
  int tensor = -1;          ///< that it makes
  int reads = 0;
  int read[most_operands]{};                     ///< nodes
  int top = 0, bottom = 0, left = 0, right = 0;  ///< a PAD folded into this convolution
  friend constexpr bool operator==(const imported_node&, const imported_node&) = default;
};

/// What import makes, in the caller's arrays.
struct imported_graph {
  imported_node* nodes;
  int* node_of;  ///< by tensor: the node that makes it, -1: none, -2 - i: the folded PAD that is operator i
  int count = 0;
  edge in, out;
  fault wrong;
  [[nodiscard]] constexpr bool takes(tensor_type t) const { return in.type == t; }
};

}  // namespace thimble::tflite
