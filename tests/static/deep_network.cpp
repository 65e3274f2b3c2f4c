// A hundred and thirty nodes, all of them learning: planned within what compilers evaluate by default.
#include "support/random_parameters.hpp"

#include <thimble/thimble.hpp>

using namespace thimble;

template <int N>
struct bottleneck : residual<conv2d<12, relu6>, depthwise_conv2d<relu6>, conv2d<4>, conv2d<12, relu6>,
                             depthwise_conv2d<relu6>, conv2d<4>> {};

template <class>
struct deep;
template <int... N>
struct deep<std::integer_sequence<int, N...>> : network<input<shape{4, 4, 4}>, bottleneck<N>..., dense<3>> {};

struct architecture : deep<std::make_integer_sequence<int, 18>> {};
struct net : quantized<architecture, test::random_parameters<architecture, 1>> {};
struct everything : sparse_update<all_weights> {};
struct learner : trainer<net, everything, sgd> {};
static_assert(learner::nodes == 129);
static_assert(learner::plan.peak <= learner::plan.lower_bound + learner::plan.lower_bound / 20);
