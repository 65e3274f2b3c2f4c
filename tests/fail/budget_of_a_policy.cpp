// error: the learner does not fit its budget
// error: over_memory_budget
// error: block1/depthwise
// error: forward
// error: , 200
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights_of_head> {};
struct learner : trainer<test::tiny, update, memory_budget<200>> {};
learner learn;
int teach() { return learn.step(1, {.learning_rate = 0.02f}).predicted; }
