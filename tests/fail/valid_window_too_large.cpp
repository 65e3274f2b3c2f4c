// error: a layer cannot take the shape that it is given
// error: layer_cannot_take
// error: conv2d
// error: squeeze
// error: shape{ ?{?8, 8, 1
// error: the window is larger than its
#include "support/tiny_network.hpp"

using namespace thimble;

struct net : network<input<shape{8, 8, 1}>, conv2d<4, kernel{9}, valid, name{"squeeze"}>, dense<3>> {};
struct quantized_net : quantized<net, test::random_parameters<net, 1>> {};
struct learner : classifier<quantized_net> {};
learner learn;
