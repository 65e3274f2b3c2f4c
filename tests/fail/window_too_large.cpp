// error: a layer cannot take the shape that it is given
// error: windows of more than 128 taps
#include "support/tiny_network.hpp"

using namespace thimble;

struct net : network<input<shape{28, 28, 1}>, conv2d<4, kernel{12}>, dense<3>> {};
struct learner : classifier<quantized<net, test::random_parameters<test::tiny_architecture, 1>>> {};
learner learn;
