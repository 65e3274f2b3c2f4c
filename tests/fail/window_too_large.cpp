// error: nothing can learn at or before a layer that only infers
// error: a window of more than 128 taps
#include "support/tiny_network.hpp"

using namespace thimble;

struct net : network<input<shape{28, 28, 1}>, conv2d<4, kernel{12}>, dense<3>> {};
struct update : sparse_update<all_weights> {};
struct learner : trainer<quantized<net, test::random_parameters<net, 1>>, update> {};
learner learn;
