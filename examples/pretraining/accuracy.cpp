// The int8 network's accuracy on Fashion-MNIST's test part. usage: pretrained_accuracy [FOLDER]
#include <cstdio>
#include <exception>
#include <string>

#include <thimble/lab/idx.hpp>
#include <thimble/thimble.hpp>

#include "../handwriting/garment_weights.hpp"

struct classifier : thimble::classifier<garments> {};
constinit classifier network;

int main(int argc, char** argv) try {
  const std::string folder = argc > 1 ? argv[1] : "/usr/share/datasets/fashion-mnist";
  const auto test =
      thimble::lab::read_labelled_images(folder + "/t10k-images-idx3-ubyte.gz", folder + "/t10k-labels-idx1-ubyte.gz");
  int right = 0;
  for (std::size_t i = 0; i < test.count; ++i) {
    auto input = network.input();
    for (std::size_t k = 0; k < input.size(); ++k) input[k] = static_cast<std::int8_t>(test.image(i)[k] - 128);
    right += network.infer().label == test.labels[i] ? 1 : 0;
  }
  std::printf("figure pretraining.accuracy_int8 %.4f fraction\n", right / static_cast<double>(test.count));
} catch (const std::exception& e) {
  std::fprintf(stderr, "pretrained_accuracy: %s\n", e.what());
  return 1;
}
