// error: this layer does not take this option
// error: dense
#include "support/tiny_network.hpp"

using namespace thimble;

struct net : network<input<shape{8, 8, 1}>, dense<3, stride{2}>> {};
struct quantized_net : quantized<net, test::random_parameters<net, 1>> {};
struct learner : classifier<quantized_net> {};
learner learn;
