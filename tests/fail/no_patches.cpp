// error: there are 1 to 64 patches along each side
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights_of_head> {};
struct learner : trainer<test::tiny, update, patches<0>> {};
learner learn;
