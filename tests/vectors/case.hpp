// One case of the reference vectors (.vec), read from a file without a heap. The file is indexed once; tensors are read when
// they are asked for, into one static memory, so that networks larger than a board's RAM can be run layer by layer.
//
//   case NAME | op OPERATION | p KEY VALUE | t KEY DTYPE COUNT v v v ...      (a line each)
//
// Whatever is missing or does not fit ends the program: it says what, and fails.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>

#include "machine.hpp"

namespace thimble::vectors {

namespace machine = test::machine;

using int8_span = std::span<const std::int8_t>;
using int32_span = std::span<const std::int32_t>;

template <class... Parts>
void print(const Parts&... parts) {
  (machine::put(parts), ...);
}

/// A word of the file.
struct text {
  const char* characters;
  friend bool operator==(text a, const char* b) { return std::strcmp(a.characters, b) == 0; }
};

/// Names under which cases hold the same thing; the first that is there counts.
using names = std::initializer_list<const char*>;

class vector_case {
 public:
  /// Reads what there is, and where.
  explicit vector_case(const char* path);

  [[nodiscard]] const char* name() const { return name_; }
  [[nodiscard]] text operation() const { return {operation_}; }

  // ---- parameters

  [[nodiscard]] bool has(const char* key) const { return find(key, false) != nullptr; }
  /// A parameter that must be there.
  [[nodiscard]] int p(const char* key) const { return p(names{key}); }
  [[nodiscard]] int p(names keys) const { return number(need(keys, false)); }
  /// One that may be missing.
  [[nodiscard]] int p_or(const char* key, int otherwise) const { return has(key) ? p(key) : otherwise; }
  [[nodiscard]] text p_text(const char* key) const { return {need({key}, false).value}; }
  /// Numbers with commas between ("5,4,20,0,"): how many there were, at most `most`.
  int p_list(const char* key, int* to, int most) const;

  // ---- tensors: read into the memory of the case on every call

  [[nodiscard]] bool has_tensor(const char* key) const { return find(key, true) != nullptr; }
  [[nodiscard]] std::size_t elements(names keys) const { return need(keys, true).count; }
  /// A tensor of exactly `count` elements.
  [[nodiscard]] int8_span int8(names keys, std::int64_t count) { return values<std::int8_t>(keys, count, "int8"); }
  [[nodiscard]] int32_span int32(names keys, std::int64_t count) { return values<std::int32_t>(keys, count, "int32"); }

  // ---- memory

  /// `count` elements, zero.
  template <class T>
  [[nodiscard]] std::span<T> space(std::int64_t count);
  /// What was used up to now; release(mark) gives back what was read since.
  [[nodiscard]] std::size_t mark() const { return used_; }
  void release(std::size_t mark) { used_ = mark; }

  // ---- result

  /// Compares element by element. Cases of several batches may call it once a batch.
  void check(int8_span expected, int8_span actual);
  /// Prints the result: 0 if something was compared and all was equal.
  [[nodiscard]] int verdict() const;

  /// Ends the program unless `holds`: print(what...) says why.
  template <class... Parts>
  void require(bool holds, const Parts&... what) const {
    if (holds) return;
    print(name_, ": ", what..., "\n");
    machine::stop(1);
  }

 private:
  struct entry {
    const char* key;
    const char* value;  // of a parameter; a tensor's type
    std::size_t count;
    std::uint32_t at;  // the first value's place in the file
    bool is_tensor;
  };
  static constexpr std::size_t most_entries = 1024, most_characters = 48 << 10;

  // reading
  [[nodiscard]] int peek();
  int next();
  const char* word();
  std::int64_t read_number();
  void skip_line();

  [[nodiscard]] const entry* find(const char* key, bool is_tensor) const;
  [[nodiscard]] const entry& need(names keys, bool is_tensor) const;
  [[nodiscard]] int number(const entry& e) const;
  [[nodiscard]] std::int64_t parse(const char*& at) const;
  template <class T>
  std::span<const T> values(names keys, std::int64_t count, const char* type);

  machine::file file_;
  std::uint32_t buffer_at_ = 0, place_ = 0;
  std::size_t buffered_ = 0;
  const char* name_ = "a case without a name";
  const char* operation_ = "";
  std::size_t entries_used_ = 0, characters_used_ = 0, used_ = 0;
  std::int64_t compared_ = 0, wrong_ = 0;

