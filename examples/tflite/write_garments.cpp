// write_garments FILE writes garments.tflite; write_garments --check FILE tells whether it is what would be written now.
// The network and its numbers are those of ../handwriting (garment_network, pretrained on Fashion-MNIST by ../pretraining).
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/tflite/from_thimble.hpp"
#include "support/tflite/write.hpp"

#include "../handwriting/garment_weights.hpp"

namespace {

namespace files = thimble::test::tflite;

int run(const std::vector<std::string>& words) {
  const bool checks = words.size() == 2 && words[0] == "--check";
  if (!checks && (words.size() != 1 || words[0].starts_with("--"))) {
    std::fprintf(stderr, "write_garments [--check] FILE\n");
    return 2;
  }
  const files::bytes made = files::write(files::from_thimble<garments>(
      "garments: thimble's example network, MIT licence; pretrained on Fashion-MNIST (MIT licence, Zalando SE)"));
  const std::string& path = words.back();
  if (checks) {
    std::ifstream f(path, std::ios::binary);
    if (files::bytes{std::istreambuf_iterator<char>(f), {}} == made) return 0;
    std::fprintf(stderr, "%s: differs from what is made now\n", path.c_str());
    return 1;
  }
  std::ofstream f(path, std::ios::binary);
  f.write(reinterpret_cast<const char*>(made.data()), static_cast<std::streamsize>(made.size()));
  if (f.flush()) return 0;
  std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) try { return run({argv + 1, argv + argc}); } catch (const std::exception& fault) {
  std::fprintf(stderr, "%s\n", fault.what());
  return 1;
}
