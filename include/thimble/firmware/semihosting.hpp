// What firmware can ask of the emulator or debugger that runs it: text, files, the command line, the end.
// No heap, no printf (its 20 KB would hide what a network costs), no state.
// Source: Arm, "Semihosting for AArch32 and AArch64", 2023.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace thimble::firmware {

enum class semihosting_operation : std::uint32_t {
  open = 0x01,
  close = 0x02,
  write_text = 0x04,
  write = 0x05,
  read = 0x06,
  seek = 0x0a,
  length = 0x0c,
  command_line = 0x15,
  exit = 0x20,
};

/// One request; `arguments` is a block of words, or the text itself for write_text.
inline std::int32_t semihosting(semihosting_operation operation, const void* arguments) {
  std::int32_t result;
  asm volatile(
      "mov r0, %1\n\t"
      "mov r1, %2\n\t"
      "bkpt 0xab\n\t"
      "mov %0, r0"
      : "=r"(result)
      : "r"(operation), "r"(arguments)
      : "r0", "r1", "memory");
  return result;
}

/// Ends the program; QEMU exits with the low eight bits of `status`.
[[noreturn]] inline void exit(int status) {
  constexpr std::uint32_t application_exit = 0x20026;
  const std::uint32_t block[]{application_exit, static_cast<std::uint32_t>(status)};
  semihosting(semihosting_operation::exit, block);
  for (;;) {}
}

// ---- text

/// Printed as 0x and eight digits.
struct hex {
  std::uint32_t value;
};

/// value / 10^decimals: fixed{9412, 4} prints 0.9412.
struct fixed {
  std::int32_t value;
  unsigned decimals;
};

inline void put(const char* text) { semihosting(semihosting_operation::write_text, text); }

inline void put(char character) {
  const char text[]{character, '\0'};
  put(text);
}

/// The digits of `value`, at least `digits` of them.
template <std::unsigned_integral Unsigned>
void put_digits(Unsigned value, unsigned digits = 1) {
  char text[24];
  char* first = text + sizeof text - 1;
  *first = '\0';
  for (; value != 0 || digits != 0; value = static_cast<Unsigned>(value / 10)) {
    *--first = static_cast<char>('0' + value % 10);
    digits -= digits != 0;
  }
  put(first);
}

template <std::integral Integer>
void put(Integer value) {
  using wide = std::conditional_t<(sizeof(Integer) > 4), std::uint64_t,
                                  std::uint32_t>;  // 64-bit division is long: only if asked
  wide magnitude = static_cast<wide>(value);
  if constexpr (std::signed_integral<Integer>) {
    if (value < 0) {
      put('-');
      magnitude = wide{0} - magnitude;
    }
  }
  put_digits(magnitude);
}

inline void put(hex number) {
  char text[]{"0x00000000"};
  for (int i = 9; i > 1; --i, number.value >>= 4) text[i] = "0123456789abcdef"[number.value & 15];
  put(text);
}

inline void put(fixed number) {
  std::uint32_t magnitude = static_cast<std::uint32_t>(number.value);
  if (number.value < 0) {
    put('-');
    magnitude = 0u - magnitude;
  }
  std::uint32_t unit = 1;
  for (unsigned i = 0; i < number.decimals; ++i) unit *= 10;
  put_digits(magnitude / unit);
  if (number.decimals != 0) {
    put('.');
    put_digits(magnitude % unit, number.decimals);
  }
}

/// print("loss ", fixed{412, 3}, " after ", steps, " steps\n")
template <class... Parts>
void print(const Parts&... parts) {
  (put(parts), ...);
}

// ---- the command line

/// Copies the arguments, separated by spaces, as one text. False if they do not fit.
[[nodiscard]] inline bool command_line(char* text, std::size_t capacity) {
  const void* const block[]{text, reinterpret_cast<const void*>(capacity)};
  return semihosting(semihosting_operation::command_line, block) == 0;
}

// ---- files of the host

enum class file_mode : std::uint32_t { read = 1, write = 5, append = 9 };  // "rb", "wb", "ab"

enum class file_status : std::uint8_t { ok, not_open, too_short, failed };

/// A file of the host; closed when the object ends, so make it a local one.
class host_file {
 public:
  host_file() = default;
  host_file(const host_file&) = delete;
  host_file& operator=(const host_file&) = delete;
  ~host_file() { static_cast<void>(close()); }

  [[nodiscard]] file_status open(const char* path, file_mode mode) {
    static_cast<void>(close());
    std::uint32_t characters = 0;
    while (path[characters] != '\0') ++characters;
    handle_ = request(semihosting_operation::open, address(path), static_cast<std::uint32_t>(mode), characters);
    return handle_ < 0 ? file_status::not_open : file_status::ok;
  }

  /// Negative if the file is not open.
  [[nodiscard]] std::int32_t length() const { return request(semihosting_operation::length, handle()); }

  [[nodiscard]] file_status seek(std::uint32_t offset) {
    if (handle_ < 0) return file_status::not_open;
    return request(semihosting_operation::seek, handle(), offset) == 0 ? file_status::ok : file_status::failed;
  }

  /// All `bytes` or too_short.
  [[nodiscard]] file_status read(void* data, std::size_t bytes) {
    return transfer(semihosting_operation::read, data, bytes, file_status::too_short);
  }

  [[nodiscard]] file_status write(const void* data, std::size_t bytes) {
    return transfer(semihosting_operation::write, data, bytes, file_status::failed);
  }

  [[nodiscard]] file_status close() {
    if (handle_ < 0) return file_status::not_open;
    const bool closed = request(semihosting_operation::close, handle()) == 0;
    handle_ = -1;
    return closed ? file_status::ok : file_status::failed;
  }

 private:
  static std::uint32_t address(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }
  std::uint32_t handle() const { return static_cast<std::uint32_t>(handle_); }

  static std::int32_t request(semihosting_operation operation, std::uint32_t a, std::uint32_t b = 0,
                              std::uint32_t c = 0) {
    const std::uint32_t block[]{a, b, c};
    return semihosting(operation, block);
  }

  file_status transfer(semihosting_operation operation, const void* data, std::size_t bytes, file_status shortfall) {
    if (handle_ < 0) return file_status::not_open;
    const std::int32_t missing = request(operation, handle(), address(data), static_cast<std::uint32_t>(bytes));
    return missing == 0 ? file_status::ok : shortfall;
  }

  std::int32_t handle_ = -1;
};

}  // namespace thimble::firmware
