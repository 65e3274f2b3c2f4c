// error: a layer cannot take the shape that it is given
// error: a layer needs at least one output
#include "support/tiny_network.hpp"

using namespace thimble;

struct net : network<input<shape{8, 8, 1}>, conv2d<0>, dense<3>> {};
struct learner : classifier<quantized<net, test::random_parameters<test::tiny_architecture, 1>>> {};
learner learn;
