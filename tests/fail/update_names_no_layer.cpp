// error: no layer of the network has this name
// error: blok1/expand
// error: did_you_mean.*block1/expand
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights<"blok1/expand">, weights_of_head> {};
struct learner : trainer<test::tiny, update, sgd> {};
learner learn;
