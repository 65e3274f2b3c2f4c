// Strings that can be template arguments, and the few string functions that constant evaluation needs.
#pragma once
#include <cstddef>

namespace thimble::detail {

/// A string as a structural value: `template <text T>` takes a literal.
template <std::size_t N>
struct text {
  char s[N]{};
  constexpr text() = default;
  constexpr text(const char (&literal)[N]) {
    for (std::size_t i = 0; i < N; ++i) s[i] = literal[i];
  }
};

constexpr std::size_t length(const char* s) {
  std::size_t n = 0;
  while (s[n] != 0) ++n;
  return n;
}

constexpr bool same(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

/// Levenshtein distance of `a` to the first 63 characters of `b`: finds the name that was meant.
constexpr int edit_distance(const char* a, const char* b) {
  int row[64]{};
  const std::size_t all = length(b), n = all > 63 ? 63 : all;
  for (std::size_t j = 0; j <= n; ++j) row[j] = static_cast<int>(j);
  for (std::size_t i = 0; a[i] != 0; ++i) {
    int diagonal = row[0];
    row[0] = static_cast<int>(i) + 1;
    for (std::size_t j = 0; j < n; ++j) {
      const int up = row[j + 1];
      const int gap = (up < row[j] ? up : row[j]) + 1;
      const int change = diagonal + (a[i] != b[j] ? 1 : 0);
      row[j + 1] = gap < change ? gap : change;
      diagonal = up;
    }
  }
  return row[n];
}

template <std::size_t N>
constexpr text<N> text_from(const char* s) {
  text<N> t;
  for (std::size_t i = 0; i < N; ++i)
    t.s[i] = i + 1 < N ? s[i] : '\0';  // clang prints it as text only if all is written
  return t;
}

/// The string behind a pointer that a constant expression knows, as a template argument (for messages).
template <class Pointer>
constexpr auto as_text(Pointer pointer) {
  return text_from<length(pointer()) + 1>(pointer());
}

}  // namespace thimble::detail
