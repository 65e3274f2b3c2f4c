// What was learnt, taken away and put back.
#include <doctest/doctest.h>

#include <vector>

#include "support/tiny_network.hpp"

using namespace thimble;

namespace {

struct update : sparse_update<weights<"block1/expand">, weights_of_head> {};
struct smaller_update
    : sparse_update<weights_of_head, bias<"block1/expand">, bias<"stem">, weights<"block1/expand", ratio{3, 4}>> {};
struct learner : trainer<test::tiny, update> {};
struct other_update : trainer<test::tiny, smaller_update> {};
/// The same shapes, other numbers.
struct other_net : quantized<test::tiny_architecture, test::random_parameters<test::tiny_architecture, 4>> {};
struct other_network : trainer<other_net, update> {};
/// The same shapes, scales and biases; the weights the other way round.
struct reversed_parameters : test::random_parameters<test::tiny_architecture, 3> {
  using original = test::random_parameters<test::tiny_architecture, 3>;
  template <int Number>
  struct layer : original::layer<Number> {
    static constexpr int count =
        graph_of<test::tiny_architecture>.at[graph_of<test::tiny_architecture>.node_numbered(Number)].weights();
    struct table {
      std::int8_t v[static_cast<std::size_t>(count)];
    };
    alignas(16) static constexpr table weights = [] {
      table t{};
      for (int i = 0; i < count; ++i) t.v[i] = original::template layer<Number>::weight[count - 1 - i];
      return t;
    }();
    static constexpr const auto& weight = weights.v;
  };
};
struct reversed_net : quantized<test::tiny_architecture, reversed_parameters> {};
struct reversed_network : trainer<reversed_net, update> {};
struct other_loss : trainer<test::tiny, update, mean_squared_error> {};

using bytes = std::vector<unsigned char>;

template <class Learner>
bytes state_of(Learner& l) {
  bytes b(Learner::state_bytes);
  l.state(std::span<unsigned char, Learner::state_bytes>(b.data(), b.size()));
  return b;
}
template <class Learner>
bytes trained_of(const Learner& l) {
  const auto t = l.trained();
  return {t.begin(), t.end()};
}

void teach(learner& l, int from, int to) {
  for (int step = from; step < to; ++step) {
    const auto x = l.input();
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<std::int8_t>(static_cast<int>(i * 7 + static_cast<std::size_t>(step) * 13) % 200 - 100);
    REQUIRE(l.step(step % 3, {.learning_rate = 0.05f}).ok());
  }
}

void mend(bytes& state) {  // the check sum, after a change
  std::uint32_t crc = thimble::detail::crc32(std::span<const unsigned char>(state).first(16));
  crc = thimble::detail::crc32(std::span<const unsigned char>(state).subspan(20), crc);
  for (std::size_t i = 0; i < 4; ++i) state[16 + i] = static_cast<unsigned char>(crc >> (8 * i));
}

TEST_CASE("the check sum is CRC-32") {
  const unsigned char text[] = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  CHECK(thimble::detail::crc32(text) == 0xCBF43926u);
}

TEST_CASE("what was learnt comes back, and goes on as if nothing had been") {
  static constinit learner a, b;
  const bytes factory = state_of(a);
  teach(a, 0, 20);
  const bytes state = state_of(a);
  CHECK(state != factory);
  REQUIRE(b.restore(state) == status::ok);
  CHECK(trained_of(a) == trained_of(b));
  CHECK(state_of(b) == state);
  teach(a, 20, 40);
  teach(b, 20, 40);
  CHECK(trained_of(a) == trained_of(b));
  CHECK(state_of(a) != state);
  REQUIRE(b.restore(factory) == status::ok);
  CHECK(state_of(b) == factory);
}

TEST_CASE("any flipped bit and any other length is refused, and nothing changes") {
  static constinit learner a;
  teach(a, 0, 10);
  const bytes state = state_of(a);
  for (std::size_t bit = 0; bit < 8 * state.size(); ++bit) {
    bytes wrong = state;
    wrong[bit / 8] = static_cast<unsigned char>(wrong[bit / 8] ^ (1u << (bit % 8)));
    const status s = a.restore(wrong);
    CHECK(s == (bit < 32 ? status::state_of_another_version : status::state_damaged));
  }
  for (std::size_t length = 0; length < state.size(); ++length)
    CHECK(a.restore(std::span<const unsigned char>(state).first(length)) == status::state_of_another_length);
  bytes longer = state;
  longer.push_back(0);
  CHECK(a.restore(longer) == status::state_of_another_length);
  CHECK(state_of(a) == state);
}

TEST_CASE("another learner's state is refused, each for its own reason") {
  static constinit learner a;
  static constinit other_network n;
  static constinit reversed_network r;
  static constinit other_update u;
  static constinit other_loss p;
  const bytes mine = state_of(a);
  static_assert(other_network::state_bytes == learner::state_bytes && other_loss::state_bytes == learner::state_bytes);
  CHECK(a.restore(state_of(n)) == status::state_of_another_network);
  CHECK(a.restore(state_of(r)) == status::state_of_another_network);
  CHECK(a.restore(state_of(p)) == status::state_of_another_policy);
  bytes other = state_of(u);
  other.resize(mine.size());  // of equal length, were it so
  mend(other);
  CHECK(a.restore(other) == status::state_of_another_update);
  CHECK(state_of(a) == mine);
}

}  // namespace
