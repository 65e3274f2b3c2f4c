// error: policy patches: .*32767 pixels wide
// error: sample_cannot_be_patched<.*conv2d
#include <thimble/thimble.hpp>

#include "support/random_parameters.hpp"

using namespace thimble;

struct architecture : network<input<shape{1, 40000, 1}>, conv2d<4, kernel{1, 3}, stride{1, 2}>,
                              conv2d<8, kernel{1, 3}, stride{1, 2}>, global_average_pool, dense<4>> {};
struct net : quantized<architecture, test::random_parameters<architecture, 3>> {};
struct user : inference<net, patches<4>> {};
user run;
int label() { return run.infer()[0]; }
