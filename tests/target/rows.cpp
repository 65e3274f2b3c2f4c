// On the core's own kernels: layers by rows make the bytes that they make whole, of a sample in memory and of pushed rows.
#include <cstring>

#include <thimble/firmware/semihosting.hpp>

#include "support/small_lesson.hpp"

namespace {

using namespace thimble;
namespace firmware = thimble::firmware;

// clang-format off
struct wide_architecture : network<
    input<shape{26, 18, 3}>,
    conv2d<16, kernel{3}, stride{2}, relu6>,
    depthwise_conv2d<relu6>,
    conv2d<8>,
    residual<
        conv2d<40, relu6>,
        depthwise_conv2d<kernel{5}, relu6>,
        conv2d<8>>,
    conv2d<48, relu6>,
    depthwise_conv2d<kernel{7}, stride{2}, relu6>,
    conv2d<20>,
    average_pool<kernel{3}, stride{1}, same>,
    conv2d<36, kernel{3}, stride{2}, relu>,
    conv2d<5>> {};
// clang-format on
struct wide : quantized<wide_architecture, test::random_parameters<wide_architecture, 3>> {};

template <class Net>
constinit inference<Net> whole;
template <class Net>
constinit inference<Net, row_by_row> by_rows;
template <class Net>
constinit inference<Net, pushed_rows> pushed;

// Not inline: on cortex-m0 GCC 12.2 at -O2 drops the exit of the loop over samples else, for it takes for the source's a pointer of its
// own. ivopts counts pixels by sample * 0x9E3779B9 + i, the argument of hash, and therefore forms &array - sample * 0x9E3779B9; VRP then
// bounds sample by 3, as a pointer does not wrap. (-fno-ivopts or -fno-aggressive-loop-optimizations help, -fno-strict-overflow does not.)
[[gnu::noinline]] std::int8_t pixel(std::uint32_t sample, int i) {
  return static_cast<std::int8_t>(test::hash(sample, static_cast<std::uint32_t>(i)));
}

template <class Net>
bool agree(const char* name) {
  using learner = inference<Net, pushed_rows>;
  static_assert(sizeof(by_rows<Net>) <= sizeof(whole<Net>));
  for (std::uint32_t sample = 0; sample < 6; ++sample) {
    int i = 0;
    for (std::int8_t& v : whole<Net>.input()) v = pixel(sample, i++);
    const auto wanted = whole<Net>.infer();
    i = 0;
    for (std::int8_t& v : by_rows<Net>.input()) v = pixel(sample, i++);
    const auto made = by_rows<Net>.infer();
    for (i = 0; i < learner::inputs; pushed<Net>.push_row())
      for (std::int8_t& v : pushed<Net>.next_row()) v = pixel(sample, i++);
    const auto from_rows = pushed<Net>.infer();
    if (std::memcmp(made.data(), wanted.data(), wanted.size()) == 0 &&
        std::memcmp(from_rows.data(), wanted.data(), wanted.size()) == 0)
      continue;
    firmware::print(name, ": sample ", sample, " differs\n");
    return false;
  }
  firmware::print(name, ": ", static_cast<std::uint32_t>(sizeof(whole<Net>)), " bytes whole, ",
                  static_cast<std::uint32_t>(sizeof(by_rows<Net>)), " by rows, ",
                  static_cast<std::uint32_t>(sizeof(pushed<Net>)), " pushed\n");
  return true;
}

}  // namespace

int main() { return agree<test::small_base>("small") && agree<wide>("wide") ? 0 : 1; }
