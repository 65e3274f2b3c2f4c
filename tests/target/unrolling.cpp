// Unrolled layers make the bytes of the rolled ones: a pointwise layer and a dense one, with all their weights and with 70% of them zero,
// rows of even and of odd numbers of pixels.
#include <thimble/firmware/semihosting.hpp>
#include <thimble/network/unrolled.hpp>
#include <thimble/thimble.hpp>

#include "support/random_parameters.hpp"

namespace firmware = thimble::firmware;
using thimble::unrolling;

namespace {

template <int Width>
struct architecture : thimble::network<thimble::input<thimble::shape{3, Width, 8}>, thimble::conv2d<16, thimble::relu6>,
                                       thimble::conv2d<6>, thimble::global_average_pool, thimble::dense<7>> {};

/// Those of random_parameters, of whose weights 70% are zero.
template <class Architecture>
struct pruned : thimble::test::random_parameters<Architecture, 9> {
  template <int Number>
  struct layer : thimble::test::random_parameters<Architecture, 9>::template layer<Number> {
    using dense = typename thimble::test::random_parameters<Architecture, 9>::template layer<Number>;
    alignas(16) static constexpr auto kept = [] {
      auto w = dense::weights_;
      for (int i = 0; i < dense::f.weights(); ++i)
        if (thimble::test::hash(77, static_cast<std::uint32_t>(i)) % 10 < 7) w.v[i] = 0;
      return w;
    }();
    static constexpr const auto& weight = kept.v;
  };
};

template <class Net, unrolling How>
struct all_unrolled
    : thimble::unrolled<thimble::unrolled<thimble::unrolled<Net, 0, How, 8192>, 1, How, 8192>, 2, How, 8192> {};

template <class Net>
void show(thimble::inference<Net>& m, std::uint32_t seed) {
  for (std::int8_t& v : m.input()) {
    seed = seed * 1664525u + 1013904223u;
    v = static_cast<std::int8_t>(seed >> 24);
  }
}

template <class Net, class Other>
int differences() {
  static constinit thimble::inference<Net> rolled;
  static constinit thimble::inference<Other> other;
  int wrong = 0;
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    show(rolled, seed);
    show(other, seed);
    const auto a = rolled.infer(), b = other.infer();
    for (std::size_t i = 0; i < a.size(); ++i) wrong += a[i] != b[i] ? 1 : 0;
  }
  return wrong;
}

template <template <class> class Parameters, int Width>
int check() {
  struct net : thimble::quantized<architecture<Width>, Parameters<architecture<Width>>> {};
  struct inner : all_unrolled<net, unrolling::inner> {};
  struct full : all_unrolled<net, unrolling::full> {};
  struct none : all_unrolled<net, unrolling::none> {};
  return differences<net, inner>() + differences<net, full>() + differences<net, none>();
}

template <class Architecture>
struct dense_parameters : thimble::test::random_parameters<Architecture, 9> {};

}  // namespace

int main() {
  const int wrong =
      check<dense_parameters, 4>() + check<dense_parameters, 3>() + check<pruned, 4>() + check<pruned, 3>();
  firmware::print(wrong, " values differ\n");
  return wrong == 0 ? 0 : 1;
}
