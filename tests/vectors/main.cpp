// Checks one case of the reference vectors, bit for bit: vectors FILE.vec. Runs on the host and as firmware.
#include "case.hpp"
#include "convolutions.hpp"
#include "elementwise.hpp"
#include "network.hpp"

namespace vectors = thimble::vectors;

int main(int count, char** arguments) {
  const char* path = vectors::machine::argument(count, arguments);
  if (path == nullptr) {
    vectors::print("usage: vectors FILE.vec\n");
    return 1;
  }
  static vectors::vector_case c(path);
  const bool known = vectors::run_convolutions(c) || vectors::run_network(c) || vectors::run_elementwise(c);
  c.require(known, "unknown operation ", c.operation().characters);
  return c.verdict();
}
