// error: biases_of_last: the network has fewer layers before its head
// error: more_biases_than_layers<20, 3>
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<biases_of_last<20>, weights_of_head> {};
struct learner : trainer<test::tiny, update, sgd> {};
learner learn;
