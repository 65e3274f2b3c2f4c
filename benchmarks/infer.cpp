// Instructions of one inference of an embedded network, checked against the reference's output. Argument: X of X.in and X.out.
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

struct net : thimble::tflite::network<THIMBLE_MODEL> {};
struct model : thimble::inference<net> {};
constinit model m;

char sample[static_cast<unsigned>(model::inputs)], wanted[static_cast<unsigned>(model::outputs)];

void show_sample() {
  const auto x = m.input();
  for (int i = 0; i < model::inputs; ++i) x[static_cast<unsigned>(i)] = static_cast<std::int8_t>(sample[i]);
}

/// Bytes of the values that live at once where most do, layer by layer: nothing overlaid, no kernel's scratch.
constexpr int layer_by_layer = [] {
  constexpr const auto& plan = thimble::plan_of<net, thimble::sparse_update<>>;
  int most = 0;
  for (int i = 0; i < plan.loops; ++i) {
    int live = 0;
    for (int n = 0; n < plan.nodes; ++n) {
      const thimble::tensor& t = plan.t[thimble::value * plan.nodes + n];
      if (t.needed && t.first <= i && t.last >= i) live += t.bytes;
    }
    if (live > most) most = live;
  }
  return most;
}();
static_assert(sizeof(model) <= layer_by_layer + 24 * 1024, "fast kernels take more than 24 KB");

}  // namespace

int main() {
  static char arguments[512], path[520];  // not on the stack, which is measured
  if (!firmware::command_line(arguments, sizeof arguments)) return 1;
  char* stem = std::strchr(arguments, ' ');
  if (stem == nullptr) return 1;
  *stem++ = '\0';
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
  firmware::print("figure sram." THIMBLE_FIGURE " ", sizeof m, " bytes\nfigure plan." THIMBLE_FIGURE " ",
                  layer_by_layer, " bytes\nfigure stack." THIMBLE_FIGURE " ", stack, " bytes\n");
  if (wrong != 0) firmware::print(wrong, " outputs of ", model::outputs, " are wrong\n");
  return wrong == 0 ? 0 : 1;
}
