// A file's tensors as constants of their own: the linker keeps those that are used; the file's bytes are read by the compiler
// only.
#pragma once
#include <cstddef>
#include <cstdint>

#include <thimble/formats/tflite/contents.hpp>

namespace thimble::tflite {

/// N values.
template <class T, int N>
struct numbers {
  T v[static_cast<std::size_t>(N > 0 ? N : 1)];
};

/// The int8 data of a tensor. Eight at a time: compilers count statements.
template <class File, int Tensor>
constexpr auto read_int8() {
  constexpr const tensor& t = contents_of<File>.t[Tensor];
  constexpr int n = static_cast<int>(t.data_bytes);
  numbers<std::int8_t, n> r{};
  const auto* from = &File::data[t.data_at];
  const auto at = [&](int i) { return static_cast<std::int8_t>(static_cast<unsigned char>(from[i])); };
  int i = 0;
  for (; i + 8 <= n; i += 8)
    r.v[i] = at(i), r.v[i + 1] = at(i + 1), r.v[i + 2] = at(i + 2), r.v[i + 3] = at(i + 3), r.v[i + 4] = at(i + 4),
    r.v[i + 5] = at(i + 5), r.v[i + 6] = at(i + 6), r.v[i + 7] = at(i + 7);
  for (; i < n; ++i) r.v[i] = at(i);
  return r;
}
template <class File, int Tensor>
alignas(16) inline constexpr auto int8_data = read_int8<File, Tensor>();

/// The int32 data of a tensor.
template <class File, int Tensor>
inline constexpr auto int32_data = [] {
  constexpr const tensor& t = contents_of<File>.t[Tensor];
  numbers<std::int32_t, static_cast<int>(t.data_bytes / 4)> r{};
  auto f = open<File>();
  for (int i = 0; i < static_cast<int>(t.data_bytes / 4); ++i)
    r.v[i] = f.f.i32(t.data_at + 4 * static_cast<unsigned>(i));
  return r;
}();

/// The scales of a tensor, one an output channel; a per-tensor scale repeats.
template <class File, int Tensor, int Channels>
inline constexpr auto scales_of = [] {
  constexpr const tensor& t = contents_of<File>.t[Tensor];
  numbers<float, Channels> r{};
  auto f = open<File>();
  for (int i = 0; i < Channels; ++i)
    r.v[i] = t.scales == 1 ? t.scale : f.f.f32(t.scales_at + 4 * static_cast<unsigned>(i));
  return r;
}();

}  // namespace thimble::tflite
