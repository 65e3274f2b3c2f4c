// Second half: the exported header, compiled; int8 and float accuracy differ by at most a point. The .tflite of the same numbers, read by
// the compiler, infers the same: every int8 output of every sample.
#include <cstdio>

#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "stripes_file.hpp"
#include "stripes_weights.hpp"

struct classifier : thimble::classifier<stripes_int8> {};
constinit classifier network;

struct imported : thimble::tflite::network<stripes_file> {};
struct from_file : thimble::inference<imported> {};
struct from_header : thimble::inference<stripes_int8> {};
constinit from_file file;
constinit from_header header;

int main() {
  const auto test = stripes(1000, 2);
  const auto q = stripes_int8_parameters::activation[0];
  int right = 0, apart = 0;
  for (std::size_t i = 0; i < test.size(); ++i) {
    auto input = network.input();
    for (std::size_t k = 0; k < input.size(); ++k) {
      const long v = std::lround(test.samples[i][k] / q.scale) + q.zero_point;
      input[k] = static_cast<std::int8_t>(v < -128 ? -128 : v > 127 ? 127 : v);
    }
    for (std::size_t k = 0; k < input.size(); ++k) file.input()[k] = header.input()[k] = input[k];
    const auto a = file.infer(), b = header.infer();
    for (std::size_t k = 0; k < a.size(); ++k) apart += a[k] == b[k] ? 0 : 1;
    right += network.infer().label == test.labels[i] ? 1 : 0;
  }
  const double int8_accuracy = right / 1000.0;
  std::printf("float %.3f, int8 %.3f; outputs of the file that differ from the header's: %d\n", float_accuracy,
              int8_accuracy, apart);
  return apart == 0 && float_accuracy > 0.9 && int8_accuracy > float_accuracy - 0.01 ? 0 : 1;
}
