// A search that measures: whole updates are taught and examined, and what they reach says which to try next. Host only.
#pragma once
#include <thimble/lab/belief.hpp>
#include <thimble/lab/update_teacher.hpp>

namespace thimble::lab {

struct refine_options {
  course how;
  measure by = measure::predicted;
  int first = 20;      ///< updates of the first round, each taught once
  int rounds = 12;     ///< after it
  int proposals = 12;  ///< updates of a round, each taught once (more)
  int finalists = 10;  ///< of all, by what is believed of them: taught `courses` times in all
  int courses = 3;
  int last = 4;  ///< the best of those: taught `last_courses` times
  int last_courses = 8;
  std::uint32_t seed = 1;
  std::size_t workers = default_workers();
  std::FILE* progress_to = stderr;
};

struct refined {
  candidate of;         ///< its gain is measured: over the analysis' run of the classifier alone
  double accuracy = 0;  ///< means over its courses
  double loss = 0;
  double score = 0;      ///< 100 times the scorer's, mean
  double deviation = 0;  ///< of that mean
  int courses = 0;
  double confirmed = 0;            ///< score on samples drawn anew, mean over the draws; see refinement::confirm
  double confirmed_deviation = 0;  ///< of the differences to the first's there, of their mean
  double confirmed_accuracy = 0;
};

/// Every course is kept in the contributions' file, so that a refinement that is cut off and begun again goes the same way without
/// teaching again what it has. Budgets asked for one after the other share what is believed.
template <class Learner>
class refinement {
 public:
  using planner = typename Learner::planner;

  refinement(contributions& results, const sample_set& training, const sample_set& held_out, refine_options o)
      : results_(results),
        o_(std::move(o)),
        score_(results.scored(o_.by)),
        gains_(in_units_of_score(gains_of(results, o_.by))),
        teacher_(results, {static_cast<int>(gains_.of_biases.size()) - 1, {}}, o_.how, o_.workers, o_.progress_to),
        find_(o_.workers, search<planner>(gains_)),
        base_(teacher_.base_of(training, held_out)) {}

  /// The last, best first; those that only were finalists follow. None: the budget holds not even the classifier.
  std::vector<refined> run(const budget& limit) { return run(limit, o_.rounds); }
  std::vector<refined> run(const budget& limit, int rounds) {
    if (planner::figures_of({}).learner > limit.bytes || planner::figures_of({}).macs > limit.macs) return {};
    limit_ = limit;
    o_.rounds = rounds;
    std::vector<tried> mine;
    for (int round = 0; round <= o_.rounds; ++round) {
      std::vector<tried> now;
      for (const update_choice& c : proposed(round, round == 0 ? o_.first : o_.proposals)) count_in(now, c);
      teach_all(now, "round " + std::to_string(round));
      for (const tried& t : now)
        if (find_in(mine, t.choice) == nullptr) mine.push_back(t);
    }
    narrow(mine, o_.finalists, [b = believed()](const tried& t) mutable { return b.expect(t.choice); });
    for (tried& t : mine) t.courses = std::max(find_in(all_, t.choice)->courses, o_.courses);
    teach_all(mine, "finalists");
    std::vector<tried> last = mine;
    narrow(last, o_.last, [this](const tried& t) { return report(t.choice).score; });
    for (tried& t : last) t.courses = std::max(find_in(all_, t.choice)->courses, o_.last_courses);
    teach_all(last, "the last");
    std::vector<refined> found;
    const auto list = [&](std::vector<tried>& some) {
      narrow(some, static_cast<int>(some.size()), [this](const tried& t) { return report(t.choice).score; });
      for (const tried& t : some)
        if (std::none_of(found.begin(), found.end(), [&](const refined& r) { return r.of.choice == t.choice; }))
          found.push_back(report(t.choice));
    };
    list(last);
    list(mine);
    const double alone = results_.mean(o_.by, 0).value();
    for (refined& r : found) {
      r.of.gain = r.score / 100 - alone;
      r.of.takes = planner::figures_of(r.of.choice);
    }
    return found;
  }

