// On the core's own kernels: layers by rows and by patches make the bytes that they make whole, of a sample in memory, of pushed rows, and of
// patches that are read; also where a block's rows are made again.
#include <cstring>

#include <thimble/firmware/semihosting.hpp>

#include "support/architectures.hpp"
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
/// The first blocks are the worst that there is in memory.
struct heavy_front_architecture : network<
    input<shape{38, 33, 3}>,
    conv2d<8, kernel{3}, stride{2}, relu6>,
    conv2d<48, relu6>,
    depthwise_conv2d<kernel{5}, stride{2}, relu6>,
    conv2d<8>,
    conv2d<40, relu>,
    depthwise_conv2d<kernel{3}, stride{2}, relu>,
    conv2d<32>,
    conv2d<32, kernel{5}, relu>,
    conv2d<32, kernel{5}, relu>,
    conv2d<32, kernel{5}, relu>,
    global_average_pool,
    conv2d<5>> {};
/// Of one value, in maps of one pixel.
struct point_architecture : network<
    input<shape{1, 1, 1}>,
    conv2d<72, relu>,
    depthwise_conv2d<kernel{7}, relu>,
    conv2d<1>,
    conv2d<48, relu>,
    depthwise_conv2d<kernel{7}, relu>,
    conv2d<8>> {};
// clang-format on
struct point : quantized<point_architecture, test::random_parameters<point_architecture, 5>> {};
struct laid_over
    : quantized<test::group_after_rows_laid_over, test::random_parameters<test::group_after_rows_laid_over, 6>> {};
struct heavy_front : quantized<heavy_front_architecture, test::random_parameters<heavy_front_architecture, 4>> {};
struct wide : quantized<wide_architecture, test::random_parameters<wide_architecture, 3>> {};

template <class Net>
constinit inference<Net> whole;
template <class Net>
constinit inference<Net, row_by_row> by_rows;
template <class Net>
constinit inference<Net, least_memory> least;
template <class Net>
constinit inference<Net, pushed_rows> pushed;
template <class Net>
constinit inference<Net, pushed_rows, recompute> made_again;
template <class Net>
constinit inference<Net, patches<3>> patched;

// Not inline: on cortex-m0 GCC 12.2 at -O2 drops the exit of the loop over samples else, for it takes for the source's a pointer of its
// own. ivopts counts pixels by sample * 0x9E3779B9 + i, the argument of hash, and therefore forms &array - sample * 0x9E3779B9; VRP then
// bounds sample by 3, as a pointer does not wrap. (-fno-ivopts or -fno-aggressive-loop-optimizations help, -fno-strict-overflow does not.)
[[gnu::noinline]] std::int8_t pixel(std::uint32_t sample, int i) {
  return static_cast<std::int8_t>(test::hash(sample, static_cast<std::uint32_t>(i)));
}

void draw(std::uint32_t sample, int first, std::span<std::int8_t> to) {
  for (std::int8_t& v : to) v = pixel(sample, first++);
}

template <class Inference>
void show(Inference& to, std::uint32_t sample) {
  if constexpr (Inference::pushes_rows) {
    for (int i = 0; i < Inference::inputs; i += Inference::inputs_at_once, to.push_row())
      draw(sample, i, to.next_row());
  } else if constexpr (Inference::reads_patches) {
    static constexpr shape s = Inference::graph.at[0].out;
    to.take_sample([sample](int row, int column, int pixels, std::int8_t* at) {
      draw(sample, (row * s.w + column) * s.c, {at, static_cast<std::size_t>(pixels * s.c)});
    });
  } else {
    draw(sample, 0, to.input());
  }
}

template <class Inference>
bool agrees(Inference& it, std::uint32_t sample, std::span<const std::int8_t> wanted) {
  show(it, sample);
  const auto made = it.infer();
  return std::memcmp(made.data(), wanted.data(), wanted.size()) == 0;
}

template <class Net>
bool agree(const char* name) {
  static_assert(sizeof(by_rows<Net>) <= sizeof(whole<Net>));
  for (std::uint32_t sample = 0; sample < 6; ++sample) {
    show(whole<Net>, sample);
    const auto wanted = whole<Net>.infer();
    if (agrees(least<Net>, sample, wanted) && agrees(by_rows<Net>, sample, wanted) &&
        agrees(pushed<Net>, sample, wanted) && agrees(made_again<Net>, sample, wanted) &&
        agrees(patched<Net>, sample, wanted))
      continue;
    firmware::print(name, ": sample ", sample, " differs\n");
    return false;
  }
  firmware::print(name, ": bytes whole ", sizeof(whole<Net>), ", by rows ", sizeof(by_rows<Net>), ", pushed ",
                  sizeof(pushed<Net>), ", made again ", sizeof(made_again<Net>), ", patched ", sizeof(patched<Net>),
                  "\n");
  return true;
}

}  // namespace

int main() {
  return agree<test::small_base>("small") && agree<wide>("wide") && agree<heavy_front>("heavy front") &&
                 agree<laid_over>("laid over") && agree<point>("point")
             ? 0
             : 1;
}
