// error: a new head is one layer with weights
// error: new_head_layers_with_weights<2>
#include "support/tiny_network.hpp"

using namespace thimble;

struct net : replace_head<test::tiny, dense<5, relu>, dense<2>> {};
struct update : sparse_update<weights_of_head> {};
struct learner : trainer<net, update, sgd> {};
learner learn;
