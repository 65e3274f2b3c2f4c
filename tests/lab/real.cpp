// On a published network under a published scheme: the learner whose update is a value learns the bytes of the one whose update is a type,
// and the planner on values says its arena and its size.
#include <cstdio>
#include <memory>
#include <vector>

#include <thimble/formats/tflite.hpp>
#include <thimble/lab/host_learner.hpp>
#include <thimble/thimble.hpp>
#include <thimble/training/published_schemes.hpp>

#include "mcunet_5fps.hpp"

namespace {

struct backbone : thimble::tflite::network<mcunet_5fps> {};
struct net : thimble::replace_head<backbone, thimble::dense<10>> {};
struct learner : thimble::trainer<net, thimble::published::mcunet_5fps_49> {};
constinit learner by_type;

template <class To>
void show(To to, int step) {
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] = static_cast<std::int8_t>((static_cast<int>(i) * 37 + static_cast<int>(i) / 97 * step) % 251 - 125);
}

int wrong = 0;
void same(const char* what, int a, int b) {
  std::printf("%s: %d and %d\n", what, a, b);
  wrong += a == b ? 0 : 1;
}

}  // namespace

int main() {
  thimble::lab::update_choice choice;
  choice.biases = 20;
  choice.set(24, {1, 4});
  choice.set(27, {1, 2});
  choice.set(30, {1, 2});
  using by_value_type = thimble::lab::host_learner<net>;
  const auto by_value = std::make_unique<by_value_type>(choice);
  for (int step = 0; step < 20; ++step) {
    const thimble::rates r{.learning_rate = 0.01f};
    show(by_type.input(), step);
    show(by_value->input(), step);
    const auto a = by_type.step(step % 10, r), b = by_value->step(step % 10, r);
    if (!a.ok() || a.what != b.what || a.loss.bits != b.loss.bits || a.predicted != b.predicted) ++wrong;
  }
  const auto bytes = by_value->trained();
  const auto expected = by_type.trained();
  same("trained bytes that agree", static_cast<int>(expected.size()), [&] {
    int equal = 0;
    for (std::size_t i = 0; i < expected.size() && i < bytes.size(); ++i) equal += expected[i] == bytes[i] ? 1 : 0;
    return equal;
  }());
  const auto f = by_value_type::planner::figures_of(choice);
  same("arena", learner::plan.peak, f.arena);
  same("bound", learner::plan.lower_bound, f.lower_bound);
  same("learner", static_cast<int>(sizeof(learner)), f.learner);
  return wrong == 0 ? 0 : 1;
}
