// error: these two policies of a trainer decide the same thing
// error: conflicting_policies<.*cross_entropy.*mean_squared_error
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights_of_head> {};
struct learner : trainer<test::tiny, update, cross_entropy, mean_squared_error> {};
learner learn;
int teach(std::span<const float, 3> target) { return learn.step(target).predicted; }
