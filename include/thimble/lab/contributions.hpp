// What each part of a network gains when it learns, and what whole updates reach: runs, kept in one JSON file that survives being cut off. Host only.
#pragma once
#include <cmath>
#include <fstream>
#include <optional>

#include <nlohmann/json.hpp>

#include <thimble/lab/course.hpp>
#include <thimble/lab/data_error.hpp>
#include <thimble/lab/update_choice.hpp>

namespace thimble::lab {

/// The biases of the last `biases` layers learn (with the head); and, where `layer` is not negative, eighths/8 of that layer's
/// input channels.
struct contribution_key {
  int biases = 0, layer = -1, eighths = 0;
  std::uint32_t seed = 1;
  friend bool operator==(const contribution_key&, const contribution_key&) = default;

  [[nodiscard]] update_choice choice() const {
    update_choice c;
    c.biases = biases;
    if (layer >= 0) c.set(static_cast<std::size_t>(layer), fraction_of(eighths));
    return c;
  }
  static constexpr ratio fraction_of(int eighths) {
    int n = eighths, d = 8;
    while (n % 2 == 0 && d > 1) n /= 2, d /= 2;
    return {n, d};
  }
};
inline constexpr int compared_eighths[] = {1, 2, 4, 8};

/// What is gained: held-out accuracy (a fraction; published); nats of held-out loss; or accuracy as the losses of the same course
/// predict it. Of 500 samples accuracy is known to two points, which is what a layer gains; a loss shows the same with less noise.
/// But accuracy is what is wanted, and of two updates of one held-out loss that with the lower training loss names more samples.
enum class measure { accuracy, loss, predicted };

/// accuracy = level + of_loss * held-out loss + of_last_loss * training loss: least squares over courses. Measured on
/// mcunet-5fps and mbv2-w0.35: what accuracies are off it is as much as they differ between equal courses of other seeds.
struct accuracy_line {
  double level = 0, of_loss = 0, of_last_loss = 0;
  [[nodiscard]] double at(const course_result& r) const {
    return level + of_loss * r.loss + of_last_loss * r.last_loss;
  }

  /// @throws std::invalid_argument if the courses do not tell (fewer than three, or all alike)
  static accuracy_line through(const std::vector<course_result>& courses) {
    double m[3][4]{};  // normal equations
    for (const course_result& r : courses) {
      const double x[] = {1, r.loss, r.last_loss};
      for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) m[i][j] += x[i] * x[j];
        m[i][3] += x[i] * r.accuracy;
      }
    }
    for (int i = 0; i < 3; ++i) {
      if (!(m[i][i] > 1e-9)) throw std::invalid_argument("accuracy_line: too few different courses");
      for (int r = 0; r < 3; ++r) {
        if (r == i) continue;
        const double f = m[r][i] / m[i][i];
        for (int j = i; j < 4; ++j) m[r][j] -= f * m[i][j];
      }
    }
    return {m[0][3] / m[0][0], m[1][3] / m[1][1], m[2][3] / m[2][2]};
  }
};

/// What a course reached, higher is better: a fraction, or nats.
struct scorer {
  measure by = measure::loss;
  accuracy_line line;
  [[nodiscard]] double operator()(const course_result& r) const {
    return by == measure::accuracy ? r.accuracy : by == measure::loss ? -r.loss : line.at(r);
  }
};

/// What results depend on: those of others are not mixed in.
struct analysis_subject {
  std::string network;  ///< a name for people
  std::uint32_t identity = 0;
  std::string data;  ///< a name for people, with the split's sizes and seed
  int epochs = 0;
  float rate = 0;
  int layers = 0;  ///< with weights, before the head
  std::vector<std::string> names;
  friend bool operator==(const analysis_subject&, const analysis_subject&) = default;
};

/// Which samples a trial has: draw 0 is the analysis'; others are drawn anew, from what `from` names.
struct drawing {
  int draw = 0;
  std::string from;
  friend bool operator==(const drawing&, const drawing&) = default;
};

class contributions {
 public:
  struct run {
    contribution_key key;
    course_result result;
    double seconds = 0;
  };
  /// A whole update that was taught and examined, by a search that measures (refine.hpp).
  struct trial {
    update_choice choice;
    std::uint32_t seed = 1;
    drawing samples;
    course_result result;
    double seconds = 0;
  };

  /// Of the file, where there is one, else empty. @throws data_error if the file is damaged, or holds something else
  contributions(std::filesystem::path file, analysis_subject subject)
      : file_(std::move(file)), subject_(std::move(subject)) {
    if (std::filesystem::exists(file_)) load();
  }

  [[nodiscard]] const analysis_subject& subject() const { return subject_; }
  [[nodiscard]] const std::vector<run>& runs() const { return runs_; }
  [[nodiscard]] const run* find(const contribution_key& key) const {
    for (const run& r : runs_)
      if (r.key == key) return &r;
    return nullptr;
  }
  [[nodiscard]] const std::vector<trial>& trials() const { return trials_; }
  [[nodiscard]] const trial* find(const update_choice& choice, std::uint32_t seed, const drawing& samples = {}) const {
    for (const trial& t : trials_)
      if (t.seed == seed && t.samples == samples && t.choice == choice) return &t;
    return nullptr;
  }
  /// Adds what was measured and writes the file: beside the old one first, which is then replaced, so that at no moment there is
  /// none.
  void add(const run& r) {
    runs_.push_back(r);
    write();
  }
  void add(const trial& t) {
    trials_.push_back(t);
    write();
  }

