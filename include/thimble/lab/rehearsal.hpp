// A learner rehearsed on the host exactly as a device would learn: curves, confusion, forgetting, saturation. Host only.
#pragma once
#include <nlohmann/json.hpp>

#include <thimble/lab/frozen.hpp>
#include <thimble/lab/update_choice.hpp>
#include <thimble/training/identity.hpp>

namespace thimble::lab {

struct rehearsal_options {
  int epochs = 3;
  std::vector<float> rates{0.01f};
  int seeds = 3;
  int examinations = 10;  ///< along the course, besides that before it
  std::size_t workers = default_workers();
};

struct curve_point {
  std::size_t steps = 0;
  examination result;
};
/// One course.
struct rehearsed {
  float rate = 0;
  std::uint32_t seed = 0;
  std::vector<curve_point> curve;           ///< before the first step, and at even distances to the last
  double last_loss = 0;                     ///< as course_result
  std::vector<std::vector<int>> confusion;  ///< at the end: samples by [label][what the learner says]
  saturation saturated{};
  std::uint32_t crc = 0;  ///< CRC-32 of the trained bytes
};

template <class Learner>
std::vector<std::vector<int>> confusion_of(Learner& learner, const latent_set& samples) {
  std::vector<std::vector<int>> counts(static_cast<std::size_t>(Learner::classes),
                                       std::vector<int>(static_cast<std::size_t>(Learner::classes)));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto said = learner.infer_from(samples.latents[i], samples.labels[i]);
    ++counts[static_cast<std::size_t>(samples.labels[i])][static_cast<std::size_t>(said.label)];
  }
  return counts;
}

/// Every rate with every seed; the courses shared among workers.
template <class Learner>
std::vector<rehearsed> rehearse(const update_choice& choice, const sample_set& training, const sample_set& held_out,
                                const rehearsal_options& o) {
  const auto each = make_learners<Learner>(o.workers);
  for (const auto& l : each) {
    l->choose(choice);
    l->count_saturation(true);
  }
  const latent_set train = freeze(each, training), held = freeze(each, held_out);
  const auto seeds = static_cast<std::size_t>(o.seeds);
  std::vector<rehearsed> all(o.rates.size() * seeds);
  parallel_for(all.size(), each.size(), [&](std::size_t i, std::size_t worker) {
    Learner& l = *each[worker];
    rehearsed& r = all[i];
    r.rate = o.rates[i / seeds];
    r.seed = static_cast<std::uint32_t>(i % seeds + 1);
    l.reset();
    r.curve.push_back({0, examine(l, held)});
    const std::size_t steps = train.size() * static_cast<std::size_t>(o.epochs),
                      parts = static_cast<std::size_t>(o.examinations);
    r.last_loss = teach(l, train, {o.epochs, r.rate, r.seed}, [&](std::size_t taken) {
      if (taken * parts / steps != (taken - 1) * parts / steps) r.curve.push_back({taken, examine(l, held)});
    });
    r.confusion = confusion_of(l, held);
    r.saturated = l.saturation();
    r.crc = thimble::detail::crc32(l.trained());
  });
  return all;
}

/// What learning new classes does to old ones.
struct forgetting {
  double old_before = 0, old_after = 0, new_after = 0;  ///< accuracy, fraction
};
/// A course of the classes below `old_classes`, then one of the others. Where `replayed` is not zero, so many steps on old samples drawn at
/// random follow each on a new one.
template <class Learner>
forgetting rehearse_new_classes(const update_choice& choice, const sample_set& training, const sample_set& held_out,
                                int old_classes, int replayed, const course& how) {
  const auto each = make_learners<Learner>(default_workers());
  for (const auto& l : each) l->choose(choice);
  const auto part = [&](const latent_set& of, bool old) {
    latent_set p;
    for (std::size_t i = 0; i < of.size(); ++i)
      if ((of.labels[i] < old_classes) == old) p.latents.push_back(of.latents[i]), p.labels.push_back(of.labels[i]);
    if (p.size() == 0) throw std::invalid_argument("rehearse_new_classes: no samples of the old or of the new classes");
    return p;
  };
  const latent_set train = freeze(each, training), held = freeze(each, held_out);
  const latent_set old_train = part(train, true), new_train = part(train, false), old_held = part(held, true),
                   new_held = part(held, false);
  Learner& l = *each[0];
  forgetting f;
  (void)teach(l, old_train, how, [](std::size_t) {});
  f.old_before = examine(l, old_held).accuracy;
  std::mt19937 random(how.seed);
  const rates replay_rates{.learning_rate = how.rate / 2};  // the mean of the course's
  (void)teach(l, new_train, how, [&](std::size_t) {
    for (int i = 0; i < replayed; ++i) {
      const std::size_t n = random() % old_train.size();
      (void)l.step_from(old_train.latents[n], old_train.labels[n], replay_rates);
    }
  });
  f.old_after = examine(l, old_held).accuracy;
  f.new_after = examine(l, new_held).accuracy;
  return f;
}

inline nlohmann::json json_of(const std::vector<rehearsed>& all) {
  auto list = nlohmann::json::array();
  for (const rehearsed& r : all) {
    auto curve = nlohmann::json::array();
    for (const curve_point& p : r.curve)
      curve.push_back({{"steps", p.steps}, {"accuracy", p.result.accuracy}, {"loss", p.result.loss}});
    list.push_back({{"rate", r.rate},
                    {"seed", r.seed},
                    {"curve", curve},
                    {"last_loss", r.last_loss},
                    {"confusion", r.confusion},
                    {"saturated_gradients", r.saturated.gradients},
                    {"saturated_weights", r.saturated.weights},
                    {"crc", r.crc}});
  }
  return list;
}

}  // namespace thimble::lab
