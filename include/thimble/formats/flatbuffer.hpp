// Reading FlatBuffers without trust: every access is checked, in the compiler and on the host alike.
// Source: FlatBuffers, "Internals" (https://flatbuffers.dev/internals).
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

namespace thimble::flatbuffer {

/// Why bytes cannot be read.
enum class problem : unsigned char {
  none,
  cut_short,       ///< something begins inside the file, or at its end, and ends outside it
  offset_outside,  ///< an offset points outside the file
};

/// Where a vector's elements begin, and how many there are. All of them lie inside the file.
struct vector {
  std::uint32_t at = 0, count = 0;
};

/// A file in memory. Positions are bytes from its begin; 0 stands for "absent" (the root's offset lies there, so nothing else
/// can). What lies outside reads as zero, and the first such access is remembered. size < 2^31.
template <class Byte>
class file {
 public:
  constexpr file(const Byte* data, std::uint32_t size) : data_(data), size_(size) {}

  [[nodiscard]] constexpr problem what() const { return what_; }
  [[nodiscard]] constexpr std::uint32_t where() const { return where_; }
  [[nodiscard]] constexpr std::uint32_t size() const { return size_; }

  // Compilers count statements (clang allows 2^20 for one constant): these have few.

  constexpr std::uint8_t u8(std::uint32_t at) {
    return holds(at, 1) ? static_cast<std::uint8_t>(data_[at]) : std::uint8_t{0};
  }
  constexpr std::uint16_t u16(std::uint32_t at) {
    return holds(at, 2) ? static_cast<std::uint16_t>(static_cast<std::uint8_t>(data_[at]) |
                                                     static_cast<std::uint8_t>(data_[at + 1]) << 8)
                        : std::uint16_t{0};
  }
  constexpr std::uint32_t u32(std::uint32_t at) {
    return holds(at, 4) ? std::uint32_t{static_cast<std::uint8_t>(data_[at])} |
                              std::uint32_t{static_cast<std::uint8_t>(data_[at + 1])} << 8 |
                              std::uint32_t{static_cast<std::uint8_t>(data_[at + 2])} << 16 |
                              std::uint32_t{static_cast<std::uint8_t>(data_[at + 3])} << 24
                        : 0;
  }
  constexpr std::int32_t i32(std::uint32_t at) { return static_cast<std::int32_t>(u32(at)); }
  constexpr float f32(std::uint32_t at) { return std::bit_cast<float>(u32(at)); }

  /// Where the offset at `at` points: to a table, a vector or a string. 0 if outside.
  constexpr std::uint32_t follow(std::uint32_t at) {
    const std::uint64_t to = std::uint64_t{at} + u32(at);
    if (to < size_) return to == at ? 0 : static_cast<std::uint32_t>(to);  // at: unreadable, or an offset of zero
    return outside(at);
  }

  /// Field `id` of a table: its position, or 0 if the table does not have it.
  constexpr std::uint32_t field(std::uint32_t table, unsigned id) {
    if (table == 0) return 0;
    const std::int64_t vtable = std::int64_t{table} - i32(table);
    if (vtable < 0 || vtable >= size_) return outside(table);
    const auto v = static_cast<std::uint32_t>(vtable);
    const std::uint32_t slot = 6 + 2 * id > u16(v) ? 0 : u16(v + 4 + 2 * id);
    if (std::uint64_t{table} + slot >= size_) return outside(table);
    return slot == 0 ? 0 : table + slot;
  }
  constexpr std::int32_t int_field(std::uint32_t table, unsigned id, std::int32_t otherwise = 0) {
    const std::uint32_t at = field(table, id);
    return at == 0 ? otherwise : i32(at);
  }
  constexpr int byte_field(std::uint32_t table, unsigned id, int otherwise = 0) {
    const std::uint32_t at = field(table, id);
    return at == 0 ? otherwise : static_cast<std::int8_t>(u8(at));
  }
  constexpr float float_field(std::uint32_t table, unsigned id, float otherwise = 0) {
    const std::uint32_t at = field(table, id);
    return at == 0 ? otherwise : f32(at);
  }
  constexpr std::uint32_t table_field(std::uint32_t table, unsigned id) {
    const std::uint32_t at = field(table, id);
    return at == 0 ? 0 : follow(at);
  }

  constexpr vector vector_field(std::uint32_t table, unsigned id, std::uint32_t element_bytes) {
    const std::uint32_t at = table_field(table, id);
    if (at == 0) return {};
    const std::uint32_t count = u32(at);
    if (what_ != problem::none || !holds(at + 4, std::uint64_t{count} * element_bytes)) return {};
    return {at + 4, count};
  }
  /// Table number i of a vector of tables.
  constexpr std::uint32_t table_at(vector v, std::uint32_t i) { return i < v.count ? follow(v.at + 4 * i) : 0; }

  // Of vectors that vector_field returned, whose elements lie inside. Compilers count statements: several bytes in each.

  /// Whether 8-byte elements are all 0.
  [[nodiscard]] constexpr bool is_zero(vector v) const {
    for (const Byte *p = data_ + v.at, *end = p + std::size_t{8} * v.count; p != end; p += 8)
      if ((p[0] | p[1] | p[2] | p[3] | p[4] | p[5] | p[6] | p[7]) != 0) return false;
    return true;
  }
  /// Whether floats are all in [0, limit), where limit is the float with `top` as its highest byte and zeros below.
  [[nodiscard]] constexpr bool is_below(vector v, std::uint8_t top) const {
    const Byte *p = data_ + v.at, *end = p + std::size_t{4} * v.count;
    const auto below = [top](Byte b) { return static_cast<std::uint8_t>(b) < top; };
    for (; end - p >= 16; p += 16)
      if (!below(p[3]) || !below(p[7]) || !below(p[11]) || !below(p[15])) return false;
    for (; p != end; p += 4)
      if (!below(p[3])) return false;
    return true;
  }

 private:
  constexpr bool holds(std::uint64_t at, std::uint64_t bytes) {
    return at + bytes <= size_ || remember(problem::cut_short, at < size_ ? static_cast<std::uint32_t>(at) : size_);
  }
  /// Always 0.
  constexpr std::uint32_t outside(std::uint32_t at) {
    remember(problem::offset_outside, at);
    return 0;
  }
  /// Keeps the first. Always false.
  constexpr bool remember(problem what, std::uint32_t where) {
    if (what_ == problem::none) what_ = what, where_ = where;
    return false;
  }

  const Byte* data_;
  std::uint32_t size_;
  problem what_ = problem::none;
  std::uint32_t where_ = 0;
};

}  // namespace thimble::flatbuffer
