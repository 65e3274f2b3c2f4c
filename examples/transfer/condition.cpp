// One condition of the study: compiled once for each, as THIMBLE_CONDITION.
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>

#include <thimble/lab/parallel.hpp>
#include <thimble/training/schedules.hpp>

#include "conditions.hpp"
#include "study.hpp"

namespace transfer {
namespace {

using learner = THIMBLE_CONDITION::learner;
using latents = std::vector<learner::latent>;

/// The frozen part of the network, once a picture.
latents keep_all(const pictures& from, const std::function<void(std::size_t)>& advance) {
  latents kept(from.count);
  const std::size_t workers = lab::default_workers();
  std::vector<std::unique_ptr<learner>> each(workers);
  for (auto& one : each) one = std::make_unique<learner>();
  std::mutex reports;
  std::size_t done = 0;
  lab::parallel_for(from.count, workers, [&](std::size_t i, std::size_t worker) {
    learner& l = *each[worker];
    std::vector<std::uint8_t> picture(static_cast<std::size_t>(learner::inputs));
    from.show(i, picture);
    // The networks were trained on pixel - 127.5
    if (put_bytes<normalization{127.5f, 1}>(l, std::span<const std::uint8_t>(picture)) != status::ok ||
        l.keep(kept[i]) != status::ok)
      throw std::runtime_error("a picture was refused");
    const std::lock_guard lock(reports);
    advance(++done);
  });
  return kept;
}

class prepared : public runner {
 public:
  prepared(const pictures& train, const pictures& test, const std::function<void(std::size_t)>& advance)
      : train_(keep_all(train, advance)),
        test_(keep_all(test, [&](std::size_t n) { advance(train.count + n); })),
        train_labels_(train.labels),
        test_labels_(test.labels) {}

  [[nodiscard]] result run(const lesson_plan& plan, std::uint32_t seed) const override {
    const auto l = std::make_unique<learner>();
    const std::size_t samples = std::min(plan.samples, train_.size());
    const cosine_rate schedule{.learning_rate = plan.rate > 0 ? plan.rate : THIMBLE_CONDITION_RATE,
                               .steps = static_cast<std::uint32_t>(samples * plan.epochs),
                               .warm_up_steps = static_cast<std::uint32_t>(samples / 10)};
    // The seed's samples: the first of a permutation, in another order each epoch.
    std::vector<std::size_t> order(train_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::mt19937 draw(seed);
    const auto shuffle = [&](std::size_t n) {
      for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[draw() % i]);
    };
    shuffle(order.size());
    result r;
    std::uint32_t step = 0;
    for (std::size_t epoch = 0; epoch < plan.epochs; ++epoch) {
      shuffle(samples);
      double loss = 0;
      for (std::size_t i = 0; i < samples; ++i) {
        const outcome o = l->step_from(train_[order[i]], train_labels_[order[i]], schedule.at(step++));
        // A loss out of range teaches nothing; it counts as what it is at least.
        loss += o.what == status::loss_out_of_range ? 32767.0 : static_cast<double>(o.loss.value());
        if (!o.ok() && o.what != status::loss_out_of_range) throw std::runtime_error("a step was refused");
      }
      r.loss = loss / static_cast<double>(samples);
    }
    std::size_t right = 0;
    for (std::size_t i = 0; i < test_.size(); ++i) right += l->infer_from(test_[i]).label == test_labels_[i] ? 1u : 0u;
    r.accuracy = static_cast<double>(right) / static_cast<double>(test_.size());
    return r;
  }

 private:
  latents train_, test_;
  std::vector<std::uint8_t> train_labels_, test_labels_;
};

const bool registered = [] {
  conditions().push_back({THIMBLE_CONDITION_NAME, THIMBLE_CONDITION_PLACE, THIMBLE_CONDITION_RATE, sizeof(learner),
                          [](const pictures& train, const pictures& test,
                             const std::function<void(std::size_t)>& advance) -> std::unique_ptr<runner> {
                            return std::make_unique<prepared>(train, test, advance);
                          }});
  return true;
}();

}  // namespace
}  // namespace transfer
