#pragma once
// Labelled samples as a network stores them, and seeded splits of them. Host only.

#include <array>
#include <numeric>
#include <random>
#include <stdexcept>

#include <thimble/lab/csv.hpp>
#include <thimble/lab/resize.hpp>
#include <thimble/sensor.hpp>

namespace thimble::lab {

/// stored: int8, {count, inputs}, in the network's input quantization.
struct sample_set {
  std::size_t inputs{};
  std::vector<std::int8_t> stored;
  std::vector<int> labels;

  [[nodiscard]] std::size_t size() const { return labels.size(); }
  [[nodiscard]] std::span<const std::int8_t> operator[](std::size_t i) const {
    return std::span{stored}.subspan(i * inputs, inputs);
  }
};

/// 0 ... count - 1 in an order that depends on the seed only (Fisher and Yates, 32 random bits modulo what is left).
inline std::vector<std::size_t> shuffled(std::size_t count, std::uint32_t seed) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937 random(seed);
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

/// Disjoint parts of 0 ... count - 1, as many of each as asked for, by a seed.
inline std::vector<std::vector<std::size_t>> split(std::size_t count, const std::vector<std::size_t>& sizes,
                                                   std::uint32_t seed) {
  const std::size_t wanted = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
  if (wanted > count)
    throw std::invalid_argument("a split into " + std::to_string(wanted) + " samples, there are " +
                                std::to_string(count));
  const auto order = shuffled(count, seed);
  std::vector<std::vector<std::size_t>> parts;
  auto at = order.begin();
  for (const std::size_t size : sizes) {
    parts.emplace_back(at, at + static_cast<std::ptrdiff_t>(size));
    at += static_cast<std::ptrdiff_t>(size);
  }
  return parts;
}

/// Pictures `chosen` of a set, resized and converted for an input of a shape, stored as put_bytes stores them.
inline sample_set samples_of(const picture_set& from, const std::vector<std::size_t>& chosen, shape input,
                             quantization q, normalization n) {
  std::array<std::int8_t, 256> stored{};
  for (int raw = 0; raw < 256; ++raw)
    stored[static_cast<std::size_t>(raw)] = quantized_value((static_cast<float>(raw) - n.mean) / n.deviation, q);
  sample_set to{static_cast<std::size_t>(input.size()), {}, {}};
  for (const std::size_t i : chosen) {
    const auto pixels = from[i];
    const picture p = fitted({from.height, from.width, from.channels, {pixels.begin(), pixels.end()}}, input);
    for (const std::uint8_t v : p.pixels) to.stored.push_back(stored[v]);
    to.labels.push_back(from.labels[i]);
  }
  return to;
}

/// Features `chosen` of a set, stored as put_real stores them.
inline sample_set samples_of(const feature_set& from, const std::vector<std::size_t>& chosen, shape input,
                             quantization q) {
  if (from.width != static_cast<std::size_t>(input.size()))
    throw std::invalid_argument("samples of " + std::to_string(from.width) + " values, the network's input has " +
                                std::to_string(input.size()));
  sample_set to{from.width, {}, {}};
  for (const std::size_t i : chosen) {
    for (std::size_t k = 0; k < from.width; ++k)
      to.stored.push_back(quantized_value(from.values[i * from.width + k], q));
    to.labels.push_back(from.labels[i]);
  }
  return to;
}

}  // namespace thimble::lab
