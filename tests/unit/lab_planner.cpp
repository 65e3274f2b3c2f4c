// The lab plans for firmware with portable kernels, whatever the machine has on which it runs: examples/lab/firmware.cpp has the same
// update as a type. Compiled for AVX2, whose kernels want scratch, as list.txt says; skipped on others.
#include <doctest/doctest.h>

#include <thimble/lab/planner.hpp>
#include <thimble/thimble.hpp>

#include "../../examples/handwriting/learners.hpp"

using namespace thimble;

TEST_CASE("bytes are those of portable kernels") {
#if defined(__AVX2__)
  if (__builtin_cpu_supports("avx2")) {
    static_assert(std::is_same_v<native, x86_avx2>);
    lab::update_choice found;  // found_for_digits.hpp
    found.biases = 8;
    found.set(8, {1, 4});
    found.set(9, {1, 2});
    found.set(11, {1, 8});
    found.set(12, {1, 2});
    found.set(13, {1, 2});
    const auto f = lab::planner<digits_network>::figures_of(found);
    CHECK(f.learner == 40712);
    CHECK(f.arena == 15260);
    return;
  }
#endif
  std::puts("skipped: not for this machine");
}
