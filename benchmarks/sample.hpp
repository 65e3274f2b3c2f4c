// The sample that programs without files show: noise, the same each time. What a network costs hardly depends on it.
#pragma once
#include <cstdint>

namespace thimble::benchmark {

template <class Span>
void show_noise(Span to) {
  std::uint32_t state = 1;
  for (std::int8_t& v : to) {
    state = state * 1664525u + 1013904223u;
    v = static_cast<std::int8_t>(state >> 24);
  }
}

}  // namespace thimble::benchmark
