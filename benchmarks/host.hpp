// What the host's benchmark knows of a network: its layers one by one, each with what another engine needs to do the same.
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include <thimble/network/facts.hpp>
#include <thimble/tensor/limits.hpp>
#include <thimble/tensor/quantization.hpp>

namespace thimble::benchmark {

struct host_layer {
  const facts* f;
  quantization x, x1, y;
  limits range;
  const std::int8_t* weights = nullptr;
  const std::int32_t* bias = nullptr;
  std::vector<float> weight_scale;
  const std::int8_t *input = nullptr, *input1 = nullptr;  ///< where the plan has them
  const std::int8_t* output = nullptr;
  std::function<void()> forward;
};

struct host_network {
  std::string_view name;
  std::vector<host_layer> layers;   ///< in order; `forward` of all is one inference
  void (*show_sample)() = nullptr;  ///< writes an input, the same each time
  void (*infer)() = nullptr;
  bool (*step)() = nullptr;  ///< one training step under the published scheme of 49 KB
};

/// The target that the networks were compiled for.
std::string_view name_of_target();
host_network mcunet_5fps();
host_network mbv2_w035();
host_network proxyless_w03();

}  // namespace thimble::benchmark
