// error: (nodiscard|unused)
#pragma GCC diagnostic error "-Wunused-result"
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights_of_head> {};
struct learner : trainer<test::tiny, update, sgd> {};
int main() {
  learner learn;
  learn.step(0);
}
