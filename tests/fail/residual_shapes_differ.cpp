// error: a layer cannot take the shape that it is given
// error: residual
// error: a residual must end with the shape
// error: 8, 8, 4
// error: 4, 4, 6
#include "support/tiny_network.hpp"

using namespace thimble;

struct net : network<input<shape{8, 8, 1}>, conv2d<4>, residual<conv2d<6, stride{2}>>, dense<3>> {};
struct quantized_net : quantized<net, test::random_parameters<net, 1>> {};
struct learner : classifier<quantized_net> {};
learner learn;
