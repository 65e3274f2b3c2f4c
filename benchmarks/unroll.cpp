// Instructions of one pointwise layer, 8x8x16 -> 8x8x16, under one policy of unrolling; image.cmake adds what it takes in flash, weights
// included. THIMBLE_ZEROS: per cent of the weights that are zero.
#include <thimble/firmware/counter.hpp>
#include <thimble/firmware/semihosting.hpp>
#include <thimble/network/unrolled.hpp>
#include <thimble/thimble.hpp>

#include "sample.hpp"
#include "support/random_parameters.hpp"

namespace {

namespace firmware = thimble::firmware;
using thimble::shape;

struct one_layer : thimble::network<thimble::input<shape{8, 8, 16}>, thimble::conv2d<16>> {};
struct parameters : thimble::test::random_parameters<one_layer, 5> {
  using all = thimble::test::random_parameters<one_layer, 5>;
  template <int Number>
  struct layer : all::layer<Number> {
    using given = all::layer<Number>;
    alignas(16) static constexpr auto kept = [] {
      auto w = given::weights_;
      for (int i = 0; i < given::f.weights(); ++i)
        if (thimble::test::hash(77, static_cast<std::uint32_t>(i)) % 100 + 1 <= THIMBLE_ZEROS) w.v[i] = 0;
      return w;
    }();
    static constexpr const auto& weight = kept.v;
  };
};
struct rolled : thimble::quantized<one_layer, parameters> {};
struct net : thimble::unrolled<rolled, 0, thimble::unrolling::THIMBLE_UNROLLING, 8192> {};
constinit thimble::inference<net> m;

}  // namespace

int main() {
  thimble::benchmark::show_noise(m.input());
  firmware::instruction_counter counter;
  counter.restart();
  const auto y = m.infer();
  const std::uint32_t count = counter.instructions();
  std::uint32_t hash = 2166136261u;
  for (const std::int8_t v : y) hash = (hash ^ static_cast<std::uint8_t>(v)) * 16777619u;
  constexpr int macs = 8 * 8 * 16 * 16;
  firmware::print("figure unroll." THIMBLE_FIGURE " ", static_cast<std::int32_t>(count), " instructions, ",
                  firmware::fixed{static_cast<std::int32_t>(std::int64_t{count} * 1000 / macs), 3},
                  " a MAC; estimated code ", thimble::unrolled_bytes<rolled, 1, thimble::unrolling::THIMBLE_UNROLLING>,
                  " bytes; output ", hash, "\n");
}
