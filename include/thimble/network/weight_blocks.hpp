// What the compiler computes from all weights of a layer, it computes in blocks of rows.
#pragma once
#include <thimble/network/facts.hpp>

namespace thimble::detail {

/// A weighted layer's rows are followed in blocks, each its own constant, within what clang evaluates by default (a million
/// steps).
constexpr int rows_per_block(const facts& f) {
  const int rows = f.weight_row > 0 ? 16384 / f.weight_row : 1;
  return rows < 1 ? 1 : rows;
}
constexpr int blocks_of(const facts& f) {
  const int per = rows_per_block(f);
  return f.weight_rows > 0 ? (f.weight_rows + per - 1) / per : 1;
}

}  // namespace thimble::detail
