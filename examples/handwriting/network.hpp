// A small mobile-style network for 28x28 grey images: depthwise-separable blocks, two residuals.
#pragma once
#include <thimble/layers/conv2d.hpp>
#include <thimble/layers/dense.hpp>
#include <thimble/layers/depthwise_conv2d.hpp>
#include <thimble/layers/input.hpp>
#include <thimble/layers/pool.hpp>
#include <thimble/network/network.hpp>

// clang-format off
struct garment_network : thimble::network<
    thimble::input<thimble::shape{28, 28, 1}>,
    thimble::conv2d<16, thimble::kernel{3}, thimble::stride{2}, thimble::relu6, thimble::name{"stem"}>,
    thimble::conv2d<48, thimble::relu6, thimble::name{"block1/expand"}>,
    thimble::depthwise_conv2d<thimble::stride{2}, thimble::relu6, thimble::name{"block1/depthwise"}>,
    thimble::conv2d<24, thimble::name{"block1/project"}>,
    thimble::residual<
        thimble::conv2d<96, thimble::relu6, thimble::name{"block2/expand"}>,
        thimble::depthwise_conv2d<thimble::relu6, thimble::name{"block2/depthwise"}>,
        thimble::conv2d<24, thimble::name{"block2/project"}>>,
    thimble::conv2d<96, thimble::relu6, thimble::name{"block3/expand"}>,
    thimble::depthwise_conv2d<thimble::stride{2}, thimble::relu6, thimble::name{"block3/depthwise"}>,
    thimble::conv2d<40, thimble::name{"block3/project"}>,
    thimble::residual<
        thimble::conv2d<160, thimble::relu6, thimble::name{"block4/expand"}>,
        thimble::depthwise_conv2d<thimble::relu6, thimble::name{"block4/depthwise"}>,
        thimble::conv2d<40, thimble::name{"block4/project"}>>,
    thimble::conv2d<96, thimble::relu6, thimble::name{"last"}>,
    thimble::average_pool<thimble::kernel{2}>,
    thimble::dense<10, thimble::name{"head"}>> {};
// clang-format on
