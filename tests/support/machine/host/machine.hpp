// What programs that run on the host and as firmware ask of the machine it runs on: here, a computer with an operating system.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace thimble::test::machine {

/// Bytes for the tensors of one case.
inline constexpr std::size_t memory_bytes = std::size_t{64} << 20;
inline constexpr const char* too_large = "more values than the program has memory for";

inline void put(const char* text) { std::fputs(text, stdout); }
inline void put(std::int64_t number) { std::printf("%lld", static_cast<long long>(number)); }

[[noreturn]] inline void stop(int status) { std::exit(status); }

/// The first argument of the command line, or null.
inline const char* argument(int count, char** arguments) { return count > 1 ? arguments[1] : nullptr; }

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
