// make_broken_networks FOLDER writes the files of tests/networks/broken. make_broken_networks --check FOLDER compares with what is
// there.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/tflite/broken_networks.hpp"

namespace {

using thimble::test::tflite::bytes;

int run(bool check, const std::filesystem::path& folder) {
  int faults = 0;
  for (const auto& [name, file] : thimble::test::tflite::broken_networks()) {
    const std::filesystem::path path = folder / (name + ".tflite");
    if (check) {
      std::ifstream f(path, std::ios::binary);
      if (bytes(std::istreambuf_iterator<char>(f), {}) == file) continue;
    } else {
      std::ofstream f(path, std::ios::binary);
      f.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
      if (f.flush()) continue;
    }
    std::printf("%s: %s\n", path.c_str(), check ? "differs from what is made now" : "cannot be written");
    ++faults;
  }
  return faults == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  const bool check = argc == 3 && std::string(argv[1]) == "--check";
  if (argc != (check ? 3 : 2)) {
    std::fprintf(stderr, "make_broken_networks [--check] FOLDER\n");
    return 2;
  }
  return run(check, argv[argc - 1]);
} catch (const std::exception& fault) {
  std::fprintf(stderr, "%s\n", fault.what());
  return 1;
}
