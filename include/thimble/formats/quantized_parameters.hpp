// A quantized network's numbers on the host.
#pragma once
#include <cstdint>
#include <vector>

#include <thimble/tensor/quantization.hpp>

namespace thimble {

/// The numbers of a quantized network, by node and by layer number, as cpp_header.hpp writes them.
struct quantized_parameters {
  std::vector<quantization> activation;  ///< by node
  std::vector<std::vector<std::int8_t>> weight;
  std::vector<std::vector<std::int32_t>> bias;
  std::vector<std::vector<float>> weight_scale;
};

}  // namespace thimble
