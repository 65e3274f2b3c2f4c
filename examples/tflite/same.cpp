// What the imported garments.tflite infers is what the network infers that it was written from: every int8 output, on digits.
#include <cstdio>

#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "../handwriting/garment_weights.hpp"
#include "digits.hpp"
#include "garments_file.hpp"

namespace {

struct imported : thimble::tflite::network<garments_file> {};
struct from_file : thimble::inference<imported> {};
struct by_hand : thimble::inference<garments> {};
constinit from_file a;
constinit by_hand b;

static_assert(from_file::inputs == by_hand::inputs && from_file::outputs == by_hand::outputs);
static_assert(sizeof(from_file) == sizeof(by_hand));

}  // namespace

int main(int count, char** arguments) {
  digits data(thimble::test::machine::argument(count, arguments)),
      again(thimble::test::machine::argument(count, arguments));
  int wrong = 0, samples = 0;
  for (; samples < 200; ++samples) {
    if (data.next(a.input()) < 0 || again.next(b.input()) < 0) {
      std::fprintf(stderr, "tflite_same: cannot read the digits\n");
      return 2;
    }
    const auto y = a.infer(), z = b.infer();
    for (std::size_t i = 0; i < y.size(); ++i) wrong += y[i] == z[i] ? 0 : 1;
  }
  std::printf("%d samples, %d outputs differ\n", samples, wrong);
  return wrong == 0 ? 0 : 1;
}
