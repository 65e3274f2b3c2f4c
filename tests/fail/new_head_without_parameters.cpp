// error: this network has no parameters yet
#include "support/tiny_network.hpp"

using namespace thimble;

struct net : replace_head<test::tiny_architecture, dense<2>> {};
struct update : sparse_update<weights_of_head> {};
struct learner : trainer<net, update, sgd> {};
learner learn;
int classes = learner::classes;
auto bytes = learn.trained();
