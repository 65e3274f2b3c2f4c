// What each part of a network gains when it learns: runs, kept in one JSON file that survives being cut off. Host only.
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

/// What is gained: held-out accuracy (a fraction; published), or nats of held-out loss, which say the same with a tenth of the noise:
/// of 500 samples accuracy is known to two points, which is what a layer gains.
enum class measure { accuracy, loss };

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

class contributions {
 public:
  struct run {
    contribution_key key;
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
  /// Adds a run and writes the file: beside the old one first, which is then replaced, so that at no moment there is none.
  void add(const run& r) {
    runs_.push_back(r);
    auto beside = file_;
    beside += ".new";
    {
      std::ofstream out{beside};
      out << json().dump(1) << '\n';
      if (!out.flush()) throw data_error{beside, "cannot be written"};
    }
    std::filesystem::rename(beside, file_);
  }

  /// Mean over the seeds of the runs of a kind, of accuracy or of minus the held-out loss; none if there are none.
  [[nodiscard]] std::optional<double> mean(measure by, int biases, int layer = -1, int eighths = 0) const {
    double sum = 0;
    int count = 0;
    for (const run& r : runs_)
      if (r.key.biases == biases && r.key.layer == layer && r.key.eighths == eighths) {
        sum += by == measure::accuracy ? r.result.accuracy : -r.result.loss;
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
    } catch (const nlohmann::json::exception& e) {
      throw data_error{file_, std::string("the results are not as this program writes them: ") + e.what()};
    }
  }

  std::filesystem::path file_;
  analysis_subject subject_;
  std::vector<run> runs_;
};

}  // namespace thimble::lab
