// Person detection (TFLite Micro's example): biases only.
#pragma once
#include "lesson.hpp"
#include "person_detect.hpp"

namespace thimble::test {

struct person_net : tflite::network<::person_detect> {};
struct person_update : sparse_update<biases_of_last<27>, bias<27>> {};
struct person_learner : trainer<person_net, person_update> {};

struct person {
  using learner = person_learner;
  static constexpr int steps = 48;
  static constexpr float rate = 0.01f;
  static auto teach(learner& l, int step) {
    const int label = class_of(step, 2);
    show_stripes(l.input(), step, label, 96);
    return l.step(label, {.learning_rate = rate});
  }
};

}  // namespace thimble::test
