// A float network trained here, quantized after training, written as a C++ header and as .tflite. With check.cpp it says what that costs.
// usage: quantize DATA TRAIN TEST EPOCHS HEADER FILE.tflite      (DATA as in data.hpp)
#include <cstdio>
#include <exception>

#include <thimble/formats/cpp_header.hpp>
#include <thimble/formats/tflite/write_network.hpp>
#include <thimble/lab/quantize.hpp>

#include "../handwriting/network.hpp"
#include "options.hpp"

namespace {

namespace lab = thimble::lab;

/// Pixels as real values in [0, 1].
lab::dataset reals(const lab::picture_set& from, const std::vector<std::size_t>& chosen) {
  lab::dataset d;
  for (const std::size_t i : chosen) {
    const auto pixels = from[i];
    const auto p = lab::fitted({from.height, from.width, from.channels, {pixels.begin(), pixels.end()}}, {28, 28, 1});
    auto& sample = d.samples.emplace_back();
    for (const std::uint8_t v : p.pixels) sample.push_back(static_cast<float>(v) / 255);
    d.labels.push_back(from.labels[i]);
  }
  return d;
}

}  // namespace

int main(int count, char** words) try {
  if (count != 7) throw std::invalid_argument("usage: quantize DATA TRAIN TEST EPOCHS HEADER FILE.tflite");
  using bench::options;
  const auto pictures = bench::read_pictures(words[1], 10);
  const auto parts = lab::split(
      pictures.count,
      {options::number_of<std::size_t>(words[2], "TRAIN"), options::number_of<std::size_t>(words[3], "TEST")}, 1);
  const auto train = reals(pictures, parts[0]), test = reals(pictures, parts[1]);
  lab::float_network<garment_network> net;
  net.initialize(1);
  lab::adam optimizer(net.parameters);
  lab::fit(net, optimizer, train,
           {.epochs = options::number_of<int>(words[4], "EPOCHS"), .batch = 16, .learning_rate = 3e-3f});
  lab::dataset some;  // for the ranges of activations
  for (std::size_t i = 0; i < train.size() && some.samples.size() < 500; ++i) some.samples.push_back(train.samples[i]);
  const auto quantized = lab::quantize(net, some);
  const std::string header = words[5];
  thimble::formats::write_cpp_header<garment_network>(
      header,
      {"quantized_here", "garment_network", "network.hpp", std::string("garment_network, trained on ") + words[1]},
      quantized);
  thimble::tflite::write_tflite<garment_network>(words[6], quantized, words[1]);
  std::FILE* f = std::fopen(header.c_str(), "a");
  if (f == nullptr) throw std::runtime_error(header + ": cannot be opened for writing");
  std::fprintf(f, "\ninline constexpr double float_accuracy = %.6f;\n", lab::accuracy(net, test));
  std::fclose(f);
} catch (const std::exception& e) {
  std::fprintf(stderr, "quantize: %s\n", e.what());
  return 1;
}
