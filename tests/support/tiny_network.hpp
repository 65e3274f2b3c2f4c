// A small quantized network that tests of the compiler's messages begin with.
#pragma once
#include <thimble/thimble.hpp>

#include "random_parameters.hpp"

namespace thimble::test {

struct tiny_architecture
    : network<input<shape{8, 8, 1}>, conv2d<4, kernel{3}, stride{2}, relu6, name{"stem"}>,
              conv2d<8, relu6, name{"block1/expand"}>, depthwise_conv2d<relu6, name{"block1/depthwise"}>,
              global_average_pool, dense<3, name{"head"}>> {};
struct tiny : quantized<tiny_architecture, random_parameters<tiny_architecture, 3>> {};

}  // namespace thimble::test
