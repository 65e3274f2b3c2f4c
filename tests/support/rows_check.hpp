// The same lesson layer by layer, row by row and with pushed rows.
#pragma once
#include <doctest/doctest.h>

#include <cstdio>
#include <vector>

#include "architectures.hpp"
#include "subject.hpp"

namespace thimble::test {

/// A network whose first blocks are the worst that there is in memory: what they widen is made again, in rows.
// clang-format off
struct wide_front : network<
    input<shape{40, 37, 3}>,
    conv2d<8, kernel{3}, stride{2}, relu6>,
    conv2d<48, relu6>,
    depthwise_conv2d<kernel{5}, stride{2}, relu6>,
    conv2d<8>,
    conv2d<40, relu>,
    depthwise_conv2d<kernel{3}, stride{2}, relu>,
    conv2d<32>,
    conv2d<32, kernel{3}, relu>,
    conv2d<32, kernel{3}, relu>,
    conv2d<32, kernel{3}, relu>,
    conv2d<32, kernel{3}, relu>,
    conv2d<32, kernel{5}, relu>,
    conv2d<32, kernel{5}, relu>,
    conv2d<32, kernel{5}, relu>,
    global_average_pool,
    dense<4>> {};
// clang-format on

struct the_head : sparse_update<weights_of_head> {};

template <class Learner>
void give(Learner& l, const std::vector<std::int8_t>& x) {
  if constexpr (Learner::pushes_rows) {
    constexpr auto row = static_cast<std::size_t>(Learner::inputs_at_once);
    for (std::size_t i = 0; i < x.size(); i += row) l.push_row(std::span<const std::int8_t, row>(x.data() + i, row));
  } else if constexpr (Learner::reads_patches) {
    l.take_sample(std::span<const std::int8_t, static_cast<std::size_t>(Learner::inputs)>(x.data(), x.size()));
  } else {
    std::copy(x.begin(), x.end(), l.input().begin());
  }
}

template <class Learner>
std::vector<std::int8_t> sample_of(const Learner&, std::uint32_t seed) {
  const auto x = make_sample(Learner::inputs, seed % 3 == 0 ? sample_kind::smooth : sample_kind::random, seed);
  return {x.begin(), x.end()};
}

/// What a lesson leaves: logits of every sample, and the bytes learned.
template <class Learner>
std::vector<int> lesson_of() {
  static Learner l;
  l.reset();
  std::vector<int> made;
  for (std::uint32_t i = 0; i < 12; ++i) {
    const auto x = sample_of(l, i);
    give(l, x);
    for (const auto& z : l.infer().logits) made.push_back(z.bits);
    give(l, x);
    const outcome o = l.step(static_cast<int>(i) % Learner::classes, {.learning_rate = 0.01f});
    REQUIRE(o.ok());
    made.push_back(o.loss.bits);
  }
  for (const unsigned char b : l.trained()) made.push_back(b);
  return made;
}

/// Equal lessons in every order of work; and, if Smaller, in no more memory.
template <class Architecture, bool Smaller = true, class Update = the_head>
void compare(const char* what) {
  CAPTURE(what);
  using net = varied<Architecture>;
  using whole = learner_of<net, Update>;
  using rows = learner_of<net, Update, row_by_row>;
  using pushed = learner_of<net, Update, pushed_rows>;
  const auto made = lesson_of<whole>();
  CHECK(lesson_of<rows>() == made);
  CHECK(lesson_of<pushed>() == made);
  CHECK(sizeof(rows) <= sizeof(whole));
  CHECK(rows::plan.lower_bound <= whole::plan.lower_bound);
  if (Smaller) CHECK(pushed::plan.lower_bound <= rows::plan.lower_bound);
  std::printf("  %-24s %6zu bytes layer by layer, %6zu row by row, %6zu pushed\n", what, sizeof(whole), sizeof(rows),
              sizeof(pushed));
}

}  // namespace thimble::test
