// A small network, and classes that its learners tell apart in a few steps: for tests of the lab.
#pragma once
#include <cstdint>
#include <random>

#include <thimble/lab/host_learner.hpp>
#include <thimble/lab/samples.hpp>
#include <thimble/thimble.hpp>

#include "../support/architectures.hpp"
#include "../support/subject.hpp"

namespace thimble::test {

struct small_net : replace_head<varied<bottleneck>, global_average_pool, dense<3>> {};

/// Three classes: which third of the values is bright.
inline lab::sample_set thirds(std::size_t count, unsigned seed) {
  lab::sample_set s{static_cast<std::size_t>(lab::host_learner<small_net>::inputs), {}, {}};
  std::mt19937 random(seed);
  for (std::size_t n = 0; n < count; ++n) {
    const auto label = static_cast<std::size_t>(random() % 3);
    for (std::size_t i = 0; i < s.inputs; ++i)
      s.stored.push_back(
          static_cast<std::int8_t>((3 * i / s.inputs == label ? 50 : -50) + static_cast<int>(random() % 100) - 50));
    s.labels.push_back(static_cast<int>(label));
  }
  return s;
}

}  // namespace thimble::test
