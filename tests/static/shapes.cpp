// Shapes, windows and facts of layers, as TensorFlow Lite computes them.
#include "support/tiny_network.hpp"

using namespace thimble;

static_assert(shape{4, 5, 6}.size() == 120 && shape{4, 5, 6}.row() == 30 && shape{4, 5, 6}.pixels() == 20);

// same: ceil(n / stride) outputs, the extra padding after; valid: only whole windows
static_assert(padded_out(28, 3, 2, padding::same) == 14 && pad_before(28, 3, 2, padding::same) == 0);
static_assert(padded_out(7, 3, 2, padding::same) == 4 && pad_before(7, 3, 2, padding::same) == 1);
static_assert(padded_out(8, 5, 1, padding::same) == 8 && pad_before(8, 5, 1, padding::same) == 2);
static_assert(padded_out(8, 3, 2, padding::valid) == 3 && pad_before(8, 3, 2, padding::valid) == 0);
static_assert(padded_out(2, 3, 1, padding::valid) == 0);

static_assert(taps_inside(-1, 3, 8).begin == 1 && taps_inside(-1, 3, 8).end == 3);
static_assert(taps_inside(6, 3, 8).begin == 0 && taps_inside(6, 3, 8).end == 2);
static_assert(taps_inside(9, 3, 8).begin == taps_inside(9, 3, 8).end);

constexpr auto& tiny = graph_of<test::tiny_architecture>;
static_assert(tiny.size == 6 && tiny.numbered == 4);
static_assert(tiny.at[1].out == shape{4, 4, 4} && tiny.at[1].weights() == 36 && tiny.at[1].fan_in == 9);
static_assert(tiny.at[3].out == shape{4, 4, 8} && tiny.at[3].weights() == 72 && tiny.at[3].fan_in == 9);
static_assert(tiny.at[4].out == shape{1, 1, 8} && tiny.at[5].out == shape{1, 1, 3} && tiny.at[5].weights() == 24);
static_assert(tiny.at[2].number == 1 && tiny.at[4].number == -1 && tiny.at[5].number == 3);
static_assert(tiny.at[2].bias_limit() == 2147483647 - 255 * 128 * 4);

// Composites flatten to nodes; a residual reads two; options come in any order
struct nested : network<input<shape{8, 8, 4}>, residual<sequence<conv2d<4>, residual<conv2d<4>>>>, flatten, dense<2>> {
};
constexpr auto& n = graph_of<nested>;
static_assert(n.size == 7 && n.at[3].inputs[0] == 1 && n.at[3].inputs[1] == 2);
static_assert(n.at[4].inputs[0] == 0 && n.at[4].inputs[1] == 3);
static_assert(n.at[5].is_view && n.owner(5) == 4 && n.at[6].in == shape{1, 1, 256});
struct one : network<input<shape{8, 8, 4}>, conv2d<4, stride{2}, relu, kernel{3, 5}, valid>> {};
struct other : network<input<shape{8, 8, 4}>, conv2d<4, valid, kernel{3, 5}, relu, stride{2}>> {};
static_assert(fingerprint<one> == fingerprint<other> && fingerprint<one> != fingerprint<nested>);
static_assert(graph_of<one>.at[1].out == shape{3, 2, 4});

// A fault is a value that the planner can go on with; the message comes from the type (tests/fail)
struct wrong : network<input<shape{8, 8, 4}>, residual<conv2d<6>>> {};
static_assert(graph_of<wrong>.first_fault() == 2);
