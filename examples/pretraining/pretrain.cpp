// Pretrains the handwriting demo's network on Fashion-MNIST, quantizes it and writes it as a C++ header.
//   pretrain [--epochs N] [--data FOLDER] [--out HEADER]
// The folder holds the four IDX files, as Debian's dataset-fashion-mnist has them.
#include <cmath>
#include <exception>
#include <stdexcept>
#include <string>

#include <thimble/formats/cpp_header.hpp>
#include <thimble/lab/idx.hpp>
#include <thimble/lab/quantize.hpp>

#include "../handwriting/network.hpp"

namespace lab = thimble::lab;

/// Pixels as real values in [0, 1].
static lab::dataset load(const std::string& folder, const std::string& part) {
  const auto images = lab::read_labelled_images(folder + "/" + part + "-images-idx3-ubyte.gz",
                                                folder + "/" + part + "-labels-idx1-ubyte.gz");
  lab::dataset d;
  for (std::size_t i = 0; i < images.count; ++i) {
    std::vector<float> s;
    for (std::uint8_t p : images.image(i)) s.push_back(static_cast<float>(p) / 255);
    d.samples.push_back(std::move(s));
    d.labels.push_back(images.labels[i]);
  }
  return d;
}

/// Shifted by up to two pixels each way and slanted a little; half of them seen through an 8x8 sensor, as digits will be.
static void augment(std::vector<float>& s, std::mt19937& random) {
  const auto at = [](const std::vector<float>& v, int y, int x, int side) {
    const bool inside = y >= 0 && y < side && x >= 0 && x < side;
    return inside ? v[static_cast<std::size_t>(y * side + x)] : 0;
  };
  const auto bilinear = [&](const std::vector<float>& v, float y, float x, int side) {
    const auto iy = static_cast<int>(std::floor(y)), ix = static_cast<int>(std::floor(x));
    const float fy = y - static_cast<float>(iy), fx = x - static_cast<float>(ix);
    return (1 - fy) * ((1 - fx) * at(v, iy, ix, side) + fx * at(v, iy, ix + 1, side)) +
           fy * ((1 - fx) * at(v, iy + 1, ix, side) + fx * at(v, iy + 1, ix + 1, side));
  };
  const auto uniform = [&](float most) { return (static_cast<float>(random() % 2001) / 1000 - 1) * most; };
  const float down = uniform(2), right = uniform(2), slant = uniform(0.25f);
  std::vector<float> from = s;
  for (int y = 0; y < 28; ++y)
    for (int x = 0; x < 28; ++x) {
      const auto v = static_cast<float>(y), u = static_cast<float>(x);
      s[static_cast<std::size_t>(y * 28 + x)] = bilinear(from, v + down, u + right + slant * (v - 13.5f), 28);
    }
  if (random() % 2 != 0) return;
  std::vector<float> sensor(64);
  for (int y = 0; y < 28; ++y)
    for (int x = 0; x < 28; ++x)
      sensor[static_cast<std::size_t>(y * 2 / 7 * 8 + x * 2 / 7)] += s[static_cast<std::size_t>(y * 28 + x)] / 12.25f;
  const auto clamped = [](float p) { return p < 0 ? 0 : p > 7 ? 7 : p; };
  for (int y = 0; y < 28; ++y)
    for (int x = 0; x < 28; ++x)
      s[static_cast<std::size_t>(y * 28 + x)] = bilinear(sensor, clamped((static_cast<float>(y) + 0.5f) * 2 / 7 - 0.5f),
                                                         clamped((static_cast<float>(x) + 0.5f) * 2 / 7 - 0.5f), 8);
}

int main(int argc, char** argv) try {
  std::string folder = "/usr/share/datasets/fashion-mnist", out = "garment_weights.hpp";
  lab::fit_options options{.epochs = 12, .batch = 64, .learning_rate = 4e-3f};
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    if (i + 1 == argc) throw std::invalid_argument(option + " needs a value");
    if (option == "--epochs")
      options.epochs = std::stoi(argv[i + 1]);
    else if (option == "--data")
      folder = argv[i + 1];
    else if (option == "--out")
      out = argv[i + 1];
    else
      throw std::invalid_argument(option + " is not known; there are --epochs N, --data FOLDER, --out HEADER");
  }
  const lab::dataset train = load(folder, "train"), test = load(folder, "t10k");
  lab::float_network<garment_network> net;
  net.initialize(options.seed);
  lab::adam optimizer(net.parameters);
  lab::fit(net, optimizer, train, options, augment);
  std::printf("figure pretraining.accuracy_float %.4f fraction\n", lab::accuracy(net, test));

  lab::dataset some;
  for (std::size_t i = 0; i < train.size(); i += 60) some.samples.push_back(train.samples[i]);
  thimble::formats::write_cpp_header<garment_network>(
      out,
      {"garments", "garment_network", "network.hpp",
       "garment_network pretrained on Fashion-MNIST (MIT licence, Zalando SE)"},
      lab::quantize(net, some));
  std::printf("wrote %s\n", out.c_str());
} catch (const std::exception& e) {
  std::fprintf(stderr, "pretrain: %s\n", e.what());
  return 1;
}
