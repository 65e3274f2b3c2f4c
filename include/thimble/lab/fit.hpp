// Float training of a network type on labelled samples: batches, both cores, progress.
#pragma once
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <thimble/lab/float_network.hpp>
#include <thimble/lab/optimizer.hpp>
#include <thimble/lab/parallel.hpp>
#include <thimble/lab/progress.hpp>

namespace thimble::lab {

/// Samples as real values, `inputs` each, and their labels.
struct dataset {
  std::vector<std::vector<float>> samples;
  std::vector<int> labels;
  [[nodiscard]] std::size_t size() const { return labels.size(); }
};

struct fit_options {
  int epochs = 1, batch = 32;
  float learning_rate = 1e-3f;  ///< at the start; falls to zero along half a cosine
  std::uint32_t seed = 1;
  std::size_t workers = 2;  ///< sums are split among them: the same number gives the same result
  std::FILE* progress_to = stderr;
};

/// Trains in place. `augment(sample, random)` may change each sample before it is used. Returns the last epoch's mean loss.
template <class Net, class Optimizer, class Augment>
double fit(float_network<Net>& net, Optimizer& optimizer, const dataset& data, const fit_options& o, Augment augment) {
  using network = float_network<Net>;
  if (o.batch < 1 || o.workers < 1 || data.size() < static_cast<std::size_t>(o.batch))
    throw std::invalid_argument("fit: needs a worker and at least one whole batch; there are " +
                                std::to_string(data.size()) + " samples for batches of " + std::to_string(o.batch));
  if (data.samples.size() != data.labels.size())
    throw std::invalid_argument("fit: " + std::to_string(data.samples.size()) + " samples, " +
                                std::to_string(data.size()) + " labels");
  for (int label : data.labels)
    if (label < 0 || label >= network::classes)
      throw std::invalid_argument("fit: label " + std::to_string(label) + " of " + std::to_string(network::classes) +
                                  " classes");
  struct worker_state {
    typename network::workspace space;
    float_parameters gradient = network::zeros();
    std::vector<float> sample, dlogits = std::vector<float>(static_cast<std::size_t>(network::classes));
    double loss = 0;
  };
  std::vector<worker_state> states(o.workers);
  std::vector<std::size_t> order(data.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937 random(o.seed);
  const auto batch = static_cast<std::size_t>(o.batch);
  const std::size_t batches = data.size() / batch, all = batches * static_cast<std::size_t>(o.epochs);
  progress bar("training", all, {.to = o.progress_to});
  double mean = 0;
  for (std::size_t done = 0; done < all; ++done) {
    if (done % batches == 0) {
      std::shuffle(order.begin(), order.end(), random);
      for (auto& s : states) s.loss = 0;
    }
    for (auto& s : states) s.gradient.zip(s.gradient, [](float& g, float) { g = 0; });
    const std::size_t first = done % batches * batch;
    parallel_for(batch, o.workers, [&](std::size_t i, std::size_t worker) {
      worker_state& s = states[worker];
      const std::size_t n = order[first + i];
      s.sample = data.samples[n];
      std::mt19937 own(o.seed + static_cast<std::uint32_t>(done * batch + i) * 2654435761u);
      augment(s.sample, own);
      s.loss += cross_entropy_of(net.forward(s.space, s.sample), data.labels[n], s.dlogits);
      net.backward(s.space, s.dlogits, s.gradient);
    });
    for (std::size_t w = 1; w < o.workers; ++w)
      states[0].gradient.zip(states[w].gradient, [](float& a, float b) { a += b; });
    const auto scale = 1 / static_cast<float>(batch);
    states[0].gradient.zip(states[0].gradient, [&](float& g, float) { g *= scale; });
    const double along = static_cast<double>(done) / static_cast<double>(all);
    optimizer.step(net.parameters, states[0].gradient,
                   o.learning_rate * static_cast<float>(0.5 * (1 + std::cos(3.14159265358979 * along))));
    mean = 0;
    for (const auto& s : states) mean += s.loss;
    mean /= static_cast<double>((done % batches + 1) * batch);
    char text[32];
    std::snprintf(text, sizeof text, "loss %.4f", mean);
    bar.update(done + 1, text);
  }
  return mean;
}

template <class Net, class Optimizer>
double fit(float_network<Net>& net, Optimizer& optimizer, const dataset& data, const fit_options& o) {
  return fit(net, optimizer, data, o, [](std::vector<float>&, std::mt19937&) {});
}

/// Fraction of samples whose label the network gives.
template <class Net>
double accuracy(const float_network<Net>& net, const dataset& data, std::size_t workers = 2) {
  if (workers < 1 || data.size() == 0) throw std::invalid_argument("accuracy: needs a worker and samples");
  std::vector<typename float_network<Net>::workspace> spaces(workers);
  std::vector<std::size_t> right(workers);
  parallel_for(data.size(), workers, [&](std::size_t i, std::size_t worker) {
    if (best_of(net.forward(spaces[worker], data.samples[i])) == data.labels[i]) ++right[worker];
  });
  return static_cast<double>(std::accumulate(right.begin(), right.end(), std::size_t{0})) /
         static_cast<double>(data.size());
}

}  // namespace thimble::lab
