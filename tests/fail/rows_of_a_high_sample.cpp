// error: policy pushed_rows: .*more than 4096 rows high
// error: rows_cannot_be_pushed<.*conv2d
#include <thimble/thimble.hpp>

#include "support/random_parameters.hpp"

using namespace thimble;

struct architecture : network<input<shape{5000, 6, 3}>, conv2d<4, kernel{3}, stride{2}>,
                              conv2d<8, kernel{3}, stride{2}>, global_average_pool, dense<4>> {};
struct net : quantized<architecture, test::random_parameters<architecture, 3>> {};
struct user : inference<net, pushed_rows> {};
user run;
int label() { return run.infer()[0]; }
