#pragma once
// Labelled images from IDX files (MNIST and its family), plain or gzipped. Host only; needs zlib.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <zlib.h>

#include <thimble/lab/data_error.hpp>

namespace thimble::lab {

/// `<file>: byte <offset>: <what is wrong>`. In a gzipped file offsets count unpacked bytes (damaged
/// gzip is reported up to a buffer early, as zlib unpacks ahead).
struct idx_error : data_error {
  idx_error(const std::filesystem::path& file, std::uint64_t offset, const std::string& what)
      : data_error{at_byte(file, offset, what)} {}
};

/// Elements of type uint8, the last dimension varying fastest; bytes.size() is the product of the dimensions.
struct idx_array {
  std::vector<std::uint32_t> dimensions;
  std::vector<std::uint8_t> bytes;
};

/// pixels: uint8, shape {count, height, width}; labels: uint8, shape {count}, each < the classes asked for.
struct labelled_images {
  std::size_t count{}, height{}, width{};
  std::vector<std::uint8_t> pixels, labels;

  [[nodiscard]] std::span<const std::uint8_t> image(std::size_t index) const {
    return std::span{pixels}.subspan(index * height * width, height * width);
  }
};

namespace detail {

class idx_stream {
 public:
  explicit idx_stream(const std::filesystem::path& file) : file_{file}, handle_{gzopen(file.string().c_str(), "rb")} {
    if (!handle_) fail(0, "cannot open: " + std::generic_category().message(errno));
  }

  [[noreturn]] void fail(std::uint64_t offset, const std::string& what) const { throw idx_error{file_, offset, what}; }

  /// Fills `to`, or as much of it as the file still has, and returns how much.
  std::size_t read_some(std::span<std::uint8_t> to) {
    const auto before = offset_;
    for (int got = 1; got > 0 && offset_ - before < to.size(); offset_ += static_cast<std::uint64_t>(got)) {
      const auto rest = to.subspan(static_cast<std::size_t>(offset_ - before));
      got = gzread(handle_.get(), rest.data(), static_cast<unsigned>(std::min(rest.size(), std::size_t{1} << 30)));
      if (got >= 0) continue;
      int code{};
      const std::string text = gzerror(handle_.get(), &code);  // "<file>: <reason>"
      const std::string kind = code == Z_ERRNO ? "cannot read: " : "damaged gzip: ";
      fail(offset_, kind + text.substr(text.find_last_of(':') + 2));
    }
    return static_cast<std::size_t>(offset_ - before);
  }

  /// Fills all of `to`, the next of `wanted` bytes that the file should still have.
  void read(std::span<std::uint8_t> to, std::uint64_t wanted, const std::string& part) {
    const auto got = read_some(to);
    if (got == to.size()) return;
    fail(offset_, "the file ends in its " + part + ", " + std::to_string(wanted - got) + " bytes are missing" + cut());
  }

  void expect_end() {
    const auto end = offset_;
    for (std::array<std::uint8_t, 4096> more; read_some(more) != 0;) {}
    if (offset_ != end) fail(end, std::to_string(offset_ - end) + " trailing bytes after the data");
    if (const auto why = cut(); !why.empty()) fail(end, "the data are complete, but no checksum follows" + why);
  }

 private:
  struct close {
    void operator()(gzFile handle) const { gzclose(handle); }
  };

  [[nodiscard]] std::string cut() const {
    int code{};
    gzerror(handle_.get(), &code);
    return code == Z_BUF_ERROR ? " (the gzip stream is cut short)" : "";
  }

