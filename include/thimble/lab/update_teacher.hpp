// Whole updates taught and examined: courses shared among workers, each kept in the contributions' file as it ends. Host only.
#pragma once
#include <atomic>

#include <thimble/lab/contributions.hpp>
#include <thimble/lab/frozen.hpp>
#include <thimble/lab/progress.hpp>

namespace thimble::lab {

template <class Learner>
class update_teacher {
 public:
  /// Latents of samples under the deepest update; each course makes its own from them.
  struct base {
    latent_set training, held_out;
  };
  /// A course that is not in the file.
  struct lack {
    update_choice choice;
    std::uint32_t seed;
  };

  /// deepest: no update that is taught begins to learn at an earlier layer.
  update_teacher(contributions& results, const update_choice& deepest, const course& how, std::size_t workers,
                 std::FILE* progress_to)
      : results_(results), how_(how), progress_to_(progress_to), each_(make_learners<Learner>(workers)) {
    for (const auto& l : each_) l->choose(deepest);
    deepest_ = deepest;
    first_of_deepest_ = each_[0]->first_learning_node();
  }

  [[nodiscard]] base base_of(const sample_set& training, const sample_set& held_out) {
    for (const auto& l : each_) l->choose(deepest_);
    return {freeze(each_, training), freeze(each_, held_out)};
  }

  /// Courses of one update follow each other, so that its latents are made once.
  void teach(const std::vector<lack>& lacks, const base& from, const drawing& samples, const std::string& name) {
    progress bar(name + " (courses)", lacks.size(), {.to = progress_to_});
    std::atomic<std::size_t> next{0};
    std::size_t done = 0;
    std::mutex one_at_a_time;
    parallel_for(each_.size(), each_.size(), [&](std::size_t, std::size_t worker) {
      Learner& l = *each_[worker];
      std::optional<update_choice> now;
      latent_set train, held;
      for (std::size_t i = next++; i < lacks.size(); i = next++) {
        const double start = steady_seconds();
        if (!now || !(*now == lacks[i].choice)) {
          now = lacks[i].choice;
          l.choose(*now);
          train = advanced(l, from.training);
          held = advanced(l, from.held_out);
        }
        course how = how_;
        how.seed = lacks[i].seed;
        const course_result r = take_course(l, train, held, how);
        const std::lock_guard lock(one_at_a_time);
        results_.add(contributions::trial{*now, how.seed, samples, r, steady_seconds() - start});
        char text[64];
        std::snprintf(text, sizeof text, "accuracy %.4f, loss %.4f", r.accuracy, r.loss);
        bar.update(++done, text);
      }
    });
  }

 private:
  latent_set advanced(Learner& l, const latent_set& from) const {
    latent_set to{{}, from.labels};
    to.latents.reserve(from.size());
    for (const auto& latent : from.latents) to.latents.push_back(l.advance(latent, first_of_deepest_));
    return to;
  }

  contributions& results_;
  course how_;
  std::FILE* progress_to_;
  learners<Learner> each_;
  update_choice deepest_;
  int first_of_deepest_ = 0;
};

}  // namespace thimble::lab
