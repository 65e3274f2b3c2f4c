// Plans are constants under GCC's -fsanitize=undefined too, with which list.txt says that this is compiled.
#include "support/slices_check.hpp"

namespace {

using namespace thimble;

using net = test::varied<test::wide_blocks>;
template <class... Policies>
using learner = test::learner_of<net, test::wide_weights, row_by_row, Policies...>;
static_assert(sizeof(learner<recompute>) < sizeof(learner<least_memory>));
static_assert(sizeof(learner<least_memory>) < sizeof(learner<>));

}  // namespace
