// error: policy pushed_rows: the sample comes row by row: next_row.. and push_row..
#include <thimble/thimble.hpp>

#include "support/random_parameters.hpp"

using namespace thimble;

struct architecture : network<input<shape{6, 6, 3}>, conv2d<8>, global_average_pool, dense<4>> {};
struct net : quantized<architecture, test::random_parameters<architecture, 3>> {};
struct update : sparse_update<weights_of_head> {};
struct learner : trainer<net, update, pushed_rows> {};
learner learn;
int look() { return learn.input()[0]; }
