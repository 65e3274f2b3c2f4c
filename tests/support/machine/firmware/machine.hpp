// What programs that run on the host and as firmware ask of the machine it runs on: here, a core in the emulator, by semihosting.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <thimble/firmware/counter.hpp>
#include <thimble/firmware/semihosting.hpp>

// Of the linker script
extern "C" const char thimble_flash_begin, thimble_flash_end;

namespace thimble::test::machine {

/// Bytes for the tensors of one case: of the 512 KB of the smallest board.
inline constexpr std::size_t memory_bytes = std::size_t{400} << 10;
inline constexpr const char* too_large = "skipped: more values than the board has memory for";

inline void put(const char* text) { firmware::put(text); }
/// Of 32 bits: 64-bit division is long.
template <std::integral Number>
void put(Number number) {
  if constexpr (std::unsigned_integral<Number>)
    firmware::put(static_cast<std::uint32_t>(number));
  else
    firmware::put(static_cast<std::int32_t>(number));
}

[[noreturn]] inline void stop(int status) { firmware::exit(status); }

/// The first argument of the command line, after the program's name; or null.
inline const char* argument(int, char**) {
  static char text[512];
  if (!firmware::command_line(text, sizeof text)) return nullptr;
  const char* at = text;
  while (*at != '\0' && *at != ' ') ++at;
  return *at == '\0' ? nullptr : at + 1;
}

/// The first argument to `first` (empty if there is none), and the second, or null.
inline const char* two_arguments(int count, char** arguments, char* first, std::size_t room) {
  const char* at = argument(count, arguments);
  std::size_t i = 0;
  for (; at != nullptr && *at != '\0' && *at != ' ' && i + 1 < room; ++at) first[i++] = *at;
  first[i] = '\0';
  return at != nullptr && *at == ' ' ? at + 1 : nullptr;
}

/// A new file of the host; whether it could be written.
inline bool write(const char* path, const void* data, std::size_t bytes) {
  firmware::host_file to;
  return to.open(path, firmware::file_mode::write) == firmware::file_status::ok &&
         to.write(data, bytes) == firmware::file_status::ok;
}

/// Counts instructions from its beginning on, if QEMU runs with -icount.
class counter {
 public:
  [[nodiscard]] std::int64_t instructions() const { return counter_.instructions(); }

 private:
  firmware::instruction_counter counter_;
};

/// Bytes of the image in flash.
inline std::int64_t flash_bytes() { return &thimble_flash_end - &thimble_flash_begin; }

class file {
 public:
  explicit file(const char* path) {
    if (handle_.open(path, firmware::file_mode::read) == firmware::file_status::ok) length_ = handle_.length();
  }
  [[nodiscard]] bool is_open() const { return length_ >= 0; }
  /// At most `bytes` from `offset` on; how many there were.
  std::size_t read(std::uint32_t offset, char* to, std::size_t bytes) {
    const auto length = static_cast<std::size_t>(length_);
    if (offset >= length) return 0;
    if (bytes > length - offset) bytes = length - offset;
    if (handle_.seek(offset) != firmware::file_status::ok) return 0;
    return handle_.read(to, bytes) == firmware::file_status::ok ? bytes : 0;
  }

 private:
  firmware::host_file handle_;
  std::int32_t length_ = -1;
};

}  // namespace thimble::test::machine
