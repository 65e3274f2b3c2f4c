// The demo's course on the host: the same lessons, the same bytes, without an emulator. usage: handwriting_rehearsal DIGITS
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "course.hpp"
#include "learners.hpp"

constinit sparse_learner learner;

int main(int argc, char** argv) {
  std::ifstream file(argc > 1 ? argv[1] : "data/digits.bin", std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.size() != std::size_t{course::record_bytes} * course::records) {
    std::fprintf(stderr, "handwriting_rehearsal: %s: %zu bytes, expected 1,797 records of 65\n",
                 argc > 1 ? argv[1] : "data/digits.bin", bytes.size());
    return 2;
  }
  const auto show = [&](int record, std::span<std::int8_t, 784> image, course::gaze gaze) {
    const auto* p = reinterpret_cast<const unsigned char*>(bytes.data()) + record * course::record_bytes;
    course::enlarge(p, image, gaze);
    return static_cast<int>(p[64]);
  };
  constexpr course::plan plan;
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    learner.reset();
    for (int epoch = 0; epoch < plan.epochs; ++epoch) {
      const auto loss = static_cast<double>(course::teach(learner, show, seed, epoch, plan)) / 65536 / plan.lessons;
      std::printf("seed %u  epoch %d of %d  loss %.3f\n", seed, epoch + 1, plan.epochs, loss);
    }
    const int right = course::examine(learner, show, plan.lessons, course::records);
    std::printf("seed %u  %d of %d held-out digits right\n", seed, right, course::records - plan.lessons);
  }
}
