// error: a layer cannot take the shape that it is given
// error: the loss needs a dense layer
#include "support/tiny_network.hpp"

using namespace thimble;

struct net : network<input<shape{8, 8, 1}>, conv2d<4>, global_average_pool> {};
struct quantized_net : quantized<net, test::random_parameters<net, 1>> {};
struct learner : classifier<quantized_net> {};
learner learn;
