// error: a layer cannot take the shape that it is given
// error: more than 65793 products
#include "support/tiny_network.hpp"

using namespace thimble;

struct net : network<input<shape{260, 260, 1}>, dense<3>> {};
struct learner : classifier<quantized<net, test::random_parameters<test::tiny_architecture, 1>>> {};
learner learn;
