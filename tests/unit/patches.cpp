// Layers by patches: of a sample that is read at random, and of blocks whose wide rows are made again.
#include <set>

#include <thimble/sensor.hpp>

#include "support/rows_check.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// Equal lessons whatever the size of the patches, and how many of its steps are made by patches.
template <class Architecture, int... Along>
void compare_patches(const char* what) {
  CAPTURE(what);
  using net = varied<Architecture>;
  const auto made = lesson_of<learner_of<net, the_head>>();
  const auto check = [&]<int N>(std::integral_constant<int, N>) {
    using patched = learner_of<net, the_head, patches<N>>;
    CAPTURE(N);
    CHECK(lesson_of<patched>() == made);
    constexpr const auto& p = patched::plan;
    CHECK(p.l[0].by_patches);
    CHECK((N > 1 || patched::work.again == 0));
    std::printf("  %-20s %2d x %-2d patches of %2d layers: %6zu bytes, %5.1f %% of multiplications made again\n", what,
                N, N, p.l[0].count, sizeof(patched),
                100.0 * static_cast<double>(patched::work.again) / static_cast<double>(patched::work.all));
  };
  (check(std::integral_constant<int, Along>{}), ...);
}

// clang-format off
struct wide_residual : network<
    input<shape{33, 26, 2}>,
    conv2d<8, kernel{3}, stride{2}, relu6>,
    residual<
        conv2d<56, relu6>,
        depthwise_conv2d<relu6>,
        conv2d<8>>,
    conv2d<64, relu6>,
    depthwise_conv2d<kernel{3}, stride{2}>,
    conv2d<12, stride{2}>,
    conv2d<64, kernel{3}, relu6>,
    conv2d<48, kernel{5}, relu6>,
    conv2d<48, kernel{5}, relu6>,
    global_average_pool,
    dense<5>> {};
// clang-format on

template <class Learner>
int groups_of_plan() {
  int n = 0;
  for (int i = 0; i < Learner::plan.steps; ++i) n += Learner::plan.s[i].patches.first == i ? 1 : 0;
  return n;
}

template <class Architecture>
void compare_groups(const char* what) {
  CAPTURE(what);
  using net = varied<Architecture>;
  using again = learner_of<net, the_head, pushed_rows, recompute>;
  using rows = learner_of<net, the_head, pushed_rows, least_memory>;
  const auto made = lesson_of<learner_of<net, the_head>>();
  CHECK(lesson_of<again>() == made);
  CHECK(lesson_of<learner_of<net, the_head, row_by_row, recompute>>() == made);
  CHECK(groups_of_plan<again>() > 0);
  CHECK(sizeof(again) < sizeof(rows));
  CHECK(again::work.again > 0);
  CHECK(8 * again::work.again <= again::work.all);
  CHECK(rows::work.again == 0);
  std::printf("  %-20s %zu bytes by rows, %zu with %d groups, %.1f %% made again\n", what, sizeof(rows), sizeof(again),
              groups_of_plan<again>(),
              100.0 * static_cast<double>(again::work.again) / static_cast<double>(again::work.all));
}

}  // namespace

TEST_CASE("patches of a network like the demo") { compare_patches<like_the_demo, 1, 2, 3, 5>("like_the_demo"); }
TEST_CASE("patches of convolutions") {
  compare_patches<square3, 2, 4>("square3");
  compare_patches<square5, 3>("square5");
  compare_patches<rectangular, 2>("rectangular");
  compare_patches<larger_stride, 2>("larger_stride");
  compare_patches<pointwise_wide, 2>("pointwise_wide");
}
TEST_CASE("patches of depthwise layers") {
  compare_patches<depthwise3, 3>("depthwise3");
  compare_patches<depthwise5, 2>("depthwise5");
  compare_patches<depthwise7, 2, 4>("depthwise7");
}
TEST_CASE("patches of residuals and pools") {
  compare_patches<bottleneck, 2>("bottleneck");
  compare_patches<nested, 2, 3>("nested");
  compare_patches<chained, 2>("chained");
  compare_patches<pools_overlapping, 2>("pools_overlapping");
  compare_patches<pools_odd, 3>("pools_odd");
}

TEST_CASE("blocks made again in rows") {
  compare_groups<wide_front>("wide_front");
  compare_groups<wide_residual>("wide_residual");
}

TEST_CASE("a sample is read where it lies, in rows of pixels, and every pixel of it") {
  using net = varied<like_the_demo>;
  using patched = learner_of<net, the_head, patches<3>>;
  static patched l;
  const auto x = sample_of(l, 5);
  constexpr shape s = patched::graph.at[0].out;
  std::set<int> seen;
  int read = 0;
  l.take_sample([&](int row, int column, int pixels, std::int8_t* to) {
    REQUIRE(row >= 0);
    REQUIRE(row < s.h);
    REQUIRE(column >= 0);
    REQUIRE(column + pixels <= s.w);
    for (int i = 0; i < pixels; ++i) seen.insert(row * s.w + column + i);
    read += pixels;
    std::copy_n(x.begin() + (row * s.w + column) * s.c, pixels * s.c, to);
  });
  CHECK(static_cast<int>(seen.size()) == s.pixels());
  CHECK(read > s.pixels());  // patches reach over each other
  CHECK(l.has_sample());
  const auto by_callback = l.infer().logits[0].bits;
  CHECK_FALSE(l.has_sample());
  CHECK(l.step(0).what == status::no_sample);
  give(l, x);
  CHECK(l.infer().logits[0].bits == by_callback);
}

TEST_CASE("bytes of a sensor are stored as they are read") {
  using net = varied<like_the_demo>;
  static learner_of<net, the_head, patches<3>> patched;
  static learner_of<net, the_head> whole;
  std::vector<std::uint8_t> raw(static_cast<std::size_t>(whole.inputs));
  for (std::size_t i = 0; i < raw.size(); ++i) raw[i] = static_cast<std::uint8_t>(i * 37 % 251);
  constexpr normalization n{.mean = 100, .deviation = 60};
  take_bytes<n>(patched, std::span<const std::uint8_t, static_cast<std::size_t>(decltype(whole)::inputs)>(raw.data(),
                                                                                                          raw.size()));
  REQUIRE(put_bytes<n>(whole, raw) == status::ok);
  const auto made = patched.infer().logits, wanted = whole.infer().logits;
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(made[i].bits == wanted[i].bits);
}
