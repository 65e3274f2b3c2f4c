// What was learnt travels between machines. usage: travel OUT [IN]
// Takes up the states in IN (factory state without), learns forty steps more, and writes the states to OUT: of a learner with the
// default policies and of one whose optimizer has a state, too. Before learning it checks that state() gives what restore() took.
#include <cstring>
#include <span>

#include "machine.hpp"
#include "support/small_lesson.hpp"

namespace {

namespace machine = thimble::test::machine;
using thimble::test::small_learner;

struct other_learner : thimble::trainer<thimble::test::small_network, thimble::test::small_update,
                                        thimble::stochastic_rounding<5>, thimble::momentum<0.9f>> {};

constinit small_learner usual;
constinit other_learner other;
constexpr std::size_t usual_bytes = small_learner::state_bytes, other_bytes = other_learner::state_bytes;
unsigned char states[usual_bytes + other_bytes], again[usual_bytes + other_bytes];

void take_states(unsigned char* to) {
  usual.state(std::span<unsigned char, usual_bytes>(to, usual_bytes));
  other.state(std::span<unsigned char, other_bytes>(to + usual_bytes, other_bytes));
}

bool take_up(const char* path) {
  machine::file file(path);
  if (!file.is_open() || file.read(0, reinterpret_cast<char*>(states), sizeof states) != sizeof states) return false;
  const std::span<const unsigned char> all(states);
  if (usual.restore(all.first(usual_bytes)) != thimble::status::ok ||
      other.restore(all.subspan(usual_bytes)) != thimble::status::ok)
    return false;
  take_states(again);
  return std::memcmp(states, again, sizeof states) == 0;
}

template <class Learner>
bool learn(Learner& learner, float rate) {
  for (std::uint32_t i = 0; i < 40; ++i) {
    const int label = thimble::test::show_sample(i, learner.input());
    if (!learner.step(label, {.learning_rate = rate}).ok()) return false;
  }
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  char out[512];
  const char* in = machine::two_arguments(count, arguments, out, sizeof out);
  if (out[0] == '\0') {
    machine::put("usage: travel OUT [IN]\n");
    return 1;
  }
  if (in != nullptr && !take_up(in)) {
    machine::put("the states were refused, or changed\n");
    return 1;
  }
  if (!learn(usual, 0.2f) || !learn(other, 0.05f)) {
    machine::put("a step was refused\n");
    return 1;
  }
  take_states(states);
  return machine::write(out, states, sizeof states) ? 0 : 1;
}
