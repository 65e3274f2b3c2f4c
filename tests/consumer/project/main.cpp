// A user's program, the same for host and device: a network with parameters of its own learns one thing. main returns 0 if
// all is well.
#include <thimble/thimble.hpp>

struct architecture : thimble::network<thimble::input<thimble::shape{4, 4, 1}>,
                                       thimble::conv2d<2, thimble::kernel{3}, thimble::relu6>, thimble::dense<2>> {};

struct parameters {
  static constexpr thimble::quantization activation[] = {{1.0f / 255, -128}, {6.0f / 255, -128}, {1, 0}};
  template <int Number>
  struct layer;
};
template <>
struct parameters::layer<0> {
  alignas(16) static constexpr std::int8_t weight[] = {0,  1,  0,  2,  100, 2,  0,  1,  0,
                                                       -9, -9, -9, -9, 100, -9, -9, -9, -9};
  static constexpr std::int32_t bias[] = {0, 100};
  static constexpr float weight_scale[] = {0.01f, 0.02f};
};
template <>
struct parameters::layer<1> {};  // replaced below

struct net : thimble::replace_head<thimble::quantized<architecture, parameters>, thimble::dense<2>> {};
struct update : thimble::sparse_update<thimble::biases_of_last<1>, thimble::weights_of_head> {};
struct learner : thimble::trainer<net, update> {};
static_assert(thimble::fits<learner, 1024>);

constinit learner learn;

static void show(bool bright_left) {
  for (int i = 0; i < 16; ++i) learn.input()[static_cast<std::size_t>(i)] = (i % 4 < 2) == bright_left ? 100 : -100;
}

int main() {
  for (int i = 0; i < 100; ++i) {
    show(i % 2 == 0);
    if (!learn.step(i % 2, {.learning_rate = 0.05f}).ok()) return 1;
  }
  show(true);
  if (learn.infer().label != 0) return 2;
  show(false);
  return learn.infer().label == 1 ? 0 : 3;
}
