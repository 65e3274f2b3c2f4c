// Which parts of a network should learn under a budget: evolutionary search over measured contributions. Host only.
#pragma once
#include <map>
#include <set>

#include <thimble/lab/contributions.hpp>
#include <thimble/lab/planner.hpp>
#include <thimble/lab/samples.hpp>

namespace thimble::lab {

struct budget {
  int bytes = 1 << 30;   ///< sizeof the learner
  long macs = 1L << 60;  ///< multiplications of a step
};

/// An update with what it would gain, by the sum of its parts' contributions, and what it takes.
struct candidate {
  update_choice choice;
  double gain = 0;  ///< over the classifier alone: fraction of accuracy, or nats
  plan_figures takes;
};

struct search_options {
  std::uint32_t seed = 1;
  int population = 96, generations = 120;
  int best = 5;  ///< candidates that are given back
};

/// Contributions as the search reads them: gain[k] of the last k biases; of a layer's weights at 0, 1/8, 1/4, 1/2 and 1.
struct gains {
  static constexpr int fractions = 5;
  static constexpr int eighths[fractions] = {0, 1, 2, 4, 8};
  int layers = 0;  ///< before the head
  std::vector<double> of_biases;
  std::vector<std::array<double, fractions>> of_weights;  ///< by layer; -1: not measured
};
inline gains gains_of(const contributions& from, measure by = measure::loss) {
  gains g;
  g.layers = from.subject().layers;
  for (int k = 0; k <= g.layers; ++k) {
    const auto v = from.gain_of_biases(by, k);
    if (!v) break;
    g.of_biases.push_back(*v);
  }
  for (int layer = 0; layer < g.layers; ++layer) {
    auto& row = g.of_weights.emplace_back();
    for (int f = 1; f < gains::fractions; ++f)
      row[static_cast<std::size_t>(f)] = from.gain_of_weights(by, layer, gains::eighths[f]).value_or(-1);
  }
  if (g.of_biases.empty()) throw std::invalid_argument("search: the analysis has no run of the classifier alone");
  return g;
}

/// Maximises the summed gain under a budget. What a candidate takes is what the library's planner says: its live-set bound for every one,
/// its placements for those that may win. Layers' weights learn only where their bias does. The same result for the same seed.
template <class Planner>
class search {
  /// Last k biases; of each layer an index into gains::eighths.
  struct genes {
    int biases = 0;
    std::vector<unsigned char> fraction;
    friend auto operator<=>(const genes&, const genes&) = default;
  };
  struct scored {
    genes of;
    double gain = 0;
    friend bool operator<(const scored& a, const scored& b) { return a.gain != b.gain ? a.gain > b.gain : a.of < b.of; }
  };

 public:
  explicit search(gains from) : g_(std::move(from)) {}

  /// Other gains of the same network. What candidates take stays known.
  void value_by(gains from) { g_ = std::move(from); }

  /// The best, the first of them first. Fewer than asked for where the budget holds no more; none: it holds not even the classifier.
  std::vector<candidate> run(const budget& limit, const search_options& o = {}) {
    random_.seed(o.seed);
    std::set<scored> elite;  // of all generations, by gain; their placements fit
    std::vector<scored> now;
    genes nothing;
    nothing.fraction.resize(static_cast<std::size_t>(g_.layers));
    if (!fits(nothing, limit, true)) return {};
    for (int i = 0; i < o.population; ++i) {
      genes x = nothing;
      x.biases = below(static_cast<int>(g_.of_biases.size()));
      for (int m = below(6); m > 0; --m) mutate(x);
      now.push_back(score(repaired(x, limit)));
    }
    for (int generation = 0; generation < o.generations; ++generation) {
      std::sort(now.begin(), now.end());
      now.erase(std::unique(now.begin(), now.end(), [](const auto& a, const auto& b) { return a.of == b.of; }),
                now.end());
      // Those that would be among the best are placed; what does not fit by its placements is dropped.
      for (std::size_t i = 0; i < now.size();) {
        const bool wins = elite.size() < static_cast<std::size_t>(o.best) || now[i] < *elite.rbegin();
        if (!wins) break;
        if (!elite.contains(now[i])) {
          if (!fits(now[i].of, limit, true)) {
            now.erase(now.begin() + static_cast<std::ptrdiff_t>(i));
            continue;
          }
          elite.insert(now[i]);
          if (elite.size() > static_cast<std::size_t>(o.best)) elite.erase(std::prev(elite.end()));
        }
        ++i;
      }
      const std::size_t parents = std::min<std::size_t>(now.size(), static_cast<std::size_t>(o.population) / 4);
      now.resize(parents);
      now.insert(now.end(), elite.begin(), elite.end());
      const auto choose = [&]() -> const genes& {
        return now[static_cast<std::size_t>(below(static_cast<int>(parents)))].of;
      };
      std::vector<scored> next(now.begin(), now.end());
      while (parents > 0 && next.size() < static_cast<std::size_t>(o.population)) {
        genes child = below(2) == 0 ? choose() : crossed(choose(), choose());
        for (int m = 1 + below(3); m > 0; --m) mutate(child);
        next.push_back(score(repaired(child, limit)));
      }
      now = std::move(next);
    }
    std::vector<candidate> found;
    for (const scored& s : elite) found.push_back({choice_of(s.of), s.gain, planned(s.of, true)});
    return found;
  }

