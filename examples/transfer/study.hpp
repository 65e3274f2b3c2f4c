// The task of the study, and one learner's run of it.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace transfer {

/// Pictures as the network takes them: bytes, one an input value; and their labels.
struct pictures {
  std::size_t count = 0;
  std::vector<std::uint8_t> labels;
  std::function<void(std::size_t, std::span<std::uint8_t>)> show;  ///< picture i; called from several threads
};

struct lesson_plan {
  std::size_t samples = 2500;  ///< of the training pictures, drawn anew for each seed
  std::size_t epochs = 3;
  float rate = 0;  ///< 0: the condition's own
};

struct result {
  double accuracy = 0;  ///< of the test pictures
  double loss = 0;      ///< mean over the last epoch, before each step
};

/// What a condition has learnt to expect of both sets of pictures: its latents, made once for all seeds.
struct runner {
  virtual ~runner() = default;
  virtual result run(const lesson_plan& plan, std::uint32_t seed) const = 0;
};

struct condition {
  std::string name;
  std::size_t place = 0;  ///< in the table
  float rate = 0;
  std::size_t bytes = 0;  ///< sizeof the learner
  std::unique_ptr<runner> (*prepare)(const pictures& train, const pictures& test,
                                     const std::function<void(std::size_t)>& advance) = nullptr;
};

/// Filled before main, by each compilation of condition.cpp.
inline std::vector<condition>& conditions() {
  static std::vector<condition> all;
  return all;
}

}  // namespace transfer
