// What a network's output says, as the host reads it. Host only.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <thimble/network/parameters.hpp>

namespace thimble::lab {

struct answer {
  int label = 0;
  double loss = 0;  ///< cross entropy to the asked label, nats
};

/// The classes of a network's last layer, read against a label. output: logits int32 in 1 / 65,536, or int8 under the layer's scale and
/// zero point.
template <class Net>
answer answer_of(const unsigned char* output, int label) {
  constexpr const auto& graph = graph_of<Net>;
  constexpr const facts& last = graph.at[graph.owner(graph.output())];
  std::vector<double> z(static_cast<std::size_t>(last.out.size()));
  for (std::size_t i = 0; i < z.size(); ++i) {
    if constexpr (last.logits) {
      z[i] = reinterpret_cast<const std::int32_t*>(output)[i] / 65536.0;
    } else {
      constexpr quantization q = node_values<Net, graph.output()>::quantized(role::y);
      z[i] = (reinterpret_cast<const std::int8_t*>(output)[i] - q.zero_point) * static_cast<double>(q.scale);
    }
  }
  const auto best = std::max_element(z.begin(), z.end());
  double sum = 0;
  for (const double v : z) sum += std::exp(v - *best);
  return {static_cast<int>(best - z.begin()), std::log(sum) + *best - z[static_cast<std::size_t>(label)]};
}

}  // namespace thimble::lab
