// The frozen part of a network, run once for each sample and kept. Host only.
#pragma once
#include <memory>
#include <mutex>

#include <thimble/lab/course.hpp>
#include <thimble/lab/parallel.hpp>

namespace thimble::lab {

/// One learner a worker.
template <class Learner>
using learners = std::vector<std::unique_ptr<Learner>>;
template <class Learner>
learners<Learner> make_learners(std::size_t workers) {
  learners<Learner> all(workers);
  for (auto& one : all) one = std::make_unique<Learner>();
  return all;
}

/// Latents of samples under the update that all the learners have; the work shared among them.
template <class Learner>
latent_set freeze(const learners<Learner>& each, const sample_set& samples) {
  latent_set to{std::vector<std::vector<unsigned char>>(samples.size()), samples.labels};
  parallel_for(samples.size(), each.size(), [&](std::size_t i, std::size_t worker) {
    Learner& l = *each[worker];
    const auto from = samples[i];
    const auto input = l.input();
    if (from.size() != input.size()) throw std::invalid_argument("freeze: samples of another network");
    std::copy(from.begin(), from.end(), input.begin());
    to.latents[i] = l.keep();
  });
  return to;
}

/// The same from the latents of an update that begins to learn no later, at the node `its_first`: only what lies between is run.
template <class Learner>
void advance(const learners<Learner>& each, latent_set& latents, int its_first) {
  parallel_for(latents.size(), each.size(), [&](std::size_t i, std::size_t worker) {
    latents.latents[i] = each[worker]->advance(latents.latents[i], its_first);
  });
}

}  // namespace thimble::lab
