// error: a layer cannot take the shape that it is given
// error: conv2d
// error: the kernel and the stride must be
#include "support/tiny_network.hpp"

using namespace thimble;

struct net : network<input<shape{8, 8, 1}>, conv2d<4, kernel{3}, stride{0}>, dense<3>> {};
struct quantized_net : quantized<net, test::random_parameters<net, 1>> {};
struct learner : classifier<quantized_net> {};
learner learn;
