// Instructions of one inference of an embedded network, checked against the reference's output; then of each layer.
// Arguments: X of X.in and X.out, and "layers" for the breakdown.
#include <cstring>

#include <thimble/firmware/counter.hpp>
#include <thimble/firmware/stack.hpp>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "machine.hpp"

#include THIMBLE_MODEL_HEADER

namespace {

namespace machine = thimble::test::machine;
namespace firmware = thimble::firmware;
namespace mp = thimble::mp;

struct net : thimble::tflite::network<THIMBLE_MODEL> {};
struct model : thimble::inference<net> {};
constinit model m;

char sample[static_cast<unsigned>(model::inputs)], wanted[static_cast<unsigned>(model::outputs)];

void show_sample() {
  const auto x = m.input();
  for (int i = 0; i < model::inputs; ++i) x[static_cast<unsigned>(i)] = static_cast<std::int8_t>(sample[i]);
}

/// Walks the forward steps of the plan as the engine does, each counted.
class walk {
  using update = thimble::sparse_update<>;
  static constexpr const auto& plan = thimble::plan_of<net, update>;

  template <int Step>
  static void step(firmware::instruction_counter& counter, unsigned char* arena) {
    constexpr thimble::step s = plan.s[Step];
    using node = mp::mp_at_c<typename net::nodes, static_cast<std::size_t>(s.node)>;
    using rule = mp::mp_at_c<typename node::layer::forward, static_cast<std::size_t>(s.rule)>;
    counter.restart();
    rule::run(thimble::step_binding<net, update, Step>(arena, nullptr, nullptr));
    const std::uint32_t count = counter.instructions();
    constexpr const thimble::facts& f = thimble::graph_of<net>.at[s.node];
    constexpr int macs = f.fan_in * f.out.size();
    firmware::print("layer ", s.node, " ", f.kind, " ", f.in.h, "x", f.in.w, "x", f.in.c, " -> ", f.out.h, "x", f.out.w,
                    "x", f.out.c, " window ", f.win.kernel_h, "x", f.win.kernel_w, " stride ", f.win.stride_h,
                    " instructions ", count, " macs ", macs, " milli/mac ",
                    macs > 0 ? static_cast<std::int32_t>(std::int64_t{count} * 1000 / macs) : 0, " milli/output ",
                    static_cast<std::int32_t>(std::int64_t{count} * 1000 / f.out.size()), "\n");
  }
  template <int... Step>
  static void steps(unsigned char* arena, std::integer_sequence<int, Step...>) {
    firmware::instruction_counter counter;
    (step<Step>(counter, arena), ...);
  }

 public:
  static void run() {
    show_sample();
    constexpr int input_at = plan.t[static_cast<int>(thimble::value) * thimble::graph_of<net>.size].offset;
    auto* arena = reinterpret_cast<unsigned char*>(m.input().data()) - input_at;
    steps(arena, std::make_integer_sequence<int, plan.forward_loops>{});
  }
};

}  // namespace

int main() {
  static char arguments[512], path[520];  // not on the stack, which is measured
  if (!firmware::command_line(arguments, sizeof arguments)) return 1;
  char* stem = std::strchr(arguments, ' ');
  if (stem == nullptr) return 1;
  *stem++ = '\0';
  char* rest = std::strchr(stem, ' ');
  if (rest != nullptr) *rest++ = '\0';
  const auto read = [&](const char* ending, char* to, std::size_t bytes) {
    std::strcpy(path, stem);
    std::strcat(path, ending);
    machine::file from(path);
    return from.is_open() && from.read(0, to, bytes) == bytes;
  };
  if (!read(".in", sample, sizeof sample) || !read(".out", wanted, sizeof wanted)) {
    firmware::print("a file cannot be opened\n");
    return 1;
  }

  firmware::instruction_counter counter;
  show_sample();
  firmware::repaint_stack();
  counter.restart();
  const auto y = m.infer();
  const std::uint32_t count = counter.instructions();
  const std::size_t stack = firmware::stack_bytes_used();
  int wrong = 0;
  for (int i = 0; i < model::outputs; ++i)
    wrong += y[static_cast<unsigned>(i)] == static_cast<std::int8_t>(wanted[i]) ? 0 : 1;
  firmware::print("figure infer." THIMBLE_FIGURE " ", firmware::fixed{static_cast<std::int32_t>(count / 100), 4},
                  " millions\n");
  firmware::print("figure sram." THIMBLE_FIGURE " ", sizeof m, " bytes\nfigure stack." THIMBLE_FIGURE " ", stack,
                  " bytes\n");
  if (wrong != 0) firmware::print(wrong, " outputs of ", model::outputs, " are wrong\n");
  if (rest != nullptr) walk::run();
  return wrong == 0 ? 0 : 1;
}