  std::filesystem::path file_;
  std::unique_ptr<gzFile_s, close> handle_;
  std::uint64_t offset_ = 0;
};

inline std::string idx_type_name(unsigned code) {
  constexpr std::array<const char*, 7> names{"uint8", "int8", "unknown", "int16", "int32", "float32", "float64"};
  return std::to_string(code) + " (" + (code >= 8 && code < 15 ? names[code - 8] : "unknown") + ")";
}

}  // namespace detail

/// Reads an IDX file: 0, 0, element type (8: uint8), number of dimensions, the dimensions (big-endian uint32), the
/// elements. `limit` bounds the elements that a header may claim; memory grows with what the file really holds.
/// @throws idx_error
inline idx_array read_idx(const std::filesystem::path& file, std::uint64_t limit = std::uint64_t{1} << 31) {
  detail::idx_stream in{file};
  std::array<std::uint8_t, 4> word{};
  in.read(word, word.size(), "magic number");
  if (word[0] != 0 || word[1] != 0) {
    in.fail(0, "wrong magic, " + std::to_string(word[0]) + ' ' + std::to_string(word[1]) + ", IDX begins with 0 0");
  }
  if (word[2] != 8) in.fail(2, "unsupported element type " + detail::idx_type_name(word[2]) + ", not 8 (uint8)");
  if (word[3] == 0) in.fail(3, "the file has no dimensions");

  idx_array result{std::vector<std::uint32_t>(word[3]), {}};
  std::uint64_t size = 1, nonzero = 1, offset = 4;  // a zero among the dimensions does not excuse absurd others
  for (auto left = std::uint64_t{4} * word[3]; auto& dimension : result.dimensions) {
    in.read(word, left, "dimensions");
    for (const std::uint8_t byte : word) dimension = dimension << 8 | byte;
    if (dimension != 0 && nonzero > limit / dimension) {
      in.fail(offset, "absurd dimension " + std::to_string(dimension) + ", the data would exceed the limit of " +
                          std::to_string(limit) + " bytes");
    }
    nonzero *= std::max(dimension, std::uint32_t{1});
    size *= dimension;
    offset += 4, left -= 4;
  }

  while (result.bytes.size() < size) {
    const std::size_t done = result.bytes.size();
    const std::uint64_t next = std::max(std::uint64_t{1} << 20, std::uint64_t{done} * 2);
    result.bytes.resize(static_cast<std::size_t>(std::min(size, next)));
    in.read(std::span{result.bytes}.subspan(done), size - done, "data");
  }
  in.expect_end();
  return result;
}

/// Reads images {count, height, width} and their labels {count}, each of which must be below `classes`.
/// @throws idx_error
inline labelled_images read_labelled_images(const std::filesystem::path& image_file,
                                            const std::filesystem::path& label_file, std::size_t classes = 10) {
  const auto read = [](const std::filesystem::path& file, std::size_t rank, const std::string& what) {
    auto array = read_idx(file);
    if (array.dimensions.size() == rank) return array;
    throw idx_error{file, 3, std::to_string(array.dimensions.size()) + " dimensions, but " + what};
  };
  auto images = read(image_file, 3, "images have 3 (count, height, width)");
  auto labels = read(label_file, 1, "labels have 1 (count)");

  const auto& shape = images.dimensions;
  if (shape[1] == 0 || shape[2] == 0) {
    throw idx_error{image_file, 8, "empty images of " + std::to_string(shape[1]) + " x " + std::to_string(shape[2])};
  }
  if (shape[0] != labels.dimensions[0]) {
    throw idx_error{label_file, 4,
                    std::to_string(labels.dimensions[0]) + " labels for the " + std::to_string(shape[0]) +
                        " images of " + image_file.string()};
  }
  for (std::size_t i = 0; i < labels.bytes.size(); ++i) {
    if (labels.bytes[i] < classes) continue;
    throw idx_error{label_file, 8 + i,
                    "label " + std::to_string(labels.bytes[i]) + " of image " + std::to_string(i) +
                        " is out of range, there are " + std::to_string(classes) + " classes"};
  }
  return {shape[0], shape[1], shape[2], std::move(images.bytes), std::move(labels.bytes)};
}

}  // namespace thimble::lab
