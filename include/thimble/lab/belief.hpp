// What is believed of parts' gains after whole updates were measured: Bayesian linear regression. Host only.
#pragma once
#include <numbers>

#include <thimble/lab/search.hpp>

namespace thimble::lab {

/// Whole updates gain less than the sum of their parts, and not each in proportion. The model of an update's score:
///
///     level + share * (sum of the analysis' gains) + sum of the parts' corrections + noise
///
/// A correction of the last k biases is a sum of k independent steps, of a layer's weights at the f-th fraction one of f: neighbours are
/// alike. All unknowns are normal, so what is believed after any measurements is normal too; and it is again a sum of parts, which
/// the search maximises as it does the analysis' gains. Draws of it differ where little is known: what Thompson sampling
/// tries next is what may be best.
class belief {
 public:
  /// Deviations before any measurement, in points of accuracy.
  struct widths {
    double share = 0.5, of_share = 0.2;
    double step_of_biases = 0.08, step_of_weights = 0.15;
    double noise = 0.25;  ///< of one course
    double own = 0.15;    ///< what is no sum of parts, of one update
    /// In other units of the score: a hundredth of a nat is about a quarter of a point.
    static widths in(measure by) {
      widths w;
      if (by == measure::accuracy) w.noise = 0.5;
      if (by == measure::loss)
        for (double* v : {&w.step_of_biases, &w.step_of_weights, &w.noise, &w.own}) *v *= 4;
      return w;
    }
  };

  /// `gains`: of the analysis, in units of the score.
  belief(gains from, widths w)
      : from_(std::move(from)),
        w_(w),
        biases_(from_.of_biases.size()),
        size_(1 + biases_ + 4 * from_.of_weights.size()),
        precision_(size_ * size_),
        right_(size_) {
    for (std::size_t i = 0; i < size_; ++i) precision_[i * size_ + i] = 1;
  }

  /// An update was taught `courses` times and reached `score` in the mean.
  void learn(const update_choice& choice, double score, int courses) {
    const auto x = features(choice);
    const double weight = 1 / (w_.own * w_.own + w_.noise * w_.noise / courses);
    for (std::size_t i = 0; i < size_; ++i) {
      if (x[i] == 0) continue;
      right_[i] += weight * x[i] * (score - expected_share(choice));
      for (std::size_t j = 0; j < size_; ++j) precision_[i * size_ + j] += weight * x[i] * x[j];
    }
    factored_.clear();
  }

  /// Mean score of an update.
  double expect(const update_choice& choice) {
    const auto z = mean();
    const auto x = features(choice);
    double sum = expected_share(choice);
    for (std::size_t i = 0; i < size_; ++i) sum += x[i] * z[i];
    return sum;
  }
  /// Gains as they may be: a draw; `width` times as far from what is expected.
  gains draw(std::mt19937& random, double width = 1) {
    auto z = mean();
    std::vector<double> normal(size_);
    const auto uniform = [&] { return (static_cast<double>(random()) + 0.5) / 4294967296.0; };
    for (double& v : normal) {
      const double radius = std::sqrt(-2 * std::log(uniform()));
      v = radius * std::cos(2 * std::numbers::pi * uniform());
    }
    // precision = L L^T: L^-T normal has the covariance precision^-1.
    for (std::size_t i = size_; i-- > 0;) {
      for (std::size_t j = i + 1; j < size_; ++j) normal[i] -= factored_[j * size_ + i] * normal[j];
      normal[i] /= factored_[i * size_ + i];
    }
    for (std::size_t i = 0; i < size_; ++i) z[i] += width * normal[i];
    gains g = from_;
    const double share = w_.share + w_.of_share * z[1];
    double sum = 0;
    for (std::size_t k = 0; k < biases_; ++k) {
      if (k > 0) sum += w_.step_of_biases * z[1 + k];
      g.of_biases[k] = share * from_.of_biases[k] + sum;
    }
    for (std::size_t l = 0; l < g.of_weights.size(); ++l) {
      sum = 0;
      for (std::size_t f = 1; f < gains::fractions; ++f) {
        sum += w_.step_of_weights * z[1 + biases_ + 4 * l + f - 1];
        g.of_weights[l][f] = share * from_.of_weights[l][f] + sum;
      }
    }
    return g;
  }
  /// What of the analysis' gains whole updates really gain.
  double share() { return w_.share + w_.of_share * mean()[1]; }

 private:
  static constexpr double any_level = 1000;

  static std::size_t index_of(ratio r) {
    for (std::size_t f = 1; f < gains::fractions; ++f)
      if (gains::eighths[f] * r.denominator == 8 * r.numerator) return f;
    throw std::invalid_argument("belief: a fraction that the analysis does not compare");
  }
  [[nodiscard]] double sum_of_parts(const update_choice& c) const {
    double sum = from_.of_biases.at(static_cast<std::size_t>(c.biases));
    for (std::size_t l = 0; l < c.weights.size(); ++l)
      if (c.weights[l].numerator > 0) sum += from_.of_weights.at(l)[index_of(c.weights[l])];
    return sum;
  }
  [[nodiscard]] double expected_share(const update_choice& c) const { return w_.share * sum_of_parts(c); }

  /// Of the unknowns, each with deviation 1: level, share, steps of biases 1 ..., steps of each layer's four fractions.
  [[nodiscard]] std::vector<double> features(const update_choice& c) const {
    std::vector<double> x(size_);
    x[0] = any_level;
    x[1] = w_.of_share * sum_of_parts(c);
    for (std::size_t k = 1; k <= static_cast<std::size_t>(c.biases); ++k) x[1 + k] = w_.step_of_biases;
    for (std::size_t l = 0; l < c.weights.size(); ++l) {
      if (c.weights[l].numerator == 0) continue;
      for (std::size_t f = 1; f <= index_of(c.weights[l]); ++f) x[1 + biases_ + 4 * l + f - 1] = w_.step_of_weights;
    }
    return x;
  }

  /// Of the unknowns, after what was learnt; factors the precision (Cholesky).
  std::vector<double> mean() {
    if (factored_.empty()) {
      auto& l = factored_ = precision_;
      for (std::size_t i = 0; i < size_; ++i)
        for (std::size_t j = 0; j <= i; ++j) {
          double sum = precision_[i * size_ + j];
          for (std::size_t k = 0; k < j; ++k) sum -= l[i * size_ + k] * l[j * size_ + k];
          l[i * size_ + j] = i == j ? std::sqrt(sum) : sum / l[j * size_ + j];
        }
    }
    std::vector<double> z = right_;
    for (std::size_t i = 0; i < size_; ++i) {
      for (std::size_t j = 0; j < i; ++j) z[i] -= factored_[i * size_ + j] * z[j];
      z[i] /= factored_[i * size_ + i];
    }
    for (std::size_t i = size_; i-- > 0;) {
      for (std::size_t j = i + 1; j < size_; ++j) z[i] -= factored_[j * size_ + i] * z[j];
      z[i] /= factored_[i * size_ + i];
    }
    return z;
  }

  gains from_;
  widths w_;
  std::size_t biases_, size_;
  std::vector<double> precision_, right_, factored_;
};

}  // namespace thimble::lab
