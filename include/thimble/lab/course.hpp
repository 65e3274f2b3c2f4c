// A course: a learner taught samples over and over from their latents, then examined. Host only.
#pragma once
#include <functional>

#include <thimble/lab/samples.hpp>
#include <thimble/trainer.hpp>
#include <thimble/training/schedules.hpp>

namespace thimble::lab {

/// What the frozen part made of samples, and their labels.
struct latent_set {
  std::vector<std::vector<unsigned char>> latents;
  std::vector<int> labels;
  [[nodiscard]] std::size_t size() const { return labels.size(); }
};

/// Every epoch shows all samples, in an order by seed and epoch. The rate rises over a tenth of an epoch, then falls along half a
/// cosine; biases learn at half of it.
struct course {
  int epochs = 3;
  float rate = 0.01f;
  std::uint32_t seed = 1;
};

/// What a learner says of samples it may not have seen.
struct examination {
  double accuracy = 0;  ///< fraction
  double loss = 0;      ///< mean cross entropy, nats
};
struct course_result : examination {
  double last_loss =
      0;  ///< of the training samples, mean over the last epoch, each before its step; out of range counts 32767
};

template <class Learner>
examination examine(Learner& learner, const latent_set& samples) {
  if (samples.size() == 0) throw std::invalid_argument("examine: no samples");
  std::size_t right = 0;
  double loss = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto said = learner.infer_from(samples.latents[i], samples.labels[i]);
    right += said.label == samples.labels[i] ? 1u : 0u;
    loss += said.loss;
  }
  const auto count = static_cast<double>(samples.size());
  return {static_cast<double>(right) / count, loss / count};
}

/// Teaches a learner as it is. after_step(number of steps taken) is called after each. Returns the last epoch's mean loss.
template <class Learner, class AfterStep>
double teach(Learner& learner, const latent_set& samples, const course& c, AfterStep after_step) {
  if (samples.size() == 0 || c.epochs < 1) throw std::invalid_argument("teach: no samples, or no epoch");
  const auto all = samples.size() * static_cast<std::size_t>(c.epochs);
  const cosine_rate schedule{.learning_rate = c.rate,
                             .steps = static_cast<std::uint32_t>(all),
                             .warm_up_steps = static_cast<std::uint32_t>(samples.size() / 10)};
  double loss = 0;
  std::size_t taken = 0;
  for (int epoch = 0; epoch < c.epochs; ++epoch) {
    loss = 0;
    for (const std::size_t i : shuffled(samples.size(), c.seed * 1000u + static_cast<std::uint32_t>(epoch))) {
      const outcome o =
          learner.step_from(samples.latents[i], samples.labels[i], schedule.at(static_cast<std::uint32_t>(taken++)));
      if (!o.ok() && o.what != status::loss_out_of_range) throw std::runtime_error("teach: a step was refused");
      loss += static_cast<double>(o.loss.value());
      after_step(taken);
    }
  }
  return loss / static_cast<double>(samples.size());
}

/// From factory state: a whole course, then the examination.
template <class Learner>
course_result take_course(Learner& learner, const latent_set& samples, const latent_set& held_out, const course& c) {
  learner.reset();
  course_result r;
  r.last_loss = teach(learner, samples, c, [](std::size_t) {});
  static_cast<examination&>(r) = examine(learner, held_out);
  return r;
}

}  // namespace thimble::lab
