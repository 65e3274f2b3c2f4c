// error: no layer of the network has this number
// error: no_layer_numbered<24, 4>
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights<24>, weights_of_head> {};
struct learner : trainer<test::tiny, update, sgd> {};
learner learn;
