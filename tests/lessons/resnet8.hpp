// ResNet-8 (MLPerf Tiny): every layer learns; two of its ten classes are shown.
#pragma once
#include "lesson.hpp"
#include "resnet8_int8.hpp"

namespace thimble::test {

struct resnet8_net : tflite::network<resnet8_int8> {};
struct resnet8_update : sparse_update<all_weights> {};
struct resnet8_learner : trainer<resnet8_net, resnet8_update> {};

struct resnet8 {
  using learner = resnet8_learner;
  static constexpr int steps = 48;
  static constexpr float rate = 1e-4f;
  static auto teach(learner& l, int step) {
    const int shown = class_of(step, 2);  // fine stripes or coarse
    show_stripes(l.input(), step, shown, 32);
    return l.step(shown == 0 ? 3 : 8, {.learning_rate = rate});
  }
};

}  // namespace thimble::test
