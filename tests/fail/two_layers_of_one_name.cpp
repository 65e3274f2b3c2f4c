// error: two layers of the network have this name
// error: layers_of_one_name.*twin.*, 1, 2
#include "support/tiny_network.hpp"

using namespace thimble;

struct architecture : network<input<shape{8, 8, 1}>, conv2d<4, name{"twin"}>, conv2d<4, name{"twin"}>, dense<3>> {};
struct net : quantized<architecture, test::random_parameters<architecture, 1>> {};
struct update : sparse_update<weights<"twin">, weights_of_head> {};
struct learner : trainer<net, update, sgd> {};
learner learn;
