// error: an inference learns nothing: of a trainer's policies it takes only the order of work
// error: policy_is_of_learning<.*stochastic_rounding<
#include "support/tiny_network.hpp"

using namespace thimble;

struct guesses : inference<test::tiny, row_by_row, stochastic_rounding<>> {};
guesses guess;
int first() { return guess.infer()[0]; }
