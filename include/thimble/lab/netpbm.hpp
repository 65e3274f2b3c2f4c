#pragma once
// PGM and PPM pictures, binary (P5, P6). Host only.

#include <thimble/lab/pictures.hpp>

namespace thimble::lab {

namespace detail {

/// The numbers of a header, between white space and comments.
class netpbm_header {
 public:
  netpbm_header(const std::filesystem::path& file, const std::vector<std::uint8_t>& bytes) : file_{file}, b_{bytes} {}

  std::size_t number(const char* what, std::size_t most) {
    for (; at < b_.size() && (is_space(b_[at]) || b_[at] == '#'); ++at)
      if (b_[at] == '#')
        while (at < b_.size() && b_[at] != '\n') ++at;
    const std::size_t begin = at;
    std::size_t n = 0;
    for (; at < b_.size() && b_[at] >= '0' && b_[at] <= '9' && n <= most; ++at)
      n = 10 * n + (b_[at] - std::size_t{'0'});
    if (begin == at) throw data_error::at_byte(file_, begin, std::string("the header has no ") + what);
    if (n == 0 || n > most)
      throw data_error::at_byte(file_, begin,
                                std::string("the ") + what + " is not in [1, " + std::to_string(most) + "]");
    return n;
  }
  static bool is_space(std::uint8_t c) { return c == ' ' || (c >= 9 && c <= 13); }
  std::size_t at = 2;

 private:
  const std::filesystem::path& file_;
  const std::vector<std::uint8_t>& b_;
};

}  // namespace detail

/// @throws data_error
inline picture read_netpbm(const std::filesystem::path& file) {
  const auto bytes = detail::whole_file(file);
  if (bytes.size() < 2 || bytes[0] != 'P' || (bytes[1] != '5' && bytes[1] != '6'))
    throw data_error::at_byte(file, 0, "wrong magic, binary PGM and PPM begin with P5 or P6");
  detail::netpbm_header header{file, bytes};
  picture p;
  p.channels = bytes[1] == '5' ? 1 : 3;
  p.width = header.number("width", 65535);
  p.height = header.number("height", 65535);
  if (const std::size_t at = header.at, most = header.number("largest value", 65535); most != 255)
    throw data_error::at_byte(file, at + 1, "the largest value is " + std::to_string(most) + ", only 255 is read");
  const std::size_t begin = header.at + 1, size = p.height * p.width * p.channels;
  if (begin + size > bytes.size())
    throw data_error::at_byte(
        file, bytes.size(),
        "the file ends in its pixels, " + std::to_string(begin + size - bytes.size()) + " bytes are missing");
  p.pixels.assign(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                  bytes.begin() + static_cast<std::ptrdiff_t>(begin + size));
  return p;
}

}  // namespace thimble::lab
