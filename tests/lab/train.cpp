// First half of the round trip: trains in float, quantizes, writes HEADER with the float accuracy, and the same as FILE.tflite.
// usage: train HEADER FILE.tflite
#include <cstdio>
#include <exception>
#include <string>

#include <thimble/formats/cpp_header.hpp>
#include <thimble/formats/tflite/write_network.hpp>
#include <thimble/lab/quantize.hpp>

#include "stripes.hpp"

int main(int argc, char** argv) try {
  const std::string header = argc > 1 ? argv[1] : "stripes_weights.hpp";
  const thimble::lab::dataset train = stripes(2000, 1), test = stripes(1000, 2);
  thimble::lab::float_network<stripes_network> net;
  net.initialize(1);
  thimble::lab::adam optimizer(net.parameters);
  thimble::lab::fit(net, optimizer, train, {.epochs = 6, .batch = 20, .learning_rate = 5e-3f});
  const auto quantized = thimble::lab::quantize(net, stripes(200, 3));
  thimble::formats::write_cpp_header<stripes_network>(
      header, {"stripes_int8", "stripes_network", "stripes.hpp", "stripes"}, quantized);
  thimble::tflite::write_tflite<stripes_network>(argc > 2 ? argv[2] : "stripes_file.tflite", quantized, "stripes");
  std::FILE* f = std::fopen(header.c_str(), "a");
  if (f == nullptr) return 2;
  std::fprintf(f, "\ninline constexpr double float_accuracy = %.4f;\n", thimble::lab::accuracy(net, test));
  std::fclose(f);

  // A file that cannot be written is said by name.
  try {
    thimble::formats::write_cpp_header<stripes_network>("/nowhere/x.hpp", {}, {});
    return 3;
  } catch (const std::exception& e) {
    return std::string(e.what()) == "/nowhere/x.hpp: cannot be opened for writing" ? 0 : 4;
  }
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
