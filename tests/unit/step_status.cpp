// What a call does and does not: refused steps change nothing, learning begins by itself, reset leads back.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <cstring>
#include <limits>

#include "../support/subject.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

struct architecture
    : network<input<shape{6, 5, 2}>, conv2d<6, kernel{3}, relu6>, residual<conv2d<6>>, max_pool<>, dense<4>> {};
struct net : quantized<architecture, varied_parameters<architecture>> {};
struct update : sparse_update<bias<0>, weights<1, ratio{1, 2}>, weights_of_head> {};
struct learner : trainer<net, update> {
  using network_type = net;
};
struct only_infers : classifier<net> {};

template <class T>
concept can_step = requires(T t) { t.step(0); };
static_assert(can_step<learner> && !can_step<only_infers>, "what trains nothing has no step");
static_assert(std::is_trivially_destructible_v<learner>);

constinit learner first_call;  // each refused step here is its first call
constinit learner one, two;

/// Every byte of an object.
template <class T>
std::array<unsigned char, sizeof(T)> bytes_of(const T& object) {
  std::array<unsigned char, sizeof(T)> b;
  std::memcpy(b.data(), &object, sizeof(T));
  return b;
}
std::vector<unsigned char> trained_bytes(const learner& l) { return {l.trained().begin(), l.trained().end()}; }

constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();

struct refused {
  int label;
  rates r;
  status what;
};
const refused refusals[] = {
    {-1, {}, status::label_out_of_range},
    {4, {}, status::label_out_of_range},
    {INT_MAX, {}, status::label_out_of_range},
    {INT_MIN, {}, status::label_out_of_range},
    {0, {.learning_rate = nan}, status::bad_learning_rate},
    {1, {.learning_rate = -nan}, status::bad_learning_rate},
    {2, {.learning_rate = -1e-3F}, status::bad_learning_rate},
    {3, {.learning_rate = infinity}, status::bad_learning_rate},
    {3, {.learning_rate = -infinity}, status::bad_learning_rate},
    {3, {.learning_rate = std::numeric_limits<float>::signaling_NaN()}, status::bad_learning_rate},
    {0, {.learning_rate = 1e-3F, .bias_learning_rate = nan}, status::bad_learning_rate},
    {0, {.learning_rate = 1e-3F, .bias_learning_rate = -2}, status::bad_learning_rate},
    {0, {.learning_rate = 1e-3F, .bias_learning_rate = infinity}, status::bad_learning_rate},
};

void check_refusals(learner& l) {
  for (const refused& x : refusals) {
    CAPTURE(x.label);
    CAPTURE(x.r.learning_rate);
    CAPTURE(x.r.bias_learning_rate);
    show(l, make_sample(l.inputs, sample_kind::random, 3));
    const auto before = bytes_of(l);
    const outcome o = l.step(x.label, x.r);
    CHECK(o.what == x.what);
    CHECK_FALSE(o.ok());
    CHECK(o.predicted == -1);
    CHECK(bytes_of(l) == before);  // the sample too
  }
}

}  // namespace

TEST_CASE("a refused step changes nothing, as the very first call and later") {
  check_refusals(first_call);
  const auto trained = first_call.trained();
  CHECK(std::all_of(trained.begin(), trained.end(), [](unsigned char b) { return b == 0; }));  // not even begun
  REQUIRE(first_call.step(2, {.learning_rate = 0.1F}).ok());
  check_refusals(first_call);
}

