// Gradients' exponents of a large window over many channels: within what compilers evaluate by default.
#include "support/random_parameters.hpp"

#include <thimble/thimble.hpp>

using namespace thimble;

struct architecture
    : network<input<shape{2, 2, 4}>, conv2d<480, relu6>, depthwise_conv2d<kernel{7}, relu6>, conv2d<4>, dense<3>> {};
struct net : quantized<architecture, test::random_parameters<architecture, 1>> {};
struct everything : sparse_update<all_weights> {};
struct learner : trainer<net, everything, sgd> {};

outcome teach(learner& l);
outcome teach(learner& l) { return l.step(0); }
