// Runs an embedded network on the samples of X.in and compares every byte with the reference's in X.out: model X, on the host
// and as firmware. Samples and outputs are as the network's file says: int8, or, where it has such edges, float32 or uint8.
#include "machine.hpp"

#include <cstring>

#include <thimble/formats/tflite.hpp>
#include <thimble/tensor/convert.hpp>
#include <thimble/thimble.hpp>

#include THIMBLE_MODEL_HEADER

namespace {

namespace machine = thimble::test::machine;
using thimble::tflite::tensor_type;

struct net : thimble::tflite::network<THIMBLE_MODEL> {};
struct model : thimble::inference<net> {};
constinit model m;

constexpr auto in = thimble::tflite::imported_of<THIMBLE_MODEL>.in,
               out = thimble::tflite::imported_of<THIMBLE_MODEL>.out;
constexpr int width(tensor_type t) { return t == tensor_type::float32 ? 4 : 1; }
constexpr int in_bytes = model::inputs * width(in.type), out_bytes = model::outputs * width(out.type);

char sample[static_cast<unsigned>(in_bytes)], wanted[static_cast<unsigned>(out_bytes)];

[[maybe_unused]] float float_at(const char* bytes, int i) {
  float v;
  std::memcpy(&v, bytes + 4 * i, 4);
  return v;
}

/// Whether output i is, to the bit, what the file's own type makes of it.
bool is_wanted(std::int8_t y, int i) {
  if constexpr (out.type == tensor_type::float32)
    return thimble::dequantized(y, model::output_quantization) == float_at(wanted, i);
  else if constexpr (out.type == tensor_type::uint8)
    return thimble::uint8_of(y, model::output_quantization, out.affine) == static_cast<unsigned char>(wanted[i]);
  else
    return y == static_cast<std::int8_t>(wanted[i]);
}

void show_sample() {
  const auto x = m.input();
  for (int i = 0; i < model::inputs; ++i)
    if constexpr (in.type == tensor_type::float32)
      x[static_cast<unsigned>(i)] = thimble::quantized_value(float_at(sample, i), model::input_quantization);
    else if constexpr (in.type == tensor_type::uint8)
      x[static_cast<unsigned>(i)] = static_cast<std::int8_t>(static_cast<unsigned char>(sample[i]) - 128);
    else
      x[static_cast<unsigned>(i)] = static_cast<std::int8_t>(sample[i]);
}

/// The file that lies beside: `stem` with another ending.
const char* beside(const char* stem, const char* ending) {
  static char path[512];
  std::size_t n = 0;
  for (const char* part : {stem, ending})
    for (; *part != '\0' && n + 1 < sizeof path; ++part) path[n++] = *part;
  path[n] = '\0';
  return path;
}

}  // namespace

int main(int count, char** arguments) {
  const char* stem = machine::argument(count, arguments);
  if (stem == nullptr) {
    machine::put("usage: model X, where X.in and X.out lie\n");
    return 1;
  }
  machine::file inputs(beside(stem, ".in")), outputs(beside(stem, ".out"));
  if (!inputs.is_open() || !outputs.is_open()) {
    machine::put("a file cannot be opened\n");
    return 1;
  }
  int samples = 0, wrong = 0;
  std::uint32_t input_at = 0, output_at = 0;
  while (inputs.read(input_at, sample, sizeof sample) == sizeof sample) {
    if (outputs.read(output_at, wanted, sizeof wanted) != sizeof wanted) {
      machine::put("the file of outputs ends before that of inputs does\n");
      return 1;
    }
    input_at += sizeof sample;
    output_at += sizeof wanted;
    show_sample();
    const auto y = m.infer();
    for (int i = 0; i < model::outputs; ++i) wrong += is_wanted(y[static_cast<unsigned>(i)], i) ? 0 : 1;
    ++samples;
  }
  char rest;
  if (samples == 0 || inputs.read(input_at, &rest, 1) != 0 || outputs.read(output_at, &rest, 1) != 0) {
    machine::put("the files hold no whole number of samples\n");
    return 1;
  }
  machine::put(THIMBLE_MODEL::name);
  machine::put(": ");
  machine::put(samples);
  machine::put(" samples of ");
  machine::put(model::outputs);
  machine::put(" values, ");
  machine::put(wrong);
  machine::put(" wrong\nfigure model.sram_bytes ");
  machine::put(static_cast<std::int64_t>(sizeof m));
  machine::put(" bytes\nfigure model.weight_bytes ");
  machine::put(thimble::flash_of_parameters<net>);
  machine::put(" bytes\n");
  return wrong == 0 ? 0 : 1;
}
