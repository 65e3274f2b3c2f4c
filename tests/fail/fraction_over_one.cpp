// error: a fraction of channels lies above 0 and at most at 1
// error: fraction_of_channels<5, 4>
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights<"block1/expand", ratio{5, 4}>, weights_of_head> {};
struct learner : trainer<test::tiny, update, sgd> {};
learner learn;