  inline static char buffer_[4096];
  inline static char characters_[most_characters];
  inline static entry entries_[most_entries];
  alignas(16) inline static unsigned char memory_[machine::memory_bytes];
};

// ---- reading

inline int vector_case::peek() {
  if (place_ >= buffer_at_ + buffered_ || place_ < buffer_at_) {
    buffer_at_ = place_;
    buffered_ = file_.read(place_, buffer_, sizeof buffer_);
    if (buffered_ == 0) return -1;
  }
  return static_cast<unsigned char>(buffer_[place_ - buffer_at_]);
}

inline int vector_case::next() {
  const int c = peek();
  if (c >= 0) ++place_;
  return c;
}

/// The next word of the line, kept; empty at the line's end.
inline const char* vector_case::word() {
  while (peek() == ' ' || peek() == '\t' || peek() == '\r') next();
  const char* begin = characters_ + characters_used_;
  for (;;) {
    require(characters_used_ + 1 < most_characters, "more words than the reader holds");
    if (peek() <= ' ') break;  // also the end of the file
    characters_[characters_used_++] = static_cast<char>(next());
  }
  characters_[characters_used_++] = '\0';
  return begin;
}

inline void vector_case::skip_line() {
  for (int c = next(); c >= 0 && c != '\n';) c = next();
}

inline std::int64_t vector_case::read_number() {
  while (peek() == ' ' || peek() == '\t') next();
  const bool negative = peek() == '-';
  if (negative) next();
  require(peek() >= '0' && peek() <= '9', "a number is missing");
  std::int64_t v = 0;
  while (peek() >= '0' && peek() <= '9') {
    v = v * 10 + (next() - '0');
    require(v <= std::int64_t{1} << 32, "a number is too large");
  }
  return negative ? -v : v;
}

inline vector_case::vector_case(const char* path) : file_(path) {
  require(file_.is_open(), "cannot open ", path);
  while (peek() >= 0) {
    const text kind{word()};
    if (kind == "case") {
      name_ = word();
    } else if (kind == "op") {
      operation_ = word();
    } else if (kind == "p" || kind == "t") {
      require(entries_used_ < most_entries, "more lines than the reader holds");
      entry& e = entries_[entries_used_++];
      e.is_tensor = kind == "t";
      e.key = word();
      e.value = word();
      e.count = e.is_tensor ? static_cast<std::size_t>(read_number()) : 0;
      e.at = place_;
    } else {
      require(kind == "", "unknown line ", kind.characters);
    }
    skip_line();
  }
}

// ---- parameters

inline const vector_case::entry* vector_case::find(const char* key, bool is_tensor) const {
  for (std::size_t i = 0; i < entries_used_; ++i)
    if (entries_[i].is_tensor == is_tensor && std::strcmp(entries_[i].key, key) == 0) return entries_ + i;
  return nullptr;
}

inline const vector_case::entry& vector_case::need(names keys, bool is_tensor) const {
  for (const char* key : keys)
    if (const entry* e = find(key, is_tensor)) return *e;
  for (const char* key : keys) print(name_, ": no ", is_tensor ? "tensor " : "parameter ", key, "\n");
  machine::stop(1);
}

inline std::int64_t vector_case::parse(const char*& at) const {
  const bool negative = *at == '-';
  if (negative) ++at;
  require(*at >= '0' && *at <= '9', "not a number: ", at);
  std::int64_t v = 0;
  for (; *at >= '0' && *at <= '9'; ++at) {
    v = v * 10 + (*at - '0');
    require(v <= std::int64_t{1} << 32, "a number is too large");
  }
  return negative ? -v : v;
}

inline int vector_case::number(const entry& e) const {
  const char* at = e.value;
  const std::int64_t v = parse(at);
  require(*at == '\0' && v >= INT32_MIN && v <= INT32_MAX, e.key, " is not an int: ", e.value);
  return static_cast<int>(v);
}

inline int vector_case::p_list(const char* key, int* to, int most) const {
  const char* at = need({key}, false).value;
  int count = 0;
  while (*at != '\0') {
    require(count < most, key, " holds too many numbers: ", at);
    to[count++] = static_cast<int>(parse(at));
    if (*at == ',') ++at;
  }
  return count;
}

// ---- tensors

template <class T>
std::span<T> vector_case::space(std::int64_t count) {
  require(count >= 0, "a negative size");
  const std::size_t begin = (used_ + 15) / 16 * 16, n = static_cast<std::size_t>(count);
  require(begin <= machine::memory_bytes && n <= (machine::memory_bytes - begin) / sizeof(T), machine::too_large);
  used_ = begin + n * sizeof(T);
  T* const p = reinterpret_cast<T*>(memory_ + begin);
  std::memset(p, 0, n * sizeof(T));
  return {p, n};
}

template <class T>
std::span<const T> vector_case::values(names keys, std::int64_t count, const char* type) {
  const entry& e = need(keys, true);
  require(std::strcmp(e.value, type) == 0, e.key, " is of type ", e.value, ", not ", type);
  require(static_cast<std::int64_t>(e.count) == count, e.key, " has ", static_cast<std::int64_t>(e.count),
          " elements, not ", count);
  const std::span<T> to = space<T>(count);
  place_ = e.at;
  for (T& v : to) {
    const std::int64_t n = read_number();
    v = static_cast<T>(n);
    require(v == n, e.key, " holds ", n);
  }
  return to;
}

// ---- result

inline void vector_case::check(int8_span expected, int8_span actual) {
  require(expected.size() == actual.size(), "sizes differ: ", static_cast<std::int64_t>(expected.size()), " and ",
          static_cast<std::int64_t>(actual.size()));
  constexpr std::int64_t most_shown = 5;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ++compared_;
    if (expected[i] == actual[i]) continue;
    if (wrong_++ < most_shown)
      print(name_, ": [", static_cast<std::int64_t>(i), "] is ", static_cast<std::int64_t>(actual[i]), ", expected ",
            static_cast<std::int64_t>(expected[i]), "\n");
  }
}

inline int vector_case::verdict() const {
  print(operation_, " ", name_, ": ", compared_, " values compared, ", wrong_, " wrong\n");
  return compared_ > 0 && wrong_ == 0 ? 0 : 1;
}

}  // namespace thimble::vectors
