#pragma once
// Pictures in the size and the channels that a network's input has. Host only.

#include <algorithm>
#include <stdexcept>

#include <thimble/lab/pictures.hpp>
#include <thimble/tensor/shape.hpp>

namespace thimble::lab {

/// Grey from RGB: (77 r + 150 g + 29 b + 128) / 256; RGB from grey: three times the same. Integers, equal everywhere.
inline picture with_channels(const picture& from, std::size_t channels) {
  if (from.channels == channels) return from;
  picture to{from.height, from.width, channels, {}};
  if (from.channels == 1 && channels == 3) {
    for (const std::uint8_t v : from.pixels) to.pixels.insert(to.pixels.end(), 3, v);
  } else if (from.channels == 3 && channels == 1) {
    for (std::size_t i = 0; i < from.pixels.size(); i += 3)
      to.pixels.push_back(static_cast<std::uint8_t>(
          (77 * from.pixels[i] + 150 * from.pixels[i + 1] + 29 * from.pixels[i + 2] + 128) >> 8));
  } else {
    throw std::invalid_argument("pictures of " + std::to_string(from.channels) + " channels for a network's input of " +
                                std::to_string(channels));
  }
  return to;
}

namespace detail {

/// What one output pixel takes of a line: pixels [first, first + weights), in 1/256.
struct line_share {
  std::size_t first;
  std::vector<unsigned> weight;  // their sum is 256
};

/// Enlarging: linear between the two nearest centres. Reducing: the mean of what the pixel covers.
inline std::vector<line_share> shares_of(std::size_t from, std::size_t to) {
  std::vector<line_share> all(to);
  for (std::size_t i = 0; i < to; ++i) {
    line_share& s = all[i];
    if (to >= from) {
      const std::size_t twice = (2 * i + 1) * from * 128 / to, at = twice > 128 ? twice - 128 : 0;  // 1/256
      const auto rest = static_cast<unsigned>(at & 255);
      s.first = at >> 8;
      if (s.first + 1 < from && rest > 0)
        s.weight = {256 - rest, rest};
      else
        s.weight = {256};
    } else {
      const std::size_t begin = i * from * 256 / to, end = (i + 1) * from * 256 / to;  // 1/256
      s.first = begin >> 8;
      unsigned sum = 0;
      for (std::size_t p = s.first; p << 8 < end; ++p) {
        const auto covered = std::min(end, (p + 1) << 8) - std::max(begin, p << 8);
        s.weight.push_back(static_cast<unsigned>(covered * 256 / (end - begin)));
        sum += s.weight.back();
      }
      s.weight[s.weight.size() / 2] += 256 - sum;  // what rounding lost
    }
  }
  return all;
}

}  // namespace detail

/// In integers, equal everywhere: y = round(sum over rows and columns of share * share * x / 2^16).
inline picture resized(const picture& from, std::size_t height, std::size_t width) {
  if (from.height == height && from.width == width) return from;
  const auto rows = detail::shares_of(from.height, height), columns = detail::shares_of(from.width, width);
  picture to{height, width, from.channels, {}};
  for (const auto& row : rows)
    for (const auto& column : columns)
      for (std::size_t c = 0; c < from.channels; ++c) {
        unsigned sum = 0;
        for (std::size_t y = 0; y < row.weight.size(); ++y)
          for (std::size_t x = 0; x < column.weight.size(); ++x)
            sum += row.weight[y] * column.weight[x] *
                   from.pixels[((row.first + y) * from.width + column.first + x) * from.channels + c];
        to.pixels.push_back(static_cast<std::uint8_t>((sum + 32768) >> 16));
      }
  return to;
}

/// A picture as a network's input takes it.
inline picture fitted(const picture& from, shape input) {
  return with_channels(resized(from, static_cast<std::size_t>(input.h), static_cast<std::size_t>(input.w)),
                       static_cast<std::size_t>(input.c));
}

}  // namespace thimble::lab