  /// Where accuracies are to be predicted, by the line through all runs.
  [[nodiscard]] scorer scored(measure by) const {
    scorer s{by, {}};
    if (by != measure::predicted) return s;
    std::vector<course_result> all;
    for (const run& r : runs_) all.push_back(r.result);
    s.line = accuracy_line::through(all);
    return s;
  }
  /// Mean score over the seeds of the runs of a kind; none if there are none.
  [[nodiscard]] std::optional<double> mean(measure by, int biases, int layer = -1, int eighths = 0) const {
    const scorer score = scored(by);
    double sum = 0;
    int count = 0;
    for (const run& r : runs_)
      if (r.key.biases == biases && r.key.layer == layer && r.key.eighths == eighths) {
        sum += score(r.result);
        ++count;
      }
    if (count == 0) return std::nullopt;
    return sum / count;
  }
  /// Of the last k biases over the classifier alone, and of a layer's weights over the biases they were learnt with.
  [[nodiscard]] std::optional<double> gain_of_biases(measure by, int k) const {
    return difference(mean(by, k), mean(by, 0));
  }
  [[nodiscard]] std::optional<double> gain_of_weights(measure by, int layer, int eighths) const {
    const int k = subject_.layers - layer;
    return difference(mean(by, k, layer, eighths), mean(by, k));
  }

 private:
  static std::optional<double> difference(std::optional<double> a, std::optional<double> b) {
    if (!a || !b) return std::nullopt;
    return *a - *b;
  }

  void write() const {
    auto beside = file_;
    beside += ".new";
    {
      std::ofstream out{beside};
      out << json().dump(1) << '\n';
      if (!out.flush()) throw data_error{beside, "cannot be written"};
    }
    std::filesystem::rename(beside, file_);
  }

  static constexpr const char* format_name = "thimble contributions";
  static constexpr int format_version = 1;

  [[nodiscard]] nlohmann::json json() const {
    nlohmann::json all{{"format", format_name},         {"version", format_version}, {"network", subject_.network},
                       {"identity", subject_.identity}, {"data", subject_.data},     {"epochs", subject_.epochs},
                       {"rate", subject_.rate},         {"layers", subject_.layers}, {"names", subject_.names}};
    auto& list = all["runs"] = nlohmann::json::array();
    for (const run& r : runs_)
      list.push_back({{"biases", r.key.biases},
                      {"layer", r.key.layer},
                      {"eighths", r.key.eighths},
                      {"seed", r.key.seed},
                      {"accuracy", r.result.accuracy},
                      {"held_out_loss", r.result.loss},
                      {"last_loss", r.result.last_loss},
                      {"seconds", r.seconds}});
    auto& whole = all["trials"] = nlohmann::json::array();
    for (const trial& t : trials_) {
      auto weights = nlohmann::json::array();  // layer, numerator, denominator
      for (std::size_t n = 0; n < t.choice.weights.size(); ++n)
        if (const ratio r = t.choice.weights[n]; r.numerator > 0) weights.push_back({n, r.numerator, r.denominator});
      whole.push_back({{"biases", t.choice.biases},
                       {"weights", weights},
                       {"seed", t.seed},
                       {"draw", t.samples.draw},
                       {"drawn_from", t.samples.from},
                       {"accuracy", t.result.accuracy},
                       {"held_out_loss", t.result.loss},
                       {"last_loss", t.result.last_loss},
                       {"seconds", t.seconds}});
    }
    return all;
  }

  void load() {
    const auto bytes = detail::whole_file(file_);
    nlohmann::json all;
    try {
      all = nlohmann::json::parse(bytes.begin(), bytes.end());
    } catch (const nlohmann::json::parse_error& e) {
      throw data_error::at_byte(file_, e.byte, "the results are cut short or damaged; remove the file to begin again");
    }
    try {
      if (!all.is_object() || all.value("format", "") != format_name)
        throw data_error{file_, "holds no results of a contribution analysis"};
      if (const int version = all.at("version"); version != format_version)
        throw data_error{file_, "has version " + std::to_string(version) + " of the form, this program writes " +
                                    std::to_string(format_version)};
      const auto same = [&](const char* what, const auto& mine) {
        if (const nlohmann::json& theirs = all.at(what); theirs != nlohmann::json(mine))
          throw data_error{file_, std::string("results of another analysis: ") + what + " is " + theirs.dump() +
                                      ", here it is " + nlohmann::json(mine).dump()};
      };
      same("network", subject_.network);
      same("identity", subject_.identity);
      same("data", subject_.data);
      same("epochs", subject_.epochs);
      same("rate", subject_.rate);
      same("layers", subject_.layers);
      for (const auto& r : all.at("runs"))
        runs_.push_back({{r.at("biases"), r.at("layer"), r.at("eighths"), r.at("seed")},
                         {{r.at("accuracy"), r.at("held_out_loss")}, r.at("last_loss")},
                         r.at("seconds")});
      for (const auto& t : all.value("trials", nlohmann::json::array())) {
        update_choice c;
        c.biases = t.at("biases");
        for (const auto& w : t.at("weights")) c.set(w.at(0), {w.at(1), w.at(2)});
        trials_.push_back({c,
                           t.at("seed"),
                           {t.value("draw", 0), t.value("drawn_from", "")},
                           {{t.at("accuracy"), t.at("held_out_loss")}, t.at("last_loss")},
                           t.at("seconds")});
      }
    } catch (const nlohmann::json::exception& e) {
      throw data_error{file_, std::string("the results are not as this program writes them: ") + e.what()};
    }
  }

  std::filesystem::path file_;
  analysis_subject subject_;
  std::vector<run> runs_;
  std::vector<trial> trials_;
};

}  // namespace thimble::lab
