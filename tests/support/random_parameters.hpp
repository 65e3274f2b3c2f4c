// Parameters made by the compiler from a seed, for tests: any architecture becomes a quantized network.
#pragma once
#include <cstddef>
#include <cstdint>

#include <thimble/network/parameters.hpp>

namespace thimble::test {

template <class T, int N>
struct values {
  T v[static_cast<std::size_t>(N)]{};
};

/// A generator whose every number depends on its place only.
constexpr std::uint32_t hash(std::uint32_t seed, std::uint32_t i) {
  std::uint32_t h = seed * 0x9E3779B9u + i;
  h = (h ^ h >> 16) * 0x85EBCA6Bu;
  h = (h ^ h >> 13) * 0xC2B2AE35u;
  return h ^ h >> 16;
}
constexpr double uniform(std::uint32_t seed, std::uint32_t i) { return hash(seed, i) * 0x1p-32; }

/// Weights spread over [-127, 127]; weight scales such that outputs spread over the int8 range and some clip.
template <class Architecture, std::uint32_t Seed>
struct random_parameters {
  static constexpr const auto& g = graph_of<Architecture>;

  struct activations {
    quantization v[static_cast<std::size_t>(g.size)];
    constexpr const quantization& operator[](int n) const { return v[n]; }
  };
  static constexpr activations activation = [] {
    activations a{};
    for (int n = 0; n < g.size; ++n) {
      const facts& f = g.at[n];
      const auto i = static_cast<std::uint32_t>(n);
      if (f.act == activation::none)
        a.v[n] = {static_cast<float>(0.02 + 0.03 * uniform(Seed, i)), static_cast<int>(hash(Seed + 1, i) % 61) - 30};
      else
        a.v[n] = {6.0f / 255, -128};
    }
    return a;
  }();

  template <int Number>
  struct layer {
    static constexpr const facts& f = g.at[g.node_numbered(Number)];
    static constexpr std::uint32_t seed = Seed * 1000 + Number * 10;

    alignas(16) static constexpr values<std::int8_t, f.weights()> weights_ = [] {
      values<std::int8_t, f.weights()> w;
      for (int i = 0; i < f.weights(); ++i)
        w.v[i] = static_cast<std::int8_t>(static_cast<int>(hash(seed, static_cast<std::uint32_t>(i)) % 255) - 127);
      return w;
    }();
    static constexpr const auto& weight = weights_.v;

    static constexpr values<float, f.biases> scales_ = [] {
      values<float, f.biases> s;
      for (int o = 0; o < f.biases; ++o) {
        double fan = 1;
        while (fan * fan < f.fan_in) fan += 0.5;
        s.v[o] = static_cast<float>((0.7 + 0.6 * uniform(seed + 1, static_cast<std::uint32_t>(o))) * 0.02 / fan);
      }
      return s;
    }();
    static constexpr const auto& weight_scale = scales_.v;

    static constexpr values<std::int32_t, f.biases> biases_ = [] {
      values<std::int32_t, f.biases> b;
      for (int o = 0; o < f.biases; ++o)
        b.v[o] = static_cast<std::int32_t>(hash(seed + 2, static_cast<std::uint32_t>(o)) % 4001) - 2000;
      return b;
    }();
    static constexpr const auto& bias = biases_.v;
  };
};

}  // namespace thimble::test
