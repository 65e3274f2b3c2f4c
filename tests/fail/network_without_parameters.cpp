// error: this network has no parameters yet
#include "support/tiny_network.hpp"

struct learner : thimble::classifier<thimble::test::tiny_architecture> {};
learner learn;
