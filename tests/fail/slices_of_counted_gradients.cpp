// error: least_memory and recompute make the backward pass by slices
// error: policy_without_slices<.*(count_saturation.*recompute|recompute.*count_saturation)
#include <thimble/thimble.hpp>

#include "support/random_parameters.hpp"

using namespace thimble;

struct architecture : network<input<shape{6, 6, 3}>, conv2d<8>, global_average_pool, dense<4>> {};
struct net : quantized<architecture, test::random_parameters<architecture, 3>> {};
struct update : sparse_update<weights_of_head> {};
struct learner : trainer<net, update, count_saturation, recompute> {};
learner learn;
int teach() { return learn.step(1, {.learning_rate = 0.02f}).predicted; }
