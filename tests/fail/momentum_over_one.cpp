// error: momentum lies in .0, 0.999., so that a velocity comes to rest
// error: momentum<1.5
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights_of_head> {};
struct learner : trainer<test::tiny, update, momentum<1.5f>> {};
learner learn;
int teach() { return learn.step(1, {.learning_rate = 0.02f}).predicted; }
