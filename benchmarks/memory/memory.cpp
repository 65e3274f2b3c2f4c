// What a network takes in one order of work: bytes of the learner, of the stack, and instructions.
#include <thimble/firmware/counter.hpp>
#include <thimble/firmware/semihosting.hpp>
#include <thimble/firmware/stack.hpp>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>
#include <thimble/training/published_schemes.hpp>

#include THIMBLE_MODEL_HEADER

namespace {

namespace firmware = thimble::firmware;

struct backbone : thimble::tflite::network<THIMBLE_MODEL> {};
#ifdef THIMBLE_SCHEME
struct net : thimble::replace_head<backbone, thimble::dense<10>> {};
struct subject : thimble::trainer<net, thimble::published::THIMBLE_SCHEME, THIMBLE_POLICIES> {};
#else
struct subject : thimble::inference<backbone, THIMBLE_POLICIES> {};
#endif
constinit subject it;

/// Some picture: what it costs hardly depends on it.
void draw(std::span<std::int8_t> values, std::uint32_t& state) {
  for (std::int8_t& v : values) {
    state = state * 1664525u + 1013904223u;
    v = static_cast<std::int8_t>(state >> 24);
  }
}

struct cost {
  std::uint32_t instructions = 0;
  std::size_t stack = 0;
};

/// Rows as they come, counted; or the sample at once.
template <class Subject>
void show(Subject& to, std::uint32_t state, cost& spent) {
  firmware::instruction_counter counter;
  if constexpr (Subject::pushes_rows) {
    for (int row = 0; row * Subject::inputs_at_once < Subject::inputs; ++row) {
      draw(to.next_row(), state);
      counter.restart();
      to.push_row();
      spent.instructions += counter.instructions();
    }
  } else if constexpr (Subject::reads_patches) {
    counter.restart();
    to.take_sample([&state](int, int, int pixels, std::int8_t* at) {
      draw({at, static_cast<std::size_t>(pixels * Subject::graph.at[0].out.c)}, state);
    });
    spent.instructions += counter.instructions();
  } else {
    draw(to.input(), state);
  }
}

bool run(std::uint32_t state, cost& spent) {
  spent = {};
  firmware::repaint_stack();
  show(it, state, spent);
  firmware::instruction_counter counter;
  counter.restart();
#ifdef THIMBLE_SCHEME
  const bool done = it.step(static_cast<int>(state % 10), {.learning_rate = 0.01f}).ok();
#else
  const bool done = it.infer().size() > 0;
#endif
  spent.instructions += counter.instructions();
  spent.stack = firmware::stack_bytes_used();
  return done;
}

}  // namespace

int main() {
  cost spent;
  it.reset();
  for (std::uint32_t i = 0; i < 3;
       ++i)  // the third: the head starts from zero, and its first steps have nothing to pass on
    if (!run(i, spent)) return 1;
  constexpr auto extra_hundredths = static_cast<std::int32_t>(subject::work.again * 10000 / subject::work.all);
  constexpr auto over_bound = (subject::plan.peak - subject::plan.lower_bound) * 10000LL / subject::plan.lower_bound;
  firmware::print("figure sram." THIMBLE_FIGURE " ", sizeof it, " bytes\nfigure stack." THIMBLE_FIGURE " ", spent.stack,
                  " bytes\nfigure instructions." THIMBLE_FIGURE " ",
                  firmware::fixed{static_cast<std::int32_t>(spent.instructions / 100), 4},
                  " millions\nfigure extra_macs." THIMBLE_FIGURE " ", firmware::fixed{extra_hundredths, 2},
                  " percent\nfigure over_bound." THIMBLE_FIGURE " ",
                  firmware::fixed{static_cast<std::int32_t>(over_bound), 2}, " percent\n");
  return 0;
}
