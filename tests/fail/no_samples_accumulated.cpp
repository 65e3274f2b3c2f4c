// error: at least one sample is accumulated
// error: accumulate<0>
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights_of_head> {};
struct learner : trainer<test::tiny, update, accumulate<0>> {};
learner learn;
int teach() { return learn.step(1, {.learning_rate = 0.02f}).predicted; }
