// error: no layer of the network has this number
// error: no_layer_numbered<24, 4>
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights_of_head> {};
struct learner : trainer<test::tiny, update, recompute_blocks<24>> {};
learner learn;
