// Instructions of one training step of an embedded network: its head replaced by ten classes, a published update of 49 KB.
// Arguments: a name that is not read, and "steps" for the breakdown.
#include <cstring>

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
struct net : thimble::replace_head<backbone, thimble::dense<10>> {};
using update = thimble::published::THIMBLE_SCHEME;

struct learner : thimble::trainer<net, update> {
  /// One more training step, each step of its plan counted.
  void show_steps(int label, thimble::kernels::step_size rate) {
    thimble::lesson now;
    now.label = label;
    now.rate = now.bias_rate = rate;
    firmware::instruction_counter spent;
    show_all(spent, now, std::make_integer_sequence<int, plan.loops>{});
  }

 private:
  using full = thimble::with_loss<net, thimble::cross_entropy>;

  template <int Step>
  void show(firmware::instruction_counter& spent, thimble::lesson& now) {
    constexpr thimble::step s = plan.s[Step];
    using layer = typename thimble::mp::mp_at_c<typename full::nodes, static_cast<std::size_t>(s.node)>::layer;
    using rules = thimble::mp::mp_if_c<s.backward, typename layer::gradient, typename layer::forward>;
    spent.restart();
    thimble::mp::mp_at_c<rules, static_cast<std::size_t>(s.rule)>::run(
        thimble::step_binding<full, update, Step>(arena_, const_cast<unsigned char*>(trained().data()), &now));
    const std::uint32_t taken = spent.instructions();
    constexpr const thimble::facts& f = graph.at[s.node];
    firmware::print(s.backward ? "backward " : "forward ", s.node, " ", f.kind, " rule ", s.rule, " ", f.in.h, "x",
                    f.in.w, "x", f.in.c, " -> ", f.out.h, "x", f.out.w, "x", f.out.c, " window ", f.win.kernel_h,
                    " stride ", f.win.stride_h, " trained ", f.trained, " instructions ", taken, " milli/output ",
                    static_cast<std::int32_t>(std::int64_t{taken} * 1000 / f.out.size()), "\n");
  }
  template <int... Step>
  void show_all(firmware::instruction_counter& spent, thimble::lesson& now, std::integer_sequence<int, Step...>) {
    (show<Step>(spent, now), ...);
  }
};
constinit learner learn;

/// The same image each time; what a step costs hardly depends on it.
void show_sample() {
  std::uint32_t state = 1;
  for (std::int8_t& v : learn.input()) {
    state = state * 1664525u + 1013904223u;
    v = static_cast<std::int8_t>(state >> 24);
  }
}

}  // namespace

int main() {
  static char arguments[512];  // not on the stack, which is measured
  if (!firmware::command_line(arguments, sizeof arguments)) return 1;
  firmware::instruction_counter counter;
  learn.reset();
  show_sample();
  counter.restart();
  static_cast<void>(learn.infer());
  const std::uint32_t forward = counter.instructions();
  std::uint32_t step = 0, hash = 2166136261u;
  for (int i = 0; i < 3; ++i) {  // the third: the head starts from zero, and its first steps have nothing to pass on
    show_sample();
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
  if (std::strstr(arguments, " steps") != nullptr) {
    show_sample();
    learn.show_steps(1, thimble::rate_of(0.01f));
  }
  return 0;
}
