// error: these two policies of a trainer decide the same thing
// error: conflicting_policies<.*stochastic_rounding<.*residual_bits<4>
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights_of_head> {};
struct learner : trainer<test::tiny, update, stochastic_rounding<>, count_saturation, residual_bits<4>> {};
learner learn;
int teach() { return learn.step(1, {.learning_rate = 0.02f}).predicted; }
