// error: one of these policies is not known
// error: unknown_policy<(thimble::)?weights_of_head>
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights_of_head> {};
struct learner : trainer<test::tiny, update, momentum<0.9f>, weights_of_head> {};
learner learn;
int teach() { return learn.step(1, {.learning_rate = 0.02f}).predicted; }
