// The same network with a head that learns: what must not be in inference.cpp's image is here, so the check can fail.
#include <thimble/firmware/semihosting.hpp>

#include "../../examples/handwriting/learners.hpp"

constinit sparse_learner learner;

int main() {
  for (std::int8_t& p : learner.input()) p = -128;
  const auto result = learner.step(3);
  thimble::firmware::print("loss ", thimble::firmware::fixed{result.loss.bits * 100 >> 16, 2}, "\n");
  return result.ok() ? 0 : 1;
}
