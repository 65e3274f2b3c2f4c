#pragma once
// What is wrong with a file of data, and where. Host only.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace thimble::lab {

/// `<file>: <what is wrong>`, where a place is known `<file>: byte 16: ...` or `<file>: line 3: ...`.
struct data_error : std::runtime_error {
  data_error(const std::filesystem::path& file, const std::string& what)
      : std::runtime_error{file.string() + ": " + what} {}
  static data_error at_byte(const std::filesystem::path& file, std::uint64_t offset, const std::string& what) {
    return {file, "byte " + std::to_string(offset) + ": " + what};
  }
  static data_error at_line(const std::filesystem::path& file, std::size_t line, const std::string& what) {
    return {file, "line " + std::to_string(line) + ": " + what};
  }
};

namespace detail {

inline std::vector<std::uint8_t> whole_file(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) throw data_error{file, "cannot read: it is a folder"};
  errno = 0;
  std::ifstream in{file, std::ios::binary};
  if (!in) throw data_error{file, "cannot open: " + std::generic_category().message(errno)};
  std::vector<std::uint8_t> bytes;
  for (std::istreambuf_iterator<char> at{in}, end; at != end; ++at) bytes.push_back(static_cast<std::uint8_t>(*at));
  return bytes;
}

/// "28 x 28 x 3".
inline std::string sizes_text(std::size_t height, std::size_t width, std::size_t channels) {
  return std::to_string(height) + " x " + std::to_string(width) + " x " + std::to_string(channels);
}

}  // namespace detail
}  // namespace thimble::lab
