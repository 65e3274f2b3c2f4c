// error: policy patches: the first layer, seen above, learns or cannot make part of its output
// error: sample_cannot_be_patched<.*conv2d
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<all_weights> {};
struct learner : trainer<test::tiny, update, patches<2>> {};
learner learn;
int teach() {
  learn.take_sample([](int, int, int, std::int8_t*) {});
  return learn.step(1, {.learning_rate = 0.02f}).predicted;
}
