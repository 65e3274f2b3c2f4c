// error: the new head starts from zero, so the update must train all of it
#include "support/tiny_network.hpp"

using namespace thimble;

struct net : replace_head<test::tiny, dense<5>> {};
struct update : sparse_update<biases_of_last<2>> {};
struct learner : trainer<net, update, sgd> {};
learner learn;
