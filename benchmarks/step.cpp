// Instructions of one training step of an embedded network: its head replaced by ten classes, a published update of 49 KB.
#include <thimble/firmware/counter.hpp>
#include <thimble/firmware/semihosting.hpp>
#include <thimble/firmware/stack.hpp>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>
#include <thimble/training/published_schemes.hpp>

#include "sample.hpp"

#include THIMBLE_MODEL_HEADER

namespace {

namespace firmware = thimble::firmware;

struct backbone : thimble::tflite::network<THIMBLE_MODEL> {};
struct net : thimble::replace_head<backbone, thimble::dense<10>> {};
using update = THIMBLE_UPDATE;

struct learner : thimble::trainer<net, update> {};
constinit learner learn;

}  // namespace

int main() {
  firmware::instruction_counter counter;
  learn.reset();
  thimble::benchmark::show_noise(learn.input());
  counter.restart();
  static_cast<void>(learn.infer());
  const std::uint32_t forward = counter.instructions();
  std::uint32_t step = 0, hash = 2166136261u;
  for (int i = 0; i < 3; ++i) {  // the third: the head starts from zero, and its first steps have nothing to pass on
    thimble::benchmark::show_noise(learn.input());
    firmware::repaint_stack();
    counter.restart();
    const auto result = learn.step(i % 2, {.learning_rate = 0.01f});
    step = counter.instructions();
    if (result.what != thimble::status::ok) return 1;
  }
  for (const unsigned char b : learn.trained()) hash = (hash ^ b) * 16777619u;
  firmware::print("figure step." THIMBLE_FIGURE " ", firmware::fixed{static_cast<std::int32_t>(step / 100), 4},
                  " millions\nfigure step_forward." THIMBLE_FIGURE " ",
                  firmware::fixed{static_cast<std::int32_t>(forward / 100), 4},
                  " millions\nfigure step_sram." THIMBLE_FIGURE " ", sizeof learn,
                  " bytes\nfigure step_stack." THIMBLE_FIGURE " ", firmware::stack_bytes_used(),
                  " bytes\nlearned bytes: hash ", hash, "\n");
  return 0;
}
