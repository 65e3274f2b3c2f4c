// Two hundred steps on a small network with a known rule, the same on every machine: every layer kind that learns, a residual,
// partly and wholly trained layers, a fresh head. Fits a 16 KB part.
#pragma once
#include <thimble/thimble.hpp>

#include "random_parameters.hpp"

namespace thimble::test {

// clang-format off
struct small_architecture : network<
    input<shape{10, 9, 2}>,
    conv2d<6, kernel{3}, stride{2}, relu6, name{"stem"}>,
    residual<
        conv2d<12, relu6, name{"expand"}>,
        depthwise_conv2d<relu6, name{"depthwise"}>,
        conv2d<6, name{"project"}>>,
    max_pool<kernel{2}, stride{1}, same>,
    depthwise_conv2d<kernel{5, 3}, stride{2, 1}, relu, name{"tall"}>,
    average_pool<kernel{2}, stride{1}>,
    conv2d<13, kernel{2}, valid, relu6, name{"last"}>,
    global_average_pool,
    dense<4>> {};
// clang-format on
struct small_base : quantized<small_architecture, random_parameters<small_architecture, 7>> {};
struct small_network : replace_head<small_base, dense<4, name{"head"}>> {};
struct small_update : sparse_update<biases_of_last<6>, weights<"expand">, weights<"depthwise", ratio{1, 2}>,
                                    weights<"project", ratio{1, 3}>, weights<"last", ratio{1, 2}>, weights_of_head> {};
struct small_learner : trainer<small_network, small_update, sgd> {};

/// A sample: noise, and bright stripes, lying or standing, in one of two channels: four labels.
inline int show_sample(std::uint32_t n, std::span<std::int8_t, 180> image) {
  const std::uint32_t label = hash(11, n) & 3;
  for (std::uint32_t y = 0; y < 10; ++y)
    for (std::uint32_t x = 0; x < 9; ++x)
      for (std::uint32_t c = 0; c < 2; ++c) {
        const std::uint32_t i = (y * 9 + x) * 2 + c;
        const bool bright = c == (label & 1) && ((label < 2 ? x : y) & 2) != 0;
        const int noise = static_cast<int>(hash(n + 100, i) % 100);
        image[i] = static_cast<std::int8_t>((bright ? 27 : -128) + noise);
      }
  return static_cast<int>(label);
}

/// False if a step was refused.
inline bool take_small_lesson(small_learner& learner, int steps = 200) {
  for (int i = 0; i < steps; ++i) {
    const int label = show_sample(static_cast<std::uint32_t>(i), learner.input());
    if (!learner.step(label, {.learning_rate = 0.2f}).ok()) return false;
  }
  return true;
}

}  // namespace thimble::test