  /// What was found, taught once with each of so many draws of samples and sorted by what it reaches there: after hundreds of
  /// courses with the same samples, the best of them suits those. draw(d), d from 1, gives training and held-out samples; `from`
  /// names what they are drawn from, and so all that they depend on but the analysis' data.
  template <class Draw>
  void confirm(std::vector<refined>& found, int draws, const std::string& from, Draw draw) {
    if (found.empty() || draws < 1) return;
    for (int d = 1; d <= draws; ++d) {
      std::vector<lack> lacks;
      for (const refined& r : found)
        if (results_.find(r.of.choice, 1, {d, from}) == nullptr) lacks.push_back({r.of.choice, 1});
      if (lacks.empty()) continue;
      const std::pair<sample_set, sample_set> drawn = draw(d);
      teacher_.teach(lacks, teacher_.base_of(drawn.first, drawn.second), {d, from}, "draw " + std::to_string(d));
    }
    std::vector<std::vector<double>> scores;
    for (refined& r : found) {
      auto& mine = scores.emplace_back();
      r.confirmed = r.confirmed_accuracy = 0;
      for (int d = 1; d <= draws; ++d) {
        const course_result& one = results_.find(r.of.choice, 1, {d, from})->result;
        mine.push_back(100 * score_(one));
        r.confirmed += mine.back() / draws;
        r.confirmed_accuracy += one.accuracy / draws;
      }
    }
    const auto first = static_cast<std::size_t>(
        std::max_element(found.begin(), found.end(),
                         [](const refined& a, const refined& b) { return a.confirmed < b.confirmed; }) -
        found.begin());
    for (std::size_t i = 0; i < found.size(); ++i) {
      const double apart = found[i].confirmed - found[first].confirmed;
      double squares = 0;
      for (std::size_t d = 0; d < scores[i].size(); ++d) {
        const double v = scores[i][d] - scores[first][d] - apart;
        squares += v * v;
      }
      found[i].confirmed_deviation = draws > 1 ? std::sqrt(squares / (draws - 1) / draws) : 0;
    }
    std::sort(found.begin(), found.end(), [](const refined& a, const refined& b) { return a.confirmed > b.confirmed; });
  }

  /// Deviation of one course's score from its update's mean, from those that were taught more than once; a guess counts as ten.
  [[nodiscard]] double noise() const {
    const double guess = belief::widths::in(o_.by).noise;
    double squares = 10 * guess * guess, free = 10;
    for (const tried& t : all_) {
      const refined r = report(t.choice);
      for (int c = 1; c <= t.courses; ++c) {
        const double apart = 100 * score_(results_.find(t.choice, static_cast<std::uint32_t>(c))->result) - r.score;
        squares += apart * apart;
      }
      free += t.courses - 1;
    }
    return std::sqrt(squares / free);
  }
  /// Updates taught, and courses.
  [[nodiscard]] std::pair<std::size_t, int> effort() const {
    int courses = 0;
    for (const tried& t : all_) courses += t.courses;
    return {all_.size(), courses};
  }
  [[nodiscard]] double share() const { return believed().share(); }

 private:
  using lack = typename update_teacher<Learner>::lack;
  /// Taught with seeds 1 to `courses`.
  struct tried {
    update_choice choice;
    int courses = 0;
  };
  static gains in_units_of_score(gains g) {
    for (double& v : g.of_biases) v *= 100;
    for (auto& row : g.of_weights)
      for (double& v : row) v *= 100;
    return g;
  }
  static tried* find_in(std::vector<tried>& some, const update_choice& c) {
    for (tried& t : some)
      if (t.choice == c) return &t;
    return nullptr;
  }
  /// Once more than it was.
  void count_in(std::vector<tried>& some, const update_choice& c) {
    if (tried* t = find_in(some, c)) {
      t->courses = std::min(t->courses + 1, o_.last_courses);
    } else {
      const tried* before = find_in(all_, c);
      some.push_back({c, std::min(before != nullptr ? before->courses + 1 : 1, o_.last_courses)});
    }
  }
  template <class Value>
  static void narrow(std::vector<tried>& some, int to, Value value) {
    std::vector<std::pair<double, std::size_t>> by;  // the earlier first among equals
    for (std::size_t i = 0; i < some.size(); ++i) by.emplace_back(-value(some[i]), i);
    std::sort(by.begin(), by.end());
    const auto before = some;
    some.clear();
    for (const auto& [v, i] : by)
      if (some.size() < static_cast<std::size_t>(to)) some.push_back(before[i]);
  }