TEST_CASE("learning begins by itself: infer, step and reset in any order start from the factory's weights") {
  const auto sample = make_sample(learner::inputs, sample_kind::random, 8);
  one.reset();
  const auto factory = trained_bytes(one);
  CHECK(std::any_of(factory.begin(), factory.end(), [](unsigned char b) { return b != 0; }));
  const auto flash = describe<learner>();
  auto copied = flash.layers;
  take_trained(one, copied);
  for (std::size_t n = 0; n < copied.size(); ++n) {
    CHECK(copied[n].weight == flash.layers[n].weight);
    CHECK(copied[n].fraction == flash.layers[n].fraction);
    CHECK(copied[n].bias == flash.layers[n].bias);
  }

  show(two, sample);
  const auto guess = two.infer();  // not reset before
  const std::vector<fixed16> logits(guess.logits.begin(), guess.logits.end());
  CHECK(trained_bytes(two) == factory);  // infer learns nothing
  show(one, sample);
  const outcome by_one = one.step(3, {.learning_rate = 0.1F});
  show(two, sample);
  const outcome by_two = two.step(3, {.learning_rate = 0.1F});
  REQUIRE(by_one.ok());
  REQUIRE(by_two.ok());
  CHECK(by_one.loss == by_two.loss);
  CHECK(by_one.predicted == guess.label);
  CHECK(by_two.predicted == guess.label);
  CHECK(trained_bytes(one) == trained_bytes(two));
  CHECK(trained_bytes(one) != factory);

  one.reset();
  CHECK(trained_bytes(one) == factory);
  show(one, sample);
  const auto again = one.infer();
  CHECK(std::equal(again.logits.begin(), again.logits.end(), logits.begin(), logits.end()));

  static learner stepped_first;
  show(stepped_first, sample);
  REQUIRE(stepped_first.step(3, {.learning_rate = 0.1F}).ok());
  CHECK(trained_bytes(stepped_first) == trained_bytes(two));
}

TEST_CASE("label, confidence and loss are those of softmax") {
  learner l;
  reference r(describe<learner>());
  for (std::uint32_t i = 0; i < 40; ++i) {
    const auto sample = make_sample(l.inputs, sample_kind::random, i);
    const int label = static_cast<int>(i % 4);
    r.forward(sample);
    r.backward(label);
    show(l, sample);
    const auto guess = l.infer();
    const auto best = std::max_element(r.logits.begin(), r.logits.end());
    CHECK(guess.label == best - r.logits.begin());
    CHECK(guess.logits.size() == 4);
    double sum = 0;
    for (std::int64_t z : r.logits) sum += std::exp(static_cast<double>(z - *best) / 65536);
    CHECK(static_cast<double>(guess.confidence) == doctest::Approx(1 / sum).epsilon(1e-6));
    show(l, sample);
    const outcome o = l.step(label, {.learning_rate = 0, .bias_learning_rate = 0});
    CHECK(o.ok());
    CHECK(o.predicted == guess.label);
    CHECK(std::abs(static_cast<double>(o.loss.value()) - r.loss) < 4.0 / 65536);
  }
}

TEST_CASE("rates at the ends: zero and the smallest change nothing, the largest saturates") {
  learner l;
  l.reset();
  const auto factory = trained_bytes(l);
  for (const float rate : {0.0F, std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::min()}) {
    show(l, make_sample(l.inputs, sample_kind::random, 4));
    CHECK(l.step(1, {.learning_rate = rate, .bias_learning_rate = rate}).ok());
    CHECK(trained_bytes(l) == factory);
  }
  for (int i = 0; i < 5; ++i) {
    show(l, make_sample(l.inputs, sample_kind::random, static_cast<std::uint32_t>(i)));
    CHECK(l.step(i % 4, {.learning_rate = std::numeric_limits<float>::max(),
                         .bias_learning_rate = std::numeric_limits<float>::max()})
              .ok());
    auto layers = describe<learner>().layers;
    take_trained(l, layers);
    for (std::size_t n = 0; n < layers.size(); ++n) {
      const facts& f = learner::graph.at[learner::graph.node_numbered(static_cast<int>(n))];
      for (int w : layers[n].weight) CHECK(std::abs(w) <= 127);
      for (std::int64_t b : layers[n].bias) CHECK(std::abs(b) <= reference::bias_limit(f));
    }
  }
  CHECK(trained_bytes(l) != factory);
}

TEST_CASE("a bias rate that is not given is half the rate") {
  CHECK(rates{}.learning_rate == 8e-4F);
  CHECK(rates{.learning_rate = 3}.bias_learning_rate == 1.5F);
}

TEST_CASE("a sample that the last call consumed is not learned from again") {
  static constinit learner l;
  const auto untouched = bytes_of(l);
  CHECK(l.step(1).what == status::no_sample);
  CHECK(bytes_of(l) == untouched);
  show(l, make_sample(learner::inputs, sample_kind::random, 1));
  static_cast<void>(l.infer());
  const auto after_infer = bytes_of(l);
  CHECK(l.step(1).what == status::no_sample);
  CHECK(bytes_of(l) == after_infer);
  show(l, make_sample(learner::inputs, sample_kind::random, 1));
  CHECK(l.step(1).ok());
  CHECK(l.step(1).what == status::no_sample);
}
