// error: policy patches: the first layer, seen above, learns .* or a later one reads the sample too
// error: sample_cannot_be_patched<.*conv2d
#include <thimble/thimble.hpp>

#include "support/random_parameters.hpp"

using namespace thimble;

struct architecture
    : network<input<shape{5, 6, 3}>, residual<conv2d<24>, depthwise_conv2d<>, conv2d<3>>, conv2d<8>, dense<4>> {};
struct net : quantized<architecture, test::random_parameters<architecture, 3>> {};
struct update : sparse_update<weights_of_head> {};
struct learner : trainer<net, update, patches<2>> {};
learner learn;
int teach() {
  learn.take_sample([](int, int, int, std::int8_t*) {});
  return learn.step(1, {.learning_rate = 0.02f}).predicted;
}
