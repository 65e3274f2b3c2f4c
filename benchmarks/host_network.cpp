// One network of the host's benchmark, compiled for this machine: THIMBLE_MODEL, under the name THIMBLE_NAME.
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>
#include <thimble/training/published_schemes.hpp>

#include "host.hpp"

#include THIMBLE_MODEL_HEADER

namespace {

namespace mp = thimble::mp;

struct net : thimble::tflite::network<THIMBLE_MODEL> {};
struct model : thimble::inference<net> {};
constinit model m;

void show_sample() {
  std::uint32_t state = 1;
  for (std::int8_t& v : m.input()) {
    state = state * 1664525u + 1013904223u;
    v = static_cast<std::int8_t>(state >> 24);
  }
}

/// Steps of the plan as the engine walks them.
using update = thimble::sparse_update<>;
constexpr const auto& steps = thimble::plan_of<net, update>;

unsigned char* arena() {
  constexpr int input_at = steps.t[static_cast<int>(thimble::value) * thimble::graph_of<net>.size].offset;
  return reinterpret_cast<unsigned char*>(m.input().data()) - input_at;
}

template <int Step>
void forward() {
  constexpr thimble::step s = steps.s[Step];
  using node = mp::mp_at_c<typename net::nodes, static_cast<std::size_t>(s.node)>;
  using rule = mp::mp_at_c<typename node::layer::forward, static_cast<std::size_t>(s.rule)>;
  rule::run(thimble::step_binding<net, update, Step>(arena(), nullptr, nullptr));
}

template <int Step>
thimble::benchmark::host_layer layer() {
  using thimble::role;
  const thimble::step_binding<net, update, Step> at(arena(), nullptr, nullptr);
  constexpr int n = steps.s[Step].node;
  using values = thimble::node_values<net, n>;
  thimble::benchmark::host_layer l;
  l.f = &thimble::graph_of<net>.at[n];
  l.x = at.quantized(role::x0);
  l.y = at.quantized(role::y);
  l.range = at.range();
  l.input = at.x0();
  l.output = at.y();
  if constexpr (values::node.inputs[1] >= 0) {
    l.x1 = at.quantized(role::x1);
    l.input1 = at.x1();
  }
  if constexpr (values::node.biases > 0) {
    l.weights = values::flash();
    l.bias = at.bias();
    for (int o = 0; o < values::node.biases; ++o) l.weight_scale.push_back(static_cast<float>(values::weight_scale(o)));
  }
  l.forward = forward<Step>;
  return l;
}

template <int... Step>
void add_layers(std::vector<thimble::benchmark::host_layer>& to, std::integer_sequence<int, Step...>) {
  (to.push_back(layer<Step>()), ...);
}

#ifdef THIMBLE_SCHEME
struct new_net : thimble::replace_head<net, thimble::dense<10>> {};
struct learner : thimble::trainer<new_net, thimble::published::THIMBLE_SCHEME> {};
constinit learner learn;

bool learn_once() {
  static int label = 0;
  std::uint32_t state = 1;
  for (std::int8_t& v : learn.input()) {
    state = state * 1664525u + 1013904223u;
    v = static_cast<std::int8_t>(state >> 24);
  }
  label = 1 - label;
  return learn.step(label, {.learning_rate = 0.01f}).what == thimble::status::ok;
}
#endif

}  // namespace

namespace thimble::benchmark {

host_network THIMBLE_MODEL() {
  host_network n;
  n.name = THIMBLE_NAME;
  add_layers(n.layers, std::make_integer_sequence<int, steps.forward_loops>{});
  n.show_sample = show_sample;
  n.infer = [] { static_cast<void>(m.infer()); };
#ifdef THIMBLE_SCHEME
  learn.reset();
  n.step = learn_once;
#endif
  return n;
}

#ifdef THIMBLE_SCHEME
std::string_view name_of_target() {
  return std::is_same_v<native, portable> ? "portable" : std::is_same_v<native, x86_avx2> ? "AVX2" : "AVX-512 VNNI";
}
#endif

}  // namespace thimble::benchmark
