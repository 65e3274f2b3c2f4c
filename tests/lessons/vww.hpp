// Visual wake words (MLPerf Tiny): the last five blocks and the head learn.
#pragma once
#include "lesson.hpp"
#include "vww_96_int8.hpp"

namespace thimble::test {

struct vww_net : tflite::network<vww_96_int8> {};
struct vww_update : sparse_update<weights<17>, weights<18>, weights<19>, weights<20>, weights<21>, weights<22>,
                                  weights<23>, weights<24>, weights<25>, weights<26>, weights_of_head> {};
struct vww_learner : trainer<vww_net, vww_update> {};

struct vww {
  using learner = vww_learner;
  static constexpr int steps = 64;
  static constexpr float rate = 2e-3f;
  static auto teach(learner& l, int step) {
    const int label = class_of(step, 2);
    show_stripes(l.input(), step, label, 96);
    return l.step(label, {.learning_rate = rate});
  }
};

}  // namespace thimble::test
