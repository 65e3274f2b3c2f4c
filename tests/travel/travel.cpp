// What was learnt travels between machines. usage: travel OUT [IN]
// Takes up the state in IN (factory state without), learns forty steps more, and writes the state to OUT. Before learning it checks
// that state() gives what restore() took. THIMBLE_TRAVELLER: which learner.
#include <cstring>
#include <span>

#include "machine.hpp"
#include "support/small_lesson.hpp"

namespace {

namespace machine = thimble::test::machine;
using thimble::test::small_network, thimble::test::small_update;

struct usual : thimble::trainer<small_network, small_update> {};
struct hashed
    : thimble::trainer<small_network, small_update, thimble::stochastic_rounding<5>, thimble::momentum<0.9f>> {};
struct summed : thimble::trainer<small_network, small_update, thimble::residual_bits<4>, thimble::accumulate<3>,
                                 thimble::weight_decay<0.01f>, thimble::clip_gradients<0.5f>> {};
struct largest_channels : thimble::sparse_update<thimble::weights<"expand", thimble::ratio{1, 2}, thimble::largest>,
                                                 thimble::weights<"depthwise", thimble::ratio{1, 2}, thimble::largest>,
                                                 thimble::weights_of_head> {};
struct listed : thimble::trainer<small_network, largest_channels> {};

using traveller = THIMBLE_TRAVELLER;
constinit traveller learner;
unsigned char state[traveller::state_bytes], again[traveller::state_bytes];

bool take_up(const char* path) {
  machine::file file(path);
  if (!file.is_open() || file.read(0, reinterpret_cast<char*>(state), sizeof state) != sizeof state) return false;
  if (learner.restore(state) != thimble::status::ok) return false;
  learner.state(again);
  return std::memcmp(state, again, sizeof state) == 0;
}

bool learn() {
  for (std::uint32_t i = 0; i < 40; ++i) {
    const int label = thimble::test::show_sample(i, learner.input());
    if (!learner.step(label, {.learning_rate = 0.05f}).ok()) return false;
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
    machine::put("the state was refused, or changed\n");
    return 1;
  }
  if (!learn()) {
    machine::put("a step was refused\n");
    return 1;
  }
  learner.state(state);
  return machine::write(out, state, sizeof state) ? 0 : 1;
}
