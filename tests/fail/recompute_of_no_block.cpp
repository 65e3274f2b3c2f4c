// error: policy recompute_blocks: with the layer numbered above begins no block that saves bytes
// error: block_cannot_be_recomputed<.*conv2d.*, 1>
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<all_weights> {};
struct learner : trainer<test::tiny, update, recompute_blocks<1>> {};
learner learn;
int teach() { return learn.step(1, {.learning_rate = 0.02f}).predicted; }
