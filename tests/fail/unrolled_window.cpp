// error: a layer cannot take the shape that it is given
// error: only pointwise convolutions
#include <thimble/network/unrolled.hpp>

#include "support/tiny_network.hpp"

using namespace thimble;

struct net : unrolled<test::tiny, "stem", unrolling::full, 100000> {};
struct model : inference<net> {};
model m;