  /// The best candidate at each of `steps` budgets between the classifier alone and everything; then only those that no other
  /// beats in both bytes and gain, by bytes.
  std::vector<candidate> front(int steps, const budget& limit = {}, const search_options& o = {}) {
    genes nothing, everything;
    nothing.fraction.resize(static_cast<std::size_t>(g_.layers));
    everything.biases = static_cast<int>(g_.of_biases.size()) - 1;
    everything.fraction.assign(static_cast<std::size_t>(g_.layers), 0);
    for (int l = g_.layers - everything.biases; l < g_.layers; ++l)
      everything.fraction[static_cast<std::size_t>(l)] = 4;
    const int least = planned(nothing, true).learner, most = std::min(limit.bytes, planned(everything, true).learner);
    std::vector<candidate> all;
    for (int i = 0; i <= steps; ++i) {
      const double along = static_cast<double>(i) / steps;  // narrow budgets lie closer
      const int bytes = least + static_cast<int>(along * along * (most - least));
      for (candidate& c : run({bytes, limit.macs}, o)) all.push_back(std::move(c));
    }
    std::sort(all.begin(), all.end(), [](const candidate& a, const candidate& b) {
      return a.takes.learner != b.takes.learner ? a.takes.learner < b.takes.learner : a.gain > b.gain;
    });
    std::vector<candidate> best;
    for (candidate& c : all)
      if (best.empty() || c.gain > best.back().gain) best.push_back(std::move(c));
    return best;
  }

  /// The sum of the parts' contributions of any update; none if one of them was not measured.
  [[nodiscard]] std::optional<double> gain_of(const update_choice& choice) const {
    if (choice.biases >= static_cast<int>(g_.of_biases.size())) return std::nullopt;
    double sum = g_.of_biases[static_cast<std::size_t>(choice.biases)];
    for (std::size_t n = 0; n < choice.weights.size(); ++n) {
      const ratio r = choice.weights[n];
      if (r.numerator == 0) continue;
      int found = 0;
      for (int f = 1; f < gains::fractions; ++f)
        if (gains::eighths[f] * r.denominator == 8 * r.numerator) found = f;
      if (found == 0) return std::nullopt;
      sum += g_.of_weights[n][static_cast<std::size_t>(found)];
    }
    return sum;
  }
  /// Candidates whose bytes were asked for, and placed.
  [[nodiscard]] long bounded() const { return static_cast<long>(bounds_.size()); }
  [[nodiscard]] long placed() const { return static_cast<long>(placements_.size()); }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  [[nodiscard]] int first_layer(const genes& x) const { return g_.layers - x.biases; }

  void mutate(genes& x) {
    switch (below(4)) {
      case 0:
        x.biases = below(static_cast<int>(g_.of_biases.size()));
        break;
      case 1:
        x.biases = std::clamp(x.biases + below(5) - 2, 0, static_cast<int>(g_.of_biases.size()) - 1);
        break;
      default:
        if (x.biases > 0)
          x.fraction[static_cast<std::size_t>(first_layer(x) + below(x.biases))] =
              static_cast<unsigned char>(below(gains::fractions));
        break;
    }
    drop_unreached(x);
  }
  void drop_unreached(genes& x) const {
    for (int l = 0; l < first_layer(x); ++l) x.fraction[static_cast<std::size_t>(l)] = 0;
  }
  genes crossed(const genes& a, const genes& b) {
    genes x = a;
    if (below(2) == 0) x.biases = b.biases;
    for (std::size_t l = 0; l < x.fraction.size(); ++l)
      if (below(2) == 0) x.fraction[l] = b.fraction[l];
    drop_unreached(x);
    return x;
  }
  /// Smaller at random until its bound fits.
  genes repaired(genes x, const budget& limit) {
    drop_unreached(x);
    while (!fits(x, limit, false)) {
      std::vector<std::size_t> learning;
      for (std::size_t l = 0; l < x.fraction.size(); ++l)
        if (x.fraction[l] > 0) learning.push_back(l);
      if (!learning.empty() && below(4) != 0)
        --x.fraction[learning[static_cast<std::size_t>(below(static_cast<int>(learning.size())))]];
      else if (x.biases > 0)
        --x.biases;
      else if (learning.empty())
        break;  // the classifier alone
      drop_unreached(x);
    }
    return x;
  }
  scored score(genes x) const {
    double sum = g_.of_biases[static_cast<std::size_t>(x.biases)];
    for (std::size_t l = 0; l < x.fraction.size(); ++l)
      if (x.fraction[l] > 0) sum += g_.of_weights[l][x.fraction[l]];
    return {std::move(x), sum};
  }
  static update_choice choice_of(const genes& x) {
    update_choice c;
    c.biases = x.biases;
    for (std::size_t l = 0; l < x.fraction.size(); ++l)
      if (x.fraction[l] > 0) c.set(l, contribution_key::fraction_of(gains::eighths[x.fraction[l]]));
    return c;
  }
  const plan_figures& planned(const genes& x, bool placed) {
    auto& known = placed ? placements_ : bounds_;
    if (const auto at = known.find(x); at != known.end()) return at->second;
    const auto f = placed ? Planner::figures_of(choice_of(x)) : Planner::bound_of(choice_of(x));
    return known.emplace(x, f).first->second;
  }
  bool fits(const genes& x, const budget& limit, bool placed) {
    const plan_figures& f = planned(x, placed);
    return f.learner <= limit.bytes && f.macs <= limit.macs;
  }

  gains g_;
  std::mt19937 random_;
  std::map<genes, plan_figures> bounds_, placements_;
};

}  // namespace thimble::lab
