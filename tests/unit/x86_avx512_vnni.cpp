// The kernels for PCs with AVX-512 and VNNI against portable. Compiled for such a machine, as list.txt says; skipped on others.
#include "support/subject.hpp"
#include "support/x86_gradients.hpp"
#include "support/x86_lesson.hpp"

namespace {

// Whose blocks in patches take more than their rows by these kernels, though less by the estimates that choose.
// clang-format off
struct small_blocks : thimble::network<
    thimble::input<thimble::shape{24, 20, 3}>,
    thimble::conv2d<8, thimble::kernel{3}, thimble::stride{2}, thimble::relu6>,
    thimble::conv2d<32, thimble::relu6>,
    thimble::depthwise_conv2d<thimble::kernel{3}, thimble::relu6>,
    thimble::conv2d<8>,
    thimble::conv2d<48, thimble::relu6>,
    thimble::depthwise_conv2d<thimble::kernel{3}, thimble::stride{2}, thimble::relu6>,
    thimble::conv2d<16>,
    thimble::residual<
        thimble::conv2d<64, thimble::relu6>,
        thimble::depthwise_conv2d<thimble::kernel{3}, thimble::relu6>,
        thimble::conv2d<16>>,
    thimble::global_average_pool,
    thimble::dense<3>> {};
// clang-format on
struct last_block : thimble::sparse_update<thimble::biases_of_last<3>, thimble::weights<7, thimble::ratio{1, 2}>,
                                           thimble::weights_of_head> {};
template <class... Policies>
using learner = thimble::test::learner_of<thimble::test::varied<small_blocks>, last_block, Policies...>;
static_assert(sizeof(learner<thimble::row_by_row, thimble::recompute>) <=
              sizeof(learner<thimble::row_by_row, thimble::least_memory>));

}  // namespace

TEST_CASE("kernels of x86_avx512_vnni give portable's bytes, and learn them") {
#if defined(__AVX512VNNI__)
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    static_assert(std::is_same_v<thimble::native, thimble::x86_avx512_vnni>);
    thimble::test::x86::check_forward<thimble::x86_avx512_vnni>();
    thimble::test::x86::check_gradients<thimble::x86_avx512_vnni>();
    thimble::test::x86::check_learned_bytes();
    return;
  }
#endif
  std::puts("skipped: not for this machine");
}
