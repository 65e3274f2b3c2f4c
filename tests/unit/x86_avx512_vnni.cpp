// The kernels for PCs with AVX-512 and VNNI against portable. Compiled for such a machine, as list.txt says; skipped on others.
#include "support/x86_gradients.hpp"
#include "support/x86_lesson.hpp"

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
