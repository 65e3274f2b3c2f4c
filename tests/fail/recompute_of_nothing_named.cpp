// error: the blocks to be made again are named by their first layers
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights_of_head> {};
struct learner : trainer<test::tiny, update, recompute_blocks<>> {};
learner learn;
