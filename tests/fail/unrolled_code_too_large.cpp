// error: the unrolled layer's code exceeds its budget
// error: unrolled_code<1536, 1000>
#include <thimble/network/unrolled.hpp>

#include "support/tiny_network.hpp"

using namespace thimble;

struct net : unrolled<test::tiny, "block1/expand", unrolling::full, 1000> {};
struct model : inference<net> {};
model m;
