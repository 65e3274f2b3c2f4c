// A .tflite file in ten lines: the compiler reads the network, gives it a fresh head, derives its training and proves its
// memory. The rest is a school for it: firmware for a Cortex-M7, and a program for the host, from the same source.
// usage: tflite_learner ../handwriting/data/digits.bin
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "garments.hpp"  // made of garments.tflite by thimble_embed(tflite_learner garments.tflite)

#include "digits.hpp"

// clang-format off
struct backbone : thimble::tflite::network<garments> {};                  // the file's network, a type
struct net : thimble::replace_head<backbone, thimble::dense<10>> {};      // a fresh head: ten digits
struct update : thimble::sparse_update<                                   // what may learn; all else stays in flash
    thimble::weights<"last">, thimble::biases_of_last<4>, thimble::weights_of_head> {};
struct learner : thimble::trainer<net, update> {};
static_assert(sizeof(learner) <= 28 * 1024);                              // all SRAM of inference and learning

constinit learner learn;

int teach(int label) { return learn.step(label, {.learning_rate = 0.02f}).predicted; }  // the image in learn.input()
// clang-format on

int main(int count, char** arguments) {
  namespace machine = thimble::test::machine;
  digits data(machine::argument(count, arguments));
  const int before = data.examine(learn);
  for (int i = 0; i < digits::lessons; ++i)
    if (teach(data.next(learn.input())) < 0) {
      machine::put("tflite_learner: cannot read the digits: name the file examples/handwriting/data/digits.bin\n");
      return 2;
    }
  const int after = data.examine(learn);
  put_fraction("tflite.accuracy_before", before, digits::examined);
  put_fraction("tflite.accuracy_after", after, digits::examined);
  machine::put("figure tflite.sram_bytes ");
  machine::put(static_cast<std::int64_t>(sizeof learn));
  machine::put(" bytes\n");
  return after * 10 >= digits::examined * 9 ? 0 : 1;  // nine of ten
}
