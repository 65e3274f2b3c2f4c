// Numbers for tests of kernels: the same on every machine.
#pragma once
#include <cstdint>

namespace thimble::test {

struct random_numbers {
  std::uint32_t state;
  std::uint32_t word() {
    state = state * 1664525u + 1013904223u;
    return state >> 8 ^ state << 20;
  }
  /// In [low, high].
  int number(int low, int high) { return low + static_cast<int>(word() % static_cast<std::uint32_t>(high - low + 1)); }
  bool one_in(int n) { return number(1, n) == 1; }
};

}  // namespace thimble::test
