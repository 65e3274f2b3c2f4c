// error: no layer of the network has this name
// error: did_you_mean
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights<"blok1/expand">> {};
struct learner : trainer<test::tiny, update, with_snapshot, count_saturation> {};
learner learn;
replay_buffer<learner, 4096> past;
learner::latent one;
unsigned char bytes[learner::state_bytes];

int labels() {
  for (std::int8_t& x : learn.input()) x = learner::input_quantization.zero_point;
  const rates r{.learning_rate = 0.02f};
  bool ok = learn.step(1).ok() && learn.step(1, r).ok() && learn.step_from(one, 1).ok() &&
            learn.step_from(one, 1, {.learning_rate = 0.02f}).ok();
  ok = ok && learn.keep(one) == status::ok && past.offer(one, 1).ok() && past.offer_from(learn, 1).ok() &&
       learn.has_sample();
  if (const auto sample = past.pick()) ok = ok && learn.step_from(*sample.latent, sample.label, r).ok();
  const auto said = learn.infer();
  return ok && said.confidence > 0 && said.logits[0].bits > 0
             ? learn.infer(one).label + learn.infer_from(one).label + learner::classes
             : 0;
}
bool real_values() {
  const float target[learner::outputs] = {};
  const auto made = learn.infer();
  return made[0].bits > 0 && learn.infer(one)[0] == learn.infer_from(one)[0] && learn.step(target).ok() &&
         learn.step(target, {.learning_rate = 0.02f}).ok() && learn.step_from(one, target).ok();
}
bool the_sample_itself() {
  return learn.step().ok() && learn.step({.learning_rate = 0.02f}).ok() && learn.step_from(one).ok() &&
         learn.step_from(one, {.learning_rate = 0.02f}).ok();
}
bool a_long_life() {
  learn.reset();
  learn.state(bytes);
  learn.keep_snapshot();
  const saturation s = learn.saturation();
  return learn.restore(bytes) == status::ok && learn.roll_back() == status::ok && s.gradients + s.weights == 0 &&
         learn.trained().empty() && put_real(learn, std::span<const float>{}) == status::ok;
}
