// What programs that run on the host and as firmware ask of the machine it runs on: here, a computer with an operating system.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace thimble::test::machine {

/// Bytes for the tensors of one case.
inline constexpr std::size_t memory_bytes = std::size_t{64} << 20;
inline constexpr const char* too_large = "more values than the program has memory for";

inline void put(const char* text) { std::fputs(text, stdout); }
template <std::integral Number>
void put(Number number) {
  std::printf("%lld", static_cast<long long>(number));
}

[[noreturn]] inline void stop(int status) { std::exit(status); }

/// The first argument of the command line, or null.
inline const char* argument(int count, char** arguments) { return count > 1 ? arguments[1] : nullptr; }

/// The first argument to `first` (empty if there is none), and the second, or null.
inline const char* two_arguments(int count, char** arguments, char* first, std::size_t room) {
  first[0] = '\0';
  if (count > 1) std::snprintf(first, room, "%s", arguments[1]);
  return count > 2 ? arguments[2] : nullptr;
}

/// A new file; whether it could be written.
inline bool write(const char* path, const void* data, std::size_t bytes) {
  std::FILE* to = std::fopen(path, "wb");
  if (to == nullptr) return false;
  const bool all = std::fwrite(data, 1, bytes, to) == bytes;
  return std::fclose(to) == 0 && all;
}

/// Counts instructions where they can be counted: not here.
struct counter {
  [[nodiscard]] static std::int64_t instructions() { return 0; }
};
/// Bytes of the image in flash: there is none.
inline std::int64_t flash_bytes() { return 0; }

class file {
 public:
  explicit file(const char* path) : stream_(std::fopen(path, "rb")) {}
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  ~file() {
    if (stream_ != nullptr) std::fclose(stream_);
  }
  [[nodiscard]] bool is_open() const { return stream_ != nullptr; }
  /// At most `bytes` from `offset` on; how many there were.
  std::size_t read(std::uint32_t offset, char* to, std::size_t bytes) {
    if (std::fseek(stream_, static_cast<long>(offset), SEEK_SET) != 0) return 0;
    return std::fread(to, 1, bytes, stream_);
  }

 private:
  std::FILE* stream_;
};

}  // namespace thimble::test::machine
