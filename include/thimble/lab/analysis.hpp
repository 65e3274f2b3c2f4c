// Contribution analysis: what each part of a network gains when it learns (arXiv 2206.15472, section 3.2). Host only.
#pragma once
#include <algorithm>
#include <atomic>

#include <thimble/lab/contributions.hpp>
#include <thimble/lab/frozen.hpp>
#include <thimble/lab/progress.hpp>
#include <thimble/training/identity.hpp>

namespace thimble::lab {

struct analysis_options {
  course how;
  int seeds = 1;          ///< of each run
  int deepest = 1 << 20;  ///< analyse the last so many layers before the head
  std::size_t workers = default_workers();
  std::FILE* progress_to = stderr;
};

/// The network of a learner for an analysis; `data` names the samples for people and tells analyses apart.
template <class Learner>
analysis_subject subject_of(const std::string& network, const std::string& data, const course& how) {
  constexpr const auto& g = Learner::graph;
  analysis_subject s{
      network, thimble::detail::identity_of_network<typename Learner::net>, data, how.epochs, how.rate, g.numbered - 1,
      {}};
  for (int n = 0; n < s.layers; ++n) {
    const facts& f = g.at[g.node_numbered(n)];
    s.names.push_back(f.name[0] != 0 ? f.name : f.kind);
  }
  return s;
}

/// Trains, from factory state each time: the last k biases, for every k; and for each layer its weights at 1/8, 1/4, 1/2 and all of
/// the input channels, together with the biases of it and of all after it. Whatever `to` has already is not run again; each
/// run is written as it ends, so one that is cut off loses no more than the runs in flight, one a worker.
/// Runs that begin to learn at one layer share their latents; those of the next layer are made from them, so in all the frozen part runs
/// once for each sample.
template <class Learner>
void analyse(contributions& to, const sample_set& training, const sample_set& held_out, const analysis_options& o) {
  constexpr const auto& g = Learner::graph;
  const int layers = g.numbered - 1;
  const auto can_learn = [&](int layer) { return g.at[g.node_numbered(layer)].bias_trained; };

  // Deepest first, as far as layers can learn.
  std::vector<std::vector<contribution_key>> groups;
  std::uint64_t all = 0, done = 0;
  const auto cost = [](const contribution_key& key) {
    const auto f = Learner::planner::bound_of(key.choice());
    return static_cast<std::uint64_t>(f.macs - f.macs_frozen) / 1000 + 1;
  };
  for (int k = 0; k <= std::min(layers, o.deepest); ++k) {
    if (k > 0 && !can_learn(layers - k)) break;
    auto& group = groups.emplace_back();
    for (std::uint32_t seed = 1; seed <= static_cast<std::uint32_t>(o.seeds); ++seed) {
      group.push_back({k, -1, 0, seed});
      for (const int eighths : compared_eighths)
        if (k > 0) group.push_back({k, layers - k, eighths, seed});
    }
    std::erase_if(group, [&](const contribution_key& key) { return to.find(key) != nullptr; });
    for (const contribution_key& key : group) all += cost(key);
  }
  std::reverse(groups.begin(), groups.end());

  const auto each = make_learners<Learner>(o.workers);
  latent_set train, held;
  int made_at = -1;  // the node whose layer was the first to learn when the latents were made
  std::mutex one_at_a_time;
  progress bar("analysis (steps of 1000 MACs)", all, {.to = o.progress_to});
  for (const auto& group : groups) {
    if (group.empty()) continue;
    for (const auto& l : each) l->choose({group[0].biases, {}});
    const int first = each[0]->first_learning_node();
    if (made_at < 0) {
      train = freeze(each, training);
      held = freeze(each, held_out);
    } else {
      advance(each, train, made_at);
      advance(each, held, made_at);
    }
    made_at = first;
    // The costly ones first, so that workers end together
    std::vector<contribution_key> order = group;
    std::sort(order.begin(), order.end(), [](const contribution_key& x, const contribution_key& y) {
      return x.eighths != y.eighths ? x.eighths > y.eighths : x.seed < y.seed;
    });
    std::atomic<std::size_t> next{0};
    parallel_for(each.size(), each.size(), [&](std::size_t, std::size_t worker) {
      for (std::size_t i = next++; i < order.size(); i = next++) {
        const contribution_key& key = order[i];
        const double start = steady_seconds();
        Learner& l = *each[worker];
        l.choose(key.choice());
        course how = o.how;
        how.seed = key.seed;
        const course_result r = take_course(l, train, held, how);
        const std::lock_guard lock(one_at_a_time);
        to.add({key, r, steady_seconds() - start});
        done += cost(key);
        char text[96];
        std::snprintf(text, sizeof text, "last %d biases, layer %d at %d/8: %.4f", key.biases, key.layer, key.eighths,
                      r.accuracy);
        bar.update(done, text);
      }
    });
  }
}

}  // namespace thimble::lab
