// Instructions of each layer of an inference; kinds.sh adds what loads.c counts between marks.
#include <thimble/firmware/counter.hpp>
#include <thimble/firmware/semihosting.hpp>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "mark.hpp"
#include "sample.hpp"

#include THIMBLE_MODEL_HEADER

namespace {

namespace firmware = thimble::firmware;
namespace mp = thimble::mp;
using thimble::benchmark::mark;

struct net : thimble::tflite::network<THIMBLE_MODEL> {};
struct model : thimble::inference<net> {};
constinit model m;

constexpr const char* kind_of(const thimble::facts& f) {
  if (f.fan_in == 0) return f.kind;
  if (f.in.pixels() == 1 && f.win.taps() == 1) return "dense";
  if (f.fan_in == f.win.taps() && f.in.c > 1)
    return f.win.kernel_h == 3 ? "depthwise_3" : f.win.kernel_h == 5 ? "depthwise_5" : "depthwise_7";
  return f.win.taps() == 1 ? "pointwise" : f.number == 1 ? "first_convolution" : "convolution";
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
    mark();
    rule::run(thimble::step_binding<net, update, Step>(arena, nullptr, nullptr));
    mark();
    const std::uint32_t count = counter.instructions();
    constexpr const thimble::facts& f = thimble::graph_of<net>.at[s.node];
    constexpr int macs = f.fan_in * f.out.size();
    firmware::print("layer ", s.node, " ", kind_of(f), " ", f.in.h, "x", f.in.w, "x", f.in.c, " -> ", f.out.h, "x",
                    f.out.w, "x", f.out.c, " window ", f.win.kernel_h, "x", f.win.kernel_w, " stride ", f.win.stride_h,
                    " macs ", macs, " outputs ", f.out.size(), " instructions ", count, " milli/mac ",
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
    thimble::benchmark::show_noise(m.input());
    constexpr int input_at = plan.t[static_cast<int>(thimble::value) * thimble::graph_of<net>.size].offset;
    auto* arena = reinterpret_cast<unsigned char*>(m.input().data()) - input_at;
    steps(arena, std::make_integer_sequence<int, plan.forward_loops>{});
  }
};

}  // namespace

int main() { walk::run(); }
