// error: what may learn, seen above, is no update: write sparse_update<[.]+> around its parts
// error: not_an_update<.*all_weights
#include <thimble/thimble.hpp>

#include "support/random_parameters.hpp"

using namespace thimble;

struct architecture : network<input<shape{6, 6, 3}>, conv2d<8>, global_average_pool, dense<4>> {};
struct net : quantized<architecture, test::random_parameters<architecture, 3>> {};
struct learner : trainer<net, all_weights> {};
learner learn;
int teach() { return learn.step(1, {.learning_rate = 0.02f}).predicted; }
