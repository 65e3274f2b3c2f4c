// Files as load() reads them at run time: sound ones, broken ones, cut ones, and agreement with the compiler's reading.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <thimble/formats/tflite/contents.hpp>
#include <thimble/formats/tflite/load.hpp>

#include <pads.hpp>
#include <uint8_edges.hpp>
#include <unusual_file.hpp>

#include "support/tflite/broken.hpp"
#include "support/tflite/broken_networks.hpp"
#include "support/tflite/networks.hpp"

namespace {

namespace test = thimble::test::tflite;
namespace tflite = thimble::tflite;
using test::bytes;

bytes read_bytes(const std::filesystem::path& path) {
  std::ifstream f(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(f), {}};
}

std::vector<std::filesystem::path> networks_in(const std::string& folder) {
  std::vector<std::filesystem::path> all;
  std::error_code none;
  for (const auto& e : std::filesystem::directory_iterator(folder, none))
    if (e.path().extension() == ".tflite") all.push_back(e.path());
  std::sort(all.begin(), all.end());
  return all;
}

/// What load() says, or nothing if it accepts the file.
std::string refusal(const bytes& file) {
  try {
    tflite::load(file, "x.tflite");
    return {};
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

/// "x.tflite: at byte N: " and a reason, where N lies in the file or is its end.
bool is_refused_well(const std::string& said, std::size_t size) {
  const std::string begin = "x.tflite: at byte ";
  if (!said.starts_with(begin)) return false;
  std::size_t digits = 0;
  const unsigned long offset = std::stoul(said.substr(begin.size()), &digits);
  return offset <= size && said.substr(begin.size() + digits).starts_with(": ") &&
         said.size() > begin.size() + digits + 6;
}

/// Words that a message about such a fault has one of.
std::vector<std::string> words_of(test::fault kind) {
  switch (kind) {
    case test::fault::truncated:
      return {"too early", "cut short", "header"};
    case test::fault::identifier:
      return {"TFL3"};
    case test::fault::offset:
      return {"offset", "too early"};
    case test::fault::length:
      return {"too early"};
    case test::fault::structure:
      return {"no subgraph", "no operator", "version 3", "SAME nor VALID"};
    case test::fault::code:
      return {"is not supported", "fused activation"};
    case test::fault::type:
      return {"must be int8", "int32"};
    case test::fault::shape:
      return {"shape", "extent", "without elements", "stride", "dilation", "weights", "bias"};
    case test::fault::index:
      return {"does not exist", "no tensor", "no input", "one tensor"};
    case test::fault::order:
      return {"before it", "made twice", "constant", "makes the output"};
    case test::fault::interface:
      return {"must have one"};
    case test::fault::quantization:
      return {"scale", "zero point"};
  }
  return {};
}

}  // namespace

TEST_CASE("sound files load") {
  const auto ours = networks_in(THIMBLE_SOURCE "/tests/networks");
  CHECK(ours.size() >= 22);
  for (const auto& path : ours) {
    CAPTURE(path);
    const tflite::loaded c = tflite::load(path.string());
    CHECK(c.nodes.size() >= 2);
    CHECK(c.t.size() == static_cast<std::size_t>(c.tensors));
    CHECK(c.op.size() == static_cast<std::size_t>(c.operators));
  }
  for (const auto& path : networks_in(THIMBLE_SHARED "/models")) {
    CAPTURE(path);
    CHECK_NOTHROW(tflite::load(path.string()));
  }
}

TEST_CASE("a file that is not there is named") {
  CHECK_THROWS_WITH_AS(tflite::load("/nowhere/x.tflite"), "/nowhere/x.tflite: cannot be opened", std::runtime_error);
}

TEST_CASE("broken files are refused with place and reason") {
  // Shapes that contradict what an operator computes are the layers' to refuse, in the compiler (fail.file_shape_wrong): load()
  // knows no arithmetic of windows.
  const std::set<std::string> left_to_layers{"an output of the wrong height", "an output of the wrong depth",
                                             "an output of rank 3"};
  int variants = 0;
  for (const test::networks::made& m : {test::networks::convolutions(), test::networks::dead_channels(),
                                        test::networks::residual(), test::networks::squeeze_excite()}) {
    for (const test::broken_file& b : test::broken_variants(test::write(m.net))) {
      const std::string said = refusal(b.file);
      CAPTURE(m.name);
      CAPTURE(b.name);
      CAPTURE(said);
      ++variants;
      if (left_to_layers.contains(b.name)) {
        CHECK(said.empty());
        continue;
      }
      CHECK(is_refused_well(said, b.file.size()));
      const auto words = words_of(b.kind);
      CHECK(std::any_of(words.begin(), words.end(),
                        [&](const std::string& w) { return said.find(w) != std::string::npos; }));
    }
  }
  CHECK(variants == 4 * 76);
}

TEST_CASE("messages name what they are about") {
  const auto says = [](const char* name) {
    for (const auto& n : test::broken_networks())
      if (n.name == name) return refusal(n.file);
    return std::string("no such file");
  };
  CHECK(says("operator_unknown") == "x.tflite: at byte 984: operator 2 (TANH, code 28) is not supported");
  CHECK(says("fused_tanh") == "x.tflite: at byte 1028: operator 1 (CONV_2D, code 3): its fused activation is unknown");
  CHECK(says("int16_values") == "x.tflite: at byte 2308: tensor 3 (int16): values inside must be int8");
  CHECK(says("float32_weights") == "x.tflite: at byte 2368: tensor 4 (float32): weights must be int8");
  CHECK(says("two_inputs") == "x.tflite: at byte 572: it must have one input");
  CHECK(says("wrong_identifier") == "x.tflite: at byte 4: bytes 4 to 7 are not TFL3");
  CHECK(says("cut_short") == "x.tflite: at byte 1172: tensor 0: cut short, or an offset is wrong");
}

TEST_CASE("tests/networks/broken holds what is made now") {
  for (const auto& [name, file] : test::broken_networks()) {
    CAPTURE(name);
    CHECK(read_bytes(THIMBLE_SOURCE "/tests/networks/broken/" + name + ".tflite") == file);
  }
}

TEST_CASE("a file cut at any length is refused") {
  for (const auto& path : networks_in(THIMBLE_SOURCE "/tests/networks")) {
    const bytes sound = read_bytes(path);
    std::size_t accepted = 0, last = 0;
    for (std::size_t size = 0; size < sound.size(); ++size) {
      const bytes cut(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(size));  // its own, for the sanitizer
      if (is_refused_well(refusal(cut), size)) continue;
      ++accepted;
      last = size;
    }
    CAPTURE(path);
    CAPTURE(last);
    CHECK(accepted == 0);
  }
}

// ---- the same reader in the compiler

TEST_CASE_TEMPLATE("compiler and load() read the same", File, uint8_edges, pads, unusual_file) {
  static_assert(!tflite::fault_of_bytes<File>.found());
  const auto& compiled = tflite::contents_of<File>;
  const auto& imported = tflite::imported_of<File>;
  const tflite::loaded c = tflite::load(std::string(THIMBLE_SOURCE "/tests/networks/") + File::name);
  CHECK(std::equal(c.t.begin(), c.t.end(), std::begin(compiled.t), std::end(compiled.t)));
  CHECK(std::equal(c.op.begin(), c.op.end(), std::begin(compiled.op), std::end(compiled.op)));
  CHECK(c.input == compiled.input);
  CHECK(c.output == compiled.output);
  REQUIRE(c.nodes.size() == static_cast<std::size_t>(imported.count));
  CHECK(std::equal(c.nodes.begin(), c.nodes.end(), std::begin(imported.at)));
  CHECK(c.in == imported.in);
  CHECK(c.out == imported.out);
}
