#pragma once
// Labelled pictures of one size, from whatever file. Host only.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <thimble/lab/data_error.hpp>
#include <thimble/lab/idx.hpp>

namespace thimble::lab {

/// One picture: uint8, {height, width, channels}, the channels of a pixel beside each other; 1 channel is grey, 3 are RGB.
struct picture {
  std::size_t height{}, width{}, channels{};
  std::vector<std::uint8_t> pixels;
};

/// pixels: {count, height, width, channels}; labels: count, each < the number of classes. Names of classes where they are known.
struct picture_set {
  std::size_t count{}, height{}, width{}, channels{};
  std::vector<std::uint8_t> pixels;
  std::vector<int> labels;
  std::vector<std::string> classes;

  [[nodiscard]] std::size_t size_of_one() const { return height * width * channels; }
  [[nodiscard]] std::span<const std::uint8_t> operator[](std::size_t i) const {
    return std::span{pixels}.subspan(i * size_of_one(), size_of_one());
  }

  /// The first decides the sizes; `from` is named in the error about another.
  void add(const picture& p, int label, const std::filesystem::path& from, const std::filesystem::path& first) {
    if (count == 0) height = p.height, width = p.width, channels = p.channels;
    if (p.height != height || p.width != width || p.channels != channels)
      throw data_error{from, "the picture is " + detail::sizes_text(p.height, p.width, p.channels) + ", but that of " +
                                 first.string() + " is " + detail::sizes_text(height, width, channels)};
    pixels.insert(pixels.end(), p.pixels.begin(), p.pixels.end());
    labels.push_back(label);
    ++count;
  }
};

/// Grey images of IDX files.
inline picture_set pictures_of(const labelled_images& from) {
  return {from.count, from.height, from.width, 1, from.pixels, {from.labels.begin(), from.labels.end()}, {}};
}

}  // namespace thimble::lab
