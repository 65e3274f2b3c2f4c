// Instructions of each step of the plan of one training step: see step.cpp.
#include <thimble/firmware/counter.hpp>
#include <thimble/firmware/semihosting.hpp>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>
#include <thimble/training/published_schemes.hpp>

#include "sample.hpp"

#include THIMBLE_MODEL_HEADER

namespace {

namespace firmware = thimble::firmware;
namespace mp = thimble::mp;

struct backbone : thimble::tflite::network<THIMBLE_MODEL> {};
struct net : thimble::replace_head<backbone, thimble::dense<10>> {};
using update = THIMBLE_UPDATE;

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
    using layer = typename mp::mp_at_c<typename full::nodes, static_cast<std::size_t>(s.node)>::layer;
    using rules = mp::mp_if_c<s.backward, typename layer::gradient, typename layer::forward>;
    spent.restart();
    mp::mp_at_c<rules, static_cast<std::size_t>(s.rule)>::run(
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

}  // namespace

int main() {
  // The head starts from zero: its first steps have nothing to pass on
  for (int i = 0; i < 3; ++i) {
    thimble::benchmark::show_noise(learn.input());
    if (!learn.step(i % 2, {.learning_rate = 0.01f}).ok()) return 1;
  }
  thimble::benchmark::show_noise(learn.input());
  learn.show_steps(1, thimble::rate_of(0.01f));
}
