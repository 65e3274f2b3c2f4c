// Samples as sensors give them, converted on the way into a learner's input with the network's own quantization. A sample may come
// in parts, such as the lines of a camera: `first` says where a part begins. Where a learner takes its sample row by row (policy
// pushed_rows) they fill its next row, and push_row() follows.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <thimble/status.hpp>
#include <thimble/tensor/convert.hpp>
#include <thimble/tensor/shape.hpp>

namespace thimble {

/// From raw values to those that the network was trained on: real = (raw - mean) / deviation. {0, 255} makes [0, 1] of bytes,
/// {127.5, 127.5} makes [-1, 1]; the default leaves them.
struct normalization {
  float mean = 0, deviation = 1;
};

namespace detail {

/// What is stored for each byte: 256 bytes of flash; equal tables are one.
template <quantization Q, normalization N>
inline constexpr auto stored_bytes = [] {
  std::array<std::int8_t, 256> t{};
  for (int raw = 0; raw < 256; ++raw)
    t[static_cast<std::size_t>(raw)] = quantized_value((static_cast<float>(raw) - N.mean) / N.deviation, Q);
  return t;
}();

template <class Learner>
constexpr bool holds(std::size_t first, std::size_t values) {
  constexpr auto all = static_cast<std::size_t>(Learner::inputs_at_once);
  return first <= all && values <= all - first;
}

/// Where values go: the sample, or its next row.
template <class Learner>
std::span<std::int8_t> place_of(Learner& learner) {
  static_assert(!Learner::reads_patches,
                "policy patches: the sample is read where it lies, by take_sample or take_bytes");
  if constexpr (Learner::pushes_rows)
    return learner.next_row();
  else if constexpr (!Learner::reads_patches)
    return learner.input();
  else
    return std::span<std::int8_t>{};
}

}  // namespace detail

/// Bytes, one for each input value from value `first` on: stored = clamp(round(((raw - mean) / deviation) / scale) + zero_point).
template <normalization N = normalization{}, class Learner>
[[nodiscard]] status put_bytes(Learner& learner, std::span<const std::uint8_t> raw, std::size_t first = 0) {
  if (!detail::holds<Learner>(first, raw.size())) return status::sample_too_long;
  const auto to = detail::place_of(learner).subspan(first);
  for (std::size_t i = 0; i < raw.size(); ++i) to[i] = detail::stored_bytes<Learner::input_quantization, N>[raw[i]];
  return status::ok;
}

/// The same of a whole sample that stays where it is, for a learner that reads patches of it (policy patches).
template <normalization N = normalization{}, class Learner>
void take_bytes(Learner& learner, std::span<const std::uint8_t, static_cast<std::size_t>(Learner::inputs)> raw)
  requires(Learner::reads_patches)
{
  learner.take_sample([at = raw.data()](int row, int column, int pixels, std::int8_t* to) {
    constexpr shape s = Learner::graph.at[0].out;
    const std::uint8_t* from = at + (row * s.w + column) * s.c;
    for (int i = 0; i < pixels * s.c; ++i) to[i] = detail::stored_bytes<Learner::input_quantization, N>[from[i]];
  });
}

/// Pixels of 5, 6 and 5 bits (red highest), each three input values, from pixel `first` on. Five and six bits become eight by
/// repeating their highest; then as put_bytes.
template <normalization N = normalization{}, class Learner>
[[nodiscard]] status put_rgb565(Learner& learner, std::span<const std::uint16_t> pixels, std::size_t first = 0) {
  if (!detail::holds<Learner>(3 * first, 3 * pixels.size())) return status::sample_too_long;
  const auto to = detail::place_of(learner).subspan(3 * first);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const unsigned p = pixels[i], red = p >> 11, green = p >> 5 & 63, blue = p & 31;
    const unsigned bytes[] = {red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2};
    for (std::size_t c = 0; c < 3; ++c) to[3 * i + c] = detail::stored_bytes<Learner::input_quantization, N>[bytes[c]];
  }
  return status::ok;
}

/// Real values from value `first` on; what is not a number is stored as zero.
template <class Learner>
[[nodiscard]] status put_real(Learner& learner, std::span<const float> values, std::size_t first = 0) {
  if (!detail::holds<Learner>(first, values.size())) return status::sample_too_long;
  const auto to = detail::place_of(learner).subspan(first);
  for (std::size_t i = 0; i < values.size(); ++i) to[i] = quantized_value(values[i], Learner::input_quantization);
  return status::ok;
}

/// Values as a file with a uint8 input stores them (there they are taken as int8, 128 less), from value `first` on.
template <class Learner>
[[nodiscard]] status put_stored(Learner& learner, std::span<const std::uint8_t> values, std::size_t first = 0) {
  if (!detail::holds<Learner>(first, values.size())) return status::sample_too_long;
  const auto to = detail::place_of(learner).subspan(first);
  for (std::size_t i = 0; i < values.size(); ++i) to[i] = static_cast<std::int8_t>(values[i] - 128);
  return status::ok;
}

}  // namespace thimble
