// make_networks FOLDER writes our small test networks: NAME.tflite, NAME.in (samples one after another) and NAME.out (the
// reference evaluator's outputs). make_networks --check FOLDER compares with what is there. --report adds a table.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/tflite/evaluate.hpp"
#include "support/tflite/model.hpp"
#include "support/tflite/networks.hpp"
#include "support/tflite/read_for_test.hpp"
#include "support/tflite/write.hpp"

namespace {

using namespace thimble::test::tflite;
using networks::made;

// ---- files

bytes load(const std::filesystem::path& path) {
  std::ifstream f(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(f), {}};
}
bool store(const std::filesystem::path& path, const bytes& data) {
  std::ofstream f(path, std::ios::binary);
  f.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
  return static_cast<bool>(f);
}

/// Of each computed tensor: how many values it takes, and how many of its elements are at the ends of int8.
void report(const made& m, std::size_t size, const bytes& out) {
  std::printf("%-15s %6zu bytes, %2zu operators, %zu samples, output of %zu bytes\n", m.name.c_str(), size,
              m.net.operations.size(), m.samples.size(), out.size());
  for (const operation& o : m.net.operations) {
    std::set<integer> distinct;
    std::set<float> reals;
    std::size_t ends = 0, count = 0;
    for (const bytes& s : m.samples) {
      const auto values = evaluate_all(m.net, s.data());
      const value& v = values[static_cast<std::size_t>(o.outputs[0])];
      for (const integer i : v.integers) distinct.insert(i), ends += i == -128 || i == 127, ++count;
      reals.insert(v.reals.begin(), v.reals.end());
    }
    std::printf("    code %3d: %3zu distinct of %zu, %zu at an end\n", static_cast<int>(o.kind),
                distinct.size() + reals.size(), count, ends);
  }
}

int run(const std::vector<std::string>& words) {
  const auto said = [&](const char* w) { return std::find(words.begin(), words.end(), w) != words.end(); };
  if (words.empty() || words.back().starts_with("--")) {
    std::fprintf(stderr, "make_networks [--check] [--report] FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = words.back();
  int faults = 0;
  std::size_t total = 0;
  for (const auto& make : networks::all) {
    const made m = make();
    const bytes file = write(m.net);
    bytes in, out, reread;
    const network again = read(file);
    for (const bytes& s : m.samples) {
      const bytes y = evaluate(m.net, s.data()), z = evaluate(again, s.data());
      in.insert(in.end(), s.begin(), s.end());
      out.insert(out.end(), y.begin(), y.end());
      reread.insert(reread.end(), z.begin(), z.end());
    }
    total += file.size() + in.size() + out.size();
    if (out != reread) std::printf("%s: differs when read again\n", m.name.c_str()), ++faults;
    if (said("--report")) report(m, file.size(), out);
    for (const auto& [suffix, data] :
         {std::pair<const char*, const bytes&>{".tflite", file}, {".in", in}, {".out", out}}) {
      const std::filesystem::path path = folder / (m.name + suffix);
      if (said("--check") ? load(path) == data : store(path, data)) continue;
      std::printf("%s: %s\n", path.c_str(), said("--check") ? "differs from what is made now" : "cannot be written");
      ++faults;
    }
  }
  std::printf("%zu networks, %zu bytes, %d faults\n", std::size(networks::all), total, faults);
  return faults == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try { return run({argv + 1, argv + argc}); } catch (const std::exception& fault) {
  std::fprintf(stderr, "%s\n", fault.what());
  return 1;
}
