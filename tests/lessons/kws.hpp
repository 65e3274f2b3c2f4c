// Keyword spotting (MLPerf Tiny) with a fresh head of four classes; the last two blocks' biases and a pointwise layer learn with it.
#pragma once
#include "kws_int8.hpp"
#include "lesson.hpp"

namespace thimble::test {

struct kws_backbone : tflite::network<kws_int8> {};
struct kws_net : replace_head<kws_backbone, dense<4>> {};
struct kws_update : sparse_update<biases_of_last<4>, weights<7>, weights_of_head> {};
struct kws_learner : trainer<kws_net, kws_update> {};

struct kws {
  using learner = kws_learner;
  static constexpr int steps = 160;
  static constexpr float rate = 0.02f;
  static auto teach(learner& l, int step) {
    const int label = class_of(step, 4);
    show_stripes(l.input(), step, label, 49);
    return l.step(label, {.learning_rate = rate});
  }
};

}  // namespace thimble::test
