// error: step
// error: (trains|constraint)
#include "support/tiny_network.hpp"

struct learner : thimble::classifier<thimble::test::tiny> {};
int main() {
  learner learn;
  return learn.step(0).ok() ? 0 : 1;
}
