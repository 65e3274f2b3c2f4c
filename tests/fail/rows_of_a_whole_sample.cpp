// error: rows are pushed to a learner with policy pushed_rows
#include <thimble/thimble.hpp>

#include "support/random_parameters.hpp"

using namespace thimble;

struct architecture : network<input<shape{6, 6, 3}>, conv2d<8>, global_average_pool, dense<4>> {};
struct net : quantized<architecture, test::random_parameters<architecture, 3>> {};
struct update : sparse_update<weights_of_head> {};
struct learner : trainer<net, update, row_by_row> {};
learner learn;
void show() {
  learn.next_row()[0] = 1;
  learn.push_row();
}