  [[nodiscard]] belief believed() const {
    auto w = belief::widths::in(o_.by);
    w.noise = noise();
    belief b(gains_, w);
    for (const tried& t : all_) b.learn(t.choice, report(t.choice).score, t.courses);
    return b;
  }
  /// How far draws are from what is expected: a third of the rounds explores, every second draw of them with less courage; then ever less.
  [[nodiscard]] double width_of(int round, int draw) const {
    if (3 * round <= o_.rounds) return draw % 2 == 0 ? 1 : 0.4;
    return 0.05 + 0.6 * (o_.rounds - round) / o_.rounds;
  }
  /// The best update of each of so many draws of the belief.
  std::vector<update_choice> proposed(int round, int count) {
    belief now = believed();
    std::mt19937 random(o_.seed * 1000u + static_cast<std::uint32_t>(round));
    std::vector<gains> draws;
    for (int i = 0; i < count; ++i) draws.push_back(now.draw(random, width_of(round, i)));
    std::vector<update_choice> best(draws.size());
    parallel_for(draws.size(), find_.size(), [&](std::size_t i, std::size_t worker) {
      find_[worker].value_by(draws[i]);
      const auto found = find_[worker].run(
          limit_, {.seed = static_cast<std::uint32_t>(i) + 1, .population = 64, .generations = 60, .best = 1});
      if (!found.empty()) best[i] = found[0].choice;  // else the classifier alone
    });
    return best;
  }

  void teach_all(const std::vector<tried>& some, const std::string& name) {
    std::vector<lack> lacks;
    for (const tried& t : some)
      for (int c = 1; c <= t.courses; ++c)
        if (const auto seed = static_cast<std::uint32_t>(c); results_.find(t.choice, seed) == nullptr)
          lacks.push_back({t.choice, seed});
    if (!lacks.empty()) teacher_.teach(lacks, base_, {}, name);
    for (const tried& t : some) {
      if (tried* known = find_in(all_, t.choice))
        known->courses = std::max(known->courses, t.courses);
      else
        all_.push_back(t);
    }
  }
  [[nodiscard]] refined report(const update_choice& choice) const {
    refined r;
    r.of.choice = choice;
    int known = 0;
    for (const tried& t : all_)
      if (t.choice == choice) known = t.courses;
    std::vector<double> scores;
    for (int c = 1; c <= known; ++c) {
      const course_result& one = results_.find(choice, static_cast<std::uint32_t>(c))->result;
      r.accuracy += one.accuracy / known;
      r.loss += one.loss / known;
      scores.push_back(100 * score_(one));
      r.score += scores.back() / known;
    }
    double squares = 0;
    for (const double s : scores) squares += (s - r.score) * (s - r.score);
    if (known > 1) r.deviation = std::sqrt(squares / (known - 1) / known);
    r.courses = known;
    return r;
  }

  contributions& results_;
  refine_options o_;
  scorer score_;
  gains gains_;
  update_teacher<Learner> teacher_;
  std::vector<search<planner>> find_;  ///< one a worker: what candidates take stays known
  typename update_teacher<Learner>::base base_;
  budget limit_;
  std::vector<tried> all_;  ///< that this refinement asked for, whether they were in the file or not
};

}  // namespace thimble::lab
