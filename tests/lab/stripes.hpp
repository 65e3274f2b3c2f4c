// A small network and a task for the round trip through the lab: stripes in four directions, noisy.
#pragma once
#include <random>
#include <vector>

#include <thimble/lab/fit.hpp>
#include <thimble/layers/conv2d.hpp>
#include <thimble/layers/dense.hpp>
#include <thimble/layers/depthwise_conv2d.hpp>
#include <thimble/layers/input.hpp>
#include <thimble/layers/pool.hpp>

// clang-format off
struct stripes_network : thimble::network<
    thimble::input<thimble::shape{12, 12, 1}>,
    thimble::conv2d<8, thimble::kernel{3}, thimble::stride{2}, thimble::relu6>,
    thimble::residual<
        thimble::conv2d<16, thimble::relu6>,
        thimble::depthwise_conv2d<thimble::relu6>,
        thimble::conv2d<8>>,
    thimble::max_pool<thimble::kernel{2}>,
    thimble::conv2d<8, thimble::kernel{3}, thimble::relu>,
    thimble::global_average_pool,
    thimble::dense<4>> {};
// clang-format on

/// Real values in [0, 1].
inline thimble::lab::dataset stripes(int count, unsigned seed) {
  std::mt19937 random(seed);
  thimble::lab::dataset data;
  for (int n = 0; n < count; ++n) {
    const int label = static_cast<int>(random() % 4), phase = static_cast<int>(random() % 4);
    std::vector<float> s;
    for (int y = 0; y < 12; ++y)
      for (int x = 0; x < 12; ++x) {
        const int along[] = {y, x, x + y, x - y + 12};
        const auto noise = static_cast<float>(random() % 1000) / 1000;
        s.push_back(0.3f * static_cast<float>((along[label] + phase) / 2 % 2) + 0.7f * noise);
      }
    data.samples.push_back(s);
    data.labels.push_back(label);
  }
  return data;
}
