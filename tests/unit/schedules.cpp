// Schedules against their formulas in double, and their bits against those recorded.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <type_traits>
#include <vector>

#include <thimble/training/schedules.hpp>

namespace thimble {
namespace {

constexpr std::uint32_t last_step = std::numeric_limits<std::uint32_t>::max();
constexpr double pi = 3.14159265358979323846;

double expected_factor(const cosine_rate& s, std::uint32_t step) {
  if (step >= s.steps) return static_cast<double>(s.final_fraction);
  if (step < s.warm_up_steps) return (step + 1.0) / s.warm_up_steps;
  const double along = static_cast<double>(step - s.warm_up_steps) / (s.steps - s.warm_up_steps);
  const double f = static_cast<double>(s.final_fraction);
  return f + (1 - f) * (1 + std::cos(pi * along)) / 2;
}

const cosine_rate schedules[] = {
    {.learning_rate = 0.1f, .steps = 1000},
    {.learning_rate = 0.1f, .steps = 1000, .warm_up_steps = 100},
    {.learning_rate = 8e-4f, .bias_learning_rate = 1e-4f, .steps = 777, .warm_up_steps = 10, .final_fraction = 0.01f},
    {.learning_rate = 3, .steps = 50000, .warm_up_steps = 1, .final_fraction = 0.3f},
    {.learning_rate = 1.7f, .steps = 3, .warm_up_steps = 2, .final_fraction = 1},
    {.learning_rate = 1, .steps = 1, .final_fraction = 0.5f},
    {.learning_rate = 1, .steps = 2, .warm_up_steps = 1},
    {.learning_rate = 0.01f, .steps = last_step, .final_fraction = 1e-3f},
    {.learning_rate = 0.01f, .steps = last_step, .warm_up_steps = 1u << 31},
    {.learning_rate = 0.01f, .steps = last_step, .warm_up_steps = last_step - 1},
};

/// All steps of short schedules, and some past the end; of long ones some thousands, the corners' neighbours among them.
template <class Visit>
void for_steps(const cosine_rate& s, Visit visit) {
  if (s.steps < 100000) {
    for (std::uint32_t step = 0; step < s.steps + 10; ++step) visit(step);
  } else {
    std::vector<std::uint32_t> steps;
    for (std::uint64_t step = 0; step <= last_step; step += 1000003) steps.push_back(static_cast<std::uint32_t>(step));
    for (const std::uint32_t corner : {0u, s.warm_up_steps, s.steps})
      for (std::uint32_t d = 0; d < 5; ++d) {
        if (corner >= d) steps.push_back(corner - d);
        if (corner <= last_step - d) steps.push_back(corner + d);
      }
    std::sort(steps.begin(), steps.end());
    for (const std::uint32_t step : steps) visit(step);
  }
}

TEST_CASE("a constant rate") {
  static_assert(constant_rate{}.at(0).learning_rate == 8e-4f);
  static_assert(constant_rate{.learning_rate = 3}.at(last_step).bias_learning_rate == 1.5f);
  static_assert(constant_rate{1, 2}.at(7).bias_learning_rate == 2);
}

TEST_CASE("a cosine with warm-up is its formula") {
  double worst_of_all = 0;
  for (const cosine_rate& s : schedules) {
    CAPTURE(s.steps);
    CAPTURE(s.warm_up_steps);
    double worst = 0;
    for_steps(s, [&](std::uint32_t step) {
      const rates r = s.at(step);
      const double factor = expected_factor(s, step);
      worst = std::max(worst,
                       std::abs(static_cast<double>(r.learning_rate) / static_cast<double>(s.learning_rate) - factor));
      worst = std::max(
          worst,
          std::abs(static_cast<double>(r.bias_learning_rate) / static_cast<double>(s.bias_learning_rate) - factor));
    });
    CHECK(worst < 0x1p-14);
    worst_of_all = std::max(worst_of_all, worst);
  }
  std::printf("largest error of a cosine rate: %.2e of the rate = 2^%.2f\n", worst_of_all, std::log2(worst_of_all));
}

TEST_CASE("warm-up is linear to 24 bits") {
  for (const cosine_rate& s : schedules)
    for_steps(s, [&](std::uint32_t step) {
      if (step >= s.warm_up_steps || step >= s.steps) return;
      const double factor = (step + 1.0) / s.warm_up_steps;
      const double got = static_cast<double>(s.at(step).learning_rate) / static_cast<double>(s.learning_rate);
      CHECK(std::abs(got - factor) < 0x1p-24 + factor * 0x1p-24);
    });
  constexpr cosine_rate s{.learning_rate = 0.7f, .steps = 100, .warm_up_steps = 64};
  for (std::uint32_t step = 0; step < 64; ++step)
    CHECK(s.at(step).learning_rate == 0.7f * (static_cast<float>(step + 1) / 64));
}

TEST_CASE("the ends are exact") {
  for (const cosine_rate& s : schedules) {
    CAPTURE(s.steps);
    CAPTURE(s.warm_up_steps);
    if (s.warm_up_steps > 0) CHECK(s.at(s.warm_up_steps - 1).learning_rate == s.learning_rate);
    CHECK(s.at(s.warm_up_steps).learning_rate == s.learning_rate);
    CHECK(s.at(s.warm_up_steps).bias_learning_rate == s.bias_learning_rate);
    for (const std::uint32_t after : {s.steps, s.steps + (s.steps < last_step ? 1u : 0u), last_step}) {
      CHECK(s.at(after).learning_rate == s.learning_rate * s.final_fraction);
      CHECK(s.at(after).bias_learning_rate == s.bias_learning_rate * s.final_fraction);
    }
  }
}

TEST_CASE("never falls in warm-up, never rises after") {
  for (const cosine_rate& s : schedules) {
    rates last = s.at(0);
    std::uint32_t last_at = 0;
    for_steps(s, [&](std::uint32_t step) {
      const rates now = s.at(step);
      const bool rising = step < s.warm_up_steps, falling = last_at >= s.warm_up_steps;
      if (rising) CHECK(now.learning_rate >= last.learning_rate);
      if (falling) CHECK(now.learning_rate <= last.learning_rate);
      if (rising) CHECK(now.bias_learning_rate >= last.bias_learning_rate);
      if (falling) CHECK(now.bias_learning_rate <= last.bias_learning_rate);
      last = now;
      last_at = step;
    });
  }
}

TEST_CASE("the factor itself is monotone at each of its 2^23 phases") {
  std::uint64_t last = 0;
  long wrong = 0;
  double worst = 0;
  constexpr std::uint32_t phases = 1u << 23;
  for (std::uint32_t t = 0; t < phases; ++t) {
    const std::uint64_t now = detail::descended(t, phases);
    wrong += now < last;
    last = now;
    worst = std::max(worst, std::abs(static_cast<double>(now) * 0x1p-32 - (1 - std::cos(pi * t / phases)) / 2));
  }
  CHECK(wrong == 0);
  CHECK(last < std::uint64_t{1} << 32);
  CHECK(worst < 0.00004625);  // 2^-14.4, as stated
  std::printf("largest error of the raised cosine: 2^%.2f\n", std::log2(worst));
  for (int k = 0; k < 66; ++k) CHECK(detail::descent.v[k] == std::lround(32768 * (1 - std::cos(pi * k / 128))));
}

TEST_CASE("no steps, and a warm-up that never ends") {
  constexpr cosine_rate none{.learning_rate = 2, .final_fraction = 0.25f};
  CHECK(none.at(0).learning_rate == 0.5f);
  CHECK(none.at(last_step).bias_learning_rate == 0.25f);
  CHECK(cosine_rate{}.at(0).learning_rate == 0);
  for (const std::uint32_t steps : {0u, 1u, 10u, 19u, 20u}) {
    const cosine_rate s{.learning_rate = 1, .steps = steps, .warm_up_steps = 20, .final_fraction = 0.125f};
    for (std::uint32_t step = 0; step < 30; ++step) {
      const double expected = step >= steps ? 0.125 : (step + 1) / 20.0;
      CHECK(std::abs(static_cast<double>(s.at(step).learning_rate) - expected) < 0x1p-23);
    }
  }
}

TEST_CASE("fractions out of range, and rates that a learner refuses") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const auto end = [](float fraction) {
    const cosine_rate s{.learning_rate = 1, .steps = 10, .final_fraction = fraction};
    for (std::uint32_t step = 1; step <= 10; ++step) CHECK(s.at(step).learning_rate <= s.at(step - 1).learning_rate);
    return s.at(10).learning_rate;
  };
  CHECK(end(-1) == 0);
  CHECK(end(nan) == 0);
  CHECK(end(-infinity) == 0);
  CHECK(end(2) == 1);
  CHECK(end(infinity) == 0);
  CHECK(end(-0.0f) == 0);
  CHECK(end(1 - 0x1p-24f) == 1 - 0x1p-24f);
  CHECK(end(0x1p-30f) == 0x1p-30f);
  CHECK(end(std::numeric_limits<float>::min()) == std::numeric_limits<float>::min());
  for (const float wrong : {nan, infinity, -1.0f, -infinity})  // a learner refuses them, whatever the step
    for (const std::uint32_t step : {0u, 5u, 15u, 20u}) {
      const cosine_rate s{.learning_rate = wrong, .steps = 20, .warm_up_steps = 10};
      CHECK_FALSE(is_valid_rate(s.at(step).learning_rate));
      CHECK_FALSE(is_valid_rate(s.at(step).bias_learning_rate));
    }
}

TEST_CASE("a schedule may be a template argument") {
  static_assert(std::is_trivially_copyable_v<cosine_rate> && sizeof(cosine_rate) == 20);
  const auto at = []<cosine_rate S>(std::integral_constant<int, 0>, std::uint32_t step) { return S.at(step); };
  constexpr cosine_rate s{.learning_rate = 0.1f, .steps = 100, .warm_up_steps = 10};
  CHECK(at.template operator()<s>({}, 10).learning_rate == 0.1f);
}

TEST_CASE("the same bits everywhere, recorded") {
  std::uint32_t h = 2166136261u;
  for (const cosine_rate& s : schedules)
    for_steps(s, [&](std::uint32_t step) {
      const rates r = s.at(step);
      h = (h ^ std::bit_cast<std::uint32_t>(r.learning_rate)) * 16777619u;
      h = (h ^ std::bit_cast<std::uint32_t>(r.bias_learning_rate)) * 16777619u;
    });
  std::printf("bits of all rates: %08x\n", static_cast<unsigned>(h));
  CHECK(h == 0x5E7CE2C9u);
}

}  // namespace
}  // namespace thimble
