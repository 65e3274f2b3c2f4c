// Latents: what the rest of a network goes on from, later and any number of times.
#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "support/tiny_network.hpp"

using namespace thimble;

namespace {

struct late : sparse_update<bias<"block1/depthwise">, weights_of_head> {};
struct learner : trainer<test::tiny, late> {};
struct everything : sparse_update<all_weights> {};
struct all_of_it : trainer<test::tiny, everything> {};
struct towards : trainer<test::tiny, late, mean_squared_error> {};

template <class Learner>
void show(Learner& l, int step) {
  const auto x = l.input();
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<std::int8_t>(static_cast<int>(i * 7 + static_cast<std::size_t>(step) * 29) % 200 - 100);
}
template <class Learner>
std::vector<unsigned char> trained_of(const Learner& l) {
  return {l.trained().begin(), l.trained().end()};
}

}  // namespace

TEST_CASE("a latent is the cheapest set of tensors before the first layer that learns") {
  // Everything learns: only the sample itself lies before it.
  static_assert(all_of_it::cut.loop == 0 && all_of_it::latent_bytes == static_cast<std::size_t>(all_of_it::inputs));
  constexpr const auto& plan = learner::plan;
  constexpr int nodes = learner::graph.size;
  static_assert(learner::cut.loop > 0 && learner::latent_bytes <= static_cast<std::size_t>(learner::inputs));
  // No tensor of the latent is made by, and none of the steps before it reads, what learns.
  for (int l = 0; l < learner::cut.loop; ++l) {
    const facts& f = learner::graph.at[plan.s[plan.l[l].first].node];
    CHECK_FALSE((f.trained > 0 || f.bias_trained));
  }
  // An independent count, of every cut: what is made before it and read after it, image and backward reads included.
  int cheapest = 1 << 30;
  for (int cut = 0; cut < plan.forward_steps; ++cut) {
    int bytes = 0;
    for (int id = 0; id < arena_kinds * nodes; ++id) {
      bool made = id == value * nodes, read = id == value * nodes + learner::output_node;
      for (int s = 0; s < plan.steps; ++s) {
        for (const int w : plan.s[s].writes) made = made || (s < cut && w == id && plan.t[id].needed);
        for (const int r : plan.s[s].reads) read = read || (s >= cut && r == id);
      }
      if (made && read) bytes += plan.t[id].bytes;
    }
    if (bytes < cheapest) cheapest = bytes;
    const facts& f = learner::graph.at[plan.s[cut].node];
    if (f.trained > 0 || f.bias_trained) break;  // its step is the last that may be cut before
  }
  CHECK(learner::latent_bytes == static_cast<std::size_t>(cheapest));
}

TEST_CASE("a step from a latent learns the bytes of a step from its sample, whenever and as often") {
  static constinit learner by_sample, by_latent;
  static learner::latent kept[6];
  for (int i = 0; i < 6; ++i) {  // all latents first: what is learnt later does not age them
    show(by_latent, i);
    REQUIRE(by_latent.keep(kept[i]) == status::ok);
  }
  for (int round = 0; round < 5; ++round)
    for (int i = 0; i < 6; ++i) {
      const rates r{.learning_rate = 0.02f};
      show(by_sample, i);
      const outcome a = by_sample.step(i % 3, r), b = by_latent.step_from(kept[i], i % 3, r);
      REQUIRE(a.ok());
      REQUIRE(b.ok());
      CHECK(a.loss == b.loss);
      CHECK(a.predicted == b.predicted);
      CHECK(trained_of(by_sample) == trained_of(by_latent));
    }
}

TEST_CASE("inference keeps a latent, and goes on from one") {
  static constinit learner l;
  static learner::latent first, second;
  show(l, 1);
  REQUIRE(l.step(2, {.learning_rate = 0.02f}).ok());
  show(l, 3);
  const auto whole = l.infer();
  const std::vector<fixed16> logits(whole.logits.begin(), whole.logits.end());
  show(l, 3);
  const auto keeping = l.infer(first);
  CHECK(std::equal(logits.begin(), logits.end(), keeping.logits.begin()));
  show(l, 3);
  REQUIRE(l.keep(second) == status::ok);
  CHECK(std::memcmp(first.bytes, second.bytes, sizeof first.bytes) == 0);
  const auto later = l.infer_from(first);
  CHECK(later.label == whole.label);
  CHECK(std::equal(logits.begin(), logits.end(), later.logits.begin()));

  CHECK(l.keep(first) == status::no_sample);  // it was consumed
  CHECK(l.step(0).what == status::no_sample);
  CHECK(l.step_from(first, 99).what == status::label_out_of_range);
  CHECK(l.step_from(first, 0, {.learning_rate = -1}).what == status::bad_learning_rate);
}

TEST_CASE("a latent's step needs no call before it") {
  static constinit learner fresh, other;
  static learner::latent kept;
  show(other, 4);
  REQUIRE(other.keep(kept) == status::ok);
  REQUIRE(fresh.step_from(kept, 1).ok());  // its weights come from flash
  REQUIRE(other.step_from(kept, 1).ok());
  CHECK(trained_of(fresh) == trained_of(other));
}

TEST_CASE("latents of learners towards real values") {
  static constinit towards a, b;
  static towards::latent kept;
  const float target[towards::outputs] = {0.5f, -1.0f, 2.0f};
  show(a, 5);
  show(b, 5);
  static_cast<void>(b.infer(kept));
  const outcome x = a.step(target), y = b.step_from(kept, target);
  REQUIRE(x.ok());
  REQUIRE(y.ok());
  CHECK(x.loss == y.loss);
  CHECK(trained_of(a) == trained_of(b));
  CHECK(b.infer_from(kept)[0] == b.infer_from(kept)[0]);
}

TEST_CASE("a replay buffer keeps the latent of the sample before a learner") {
  static constinit learner l;
  static constinit replay_buffer<learner, 400> buffer;
  CHECK(buffer.offer_from(l, 1).what == status::no_sample);
  show(l, 6);
  CHECK(buffer.offer_from(l, 3).what == status::label_out_of_range);
  CHECK(buffer.size() == 0);
  const admission kept = buffer.offer_from(l, 2);
  REQUIRE(kept.ok());
  CHECK(kept.kept);
  CHECK_FALSE(l.has_sample());
  static learner::latent again;
  show(l, 6);
  REQUIRE(l.keep(again) == status::ok);
  const auto past = buffer.pick();
  CHECK(past.label == 2);
  CHECK(std::memcmp(past.latent->bytes, again.bytes, sizeof again.bytes) == 0);
  CHECK(l.step_from(*past.latent, past.label).ok());
}
