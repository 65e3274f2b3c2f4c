// On the core's own kernels: blocks by slices, and blocks that are made again, teach the bytes that whole layers teach.
#include <cstring>

#include <thimble/firmware/semihosting.hpp>

#include "support/small_lesson.hpp"

namespace {

using namespace thimble;
namespace firmware = thimble::firmware;

struct blocks
    : network<input<shape{12, 12, 3}>, conv2d<16, kernel{3}, stride{2}, relu6>,
              residual<conv2d<48, kernel{1}, relu6>, depthwise_conv2d<kernel{3}, relu6>, conv2d<16, kernel{1}>>,
              conv2d<40, kernel{1}, relu6>, depthwise_conv2d<kernel{5}, stride{2}, relu6>, conv2d<24, kernel{1}>,
              residual<conv2d<72, kernel{1}, relu6>, depthwise_conv2d<kernel{7}, relu6>, conv2d<24, kernel{1}>>,
              global_average_pool, dense<6>> {};
struct net : quantized<blocks, test::random_parameters<blocks, 5>> {};
struct update : sparse_update<biases_of_last<9>, weights<1, ratio{1, 2}>, weights<4>, weights<5, ratio{1, 4}>,
                              weights<7, ratio{1, 3}>, weights<9>, weights_of_head> {};

struct whole_learner : trainer<net, update> {};
struct sliced_learner : trainer<net, update, least_memory> {};
struct remade_learner : trainer<net, update, row_by_row, recompute_blocks<1>> {};
static_assert([] {
  int blocks_by_slices = 0;
  for (const loop& l : sliced_learner::plan.l) blocks_by_slices += l.slices > 1 ? 1 : 0;
  return blocks_by_slices > 0;
}());
constinit whole_learner whole;
constinit sliced_learner sliced;
constinit remade_learner remade;

template <class Learner>
bool teach(Learner& l, std::uint32_t sample) {
  std::uint32_t i = 0;
  for (std::int8_t& v : l.input()) v = static_cast<std::int8_t>(test::hash(sample, i++));
  return l.step(static_cast<int>(sample % 6), {.learning_rate = 0.02f}).ok();
}

}  // namespace

int main() {
  bool same = true;
  for (std::uint32_t sample = 0; sample < 6; ++sample) {
    same = teach(whole, sample) && teach(sliced, sample) && teach(remade, sample) && same;
    same = same && std::memcmp(whole.trained().data(), sliced.trained().data(), whole.trained().size()) == 0;
    same = same && std::memcmp(whole.trained().data(), remade.trained().data(), whole.trained().size()) == 0;
  }
  firmware::print("slices teach ", same ? "the same\n" : "other bytes\n");
  return same ? 0 : 1;
}
