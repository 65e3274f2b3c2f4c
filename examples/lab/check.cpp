// What quantization cost: the header's network and the .tflite's, compiled, give the same int8 outputs, whose accuracy is within a point of
// the float network's. usage: check NAME DATA TRAIN TEST
#include <cmath>
#include <cstdio>
#include <exception>

#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "options.hpp"
#include "quantized_file.hpp"
#include "quantized_here.hpp"

namespace {

namespace lab = thimble::lab;
struct imported : thimble::tflite::network<quantized_file> {};
struct from_file : thimble::inference<imported> {};
struct from_header : thimble::inference<quantized_here> {};
struct classifier : thimble::classifier<quantized_here> {
  static constexpr thimble::shape input_shape{28, 28, 1};
};
constinit from_file file;
constinit from_header header;
constinit classifier classify;

}  // namespace

int main(int count, char** words) try {
  if (count != 5) throw std::invalid_argument("usage: check NAME DATA TRAIN TEST");
  using bench::options;
  const bench::split_sizes sizes{options::number_of<std::size_t>(words[3], "TRAIN"),
                                 options::number_of<std::size_t>(words[4], "TEST"), 0, 1};
  const auto test = bench::load<classifier>(words[2], sizes, {0, 255}).held_out;
  std::size_t right = 0, apart = 0;
  for (std::size_t i = 0; i < test.size(); ++i) {
    const auto put = [&](auto to) { std::copy(test[i].begin(), test[i].end(), to.begin()); };
    put(file.input());
    put(header.input());
    put(classify.input());
    const auto a = file.infer(), b = header.infer();
    for (std::size_t k = 0; k < a.size(); ++k) apart += a[k] == b[k] ? 0u : 1u;
    right += classify.infer().label == test.labels[i] ? 1u : 0u;
  }
  const double accuracy = static_cast<double>(right) / static_cast<double>(test.size());
  std::printf("figure lab.%s.accuracy_float %.4f fraction\n", words[1], float_accuracy);
  std::printf("figure lab.%s.accuracy_int8 %.4f fraction\n", words[1], accuracy);
  std::printf("figure lab.%s.outputs_apart %zu outputs\n", words[1], apart);
  return apart == 0 && std::fabs(accuracy - float_accuracy) <= 0.01 ? 0 : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "check: %s\n", e.what());
  return 1;
}
