// error: policy patches: the sample is read where it lies, by take_sample or take_bytes
#include <cstdint>

#include <thimble/sensor.hpp>
#include <thimble/thimble.hpp>

#include "support/random_parameters.hpp"

using namespace thimble;

struct architecture : network<input<shape{8, 8, 3}>, conv2d<4, kernel{3}>, conv2d<8>, global_average_pool, dense<4>> {};
struct net : quantized<architecture, test::random_parameters<architecture, 3>> {};
struct user : inference<net, patches<2>> {};
user run;
std::uint8_t frame[8 * 8 * 3];
bool show() { return put_bytes(run, frame) == status::ok; }
