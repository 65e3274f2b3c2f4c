// The lab over one network (LAB_SUBJECT): which part of it should learn, under a budget?
//
//   lab analyse   what each part gains when it learns; goes on where it was stopped
//   lab search    the front of bytes and gain, and the best updates under budgets, as headers
//   lab refine    a search that measures: whole updates are taught, and what they reach says which to try next
//   lab measure   trains updates with paired seeds and compares them with the first
//   lab rehearse  one update as the device will learn it: curves, confusion, forgetting, saturation
//   lab plan      what an update takes, and the picture of its memory
#include <cstdio>
#include <ctime>
#include <exception>

#include <thimble/lab/analysis.hpp>
#include <thimble/lab/charts.hpp>
#include <thimble/lab/emit.hpp>
#include <thimble/lab/host_learner.hpp>
#include <thimble/lab/refine.hpp>

#include LAB_SUBJECT

#include "options.hpp"
#include "statistics.hpp"

namespace {

using namespace bench;  // NOLINT(google-build-using-namespace): this program is about it
using learner = lab::host_learner<net>;
using planner = learner::planner;

const std::map<std::string, std::string> usual{{"--data",
                                                "idx:/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz,"
                                                "/usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte.gz"},
                                               {"--train", "600"},
                                               {"--held-out", "400"},
                                               {"--test", "1000"},
                                               {"--split", "1"},
                                               {"--epochs", "1"},
                                               {"--rate", "0.01"},
                                               {"--rates", "0.01"},
                                               {"--seeds", "1"},
                                               {"--deepest", "999"},
                                               {"--results", std::string(network) + ".json"},
                                               {"--bytes", "65536"},
                                               {"--macs", "0"},
                                               {"--out", "."},
                                               {"--updates", ""},
                                               {"--update", "0"},
                                               {"--old-classes", "5"},
                                               {"--best", "3"},
                                               {"--by", "loss"},
                                               {"--measured", "0"},
                                               {"--rounds", "12"},
                                               {"--draws", "same"},
                                               {"--confirm", "6"},
                                               {"--instructions", "0"},
                                               {"--per-mac", "1.7"}};

/// `further`: of splits after --split.
parts load(const options& o, std::uint32_t further = 0, std::uint32_t draw = 0) {
  return bench::load<learner>(o.text("--data"),
                              {o.number<std::size_t>("--train"), o.number<std::size_t>("--held-out"),
                               o.number<std::size_t>("--test"), o.number<std::uint32_t>("--split") + further, draw},
                              scaled);
}
lab::contributions results_of(const options& o, const std::string& data) {
  const lab::course how{.epochs = o.number<int>("--epochs"), .rate = o.number<float>("--rate")};
  return {o.text("--results"), lab::subject_of<learner>(network, data, how)};
}
std::string in(const options& o, const std::string& name) {
  std::filesystem::create_directories(o.text("--out"));
  return o.text("--out") + "/" + network + name;
}
std::string data_name(const options& o) {
  return o.text("--data") + ", " + o.text("--train") + " + " + o.text("--held-out") + ", seed " + o.text("--split");
}
/// `update NAME: bytes, MACs`
void print_figures(const std::string& name, const lab::update_choice& c) {
  const auto f = planner::figures_of(c);
  std::printf("%-34s %7d bytes (arena %d, trained %d), %ld MACs a step, %ld from a latent\n", name.c_str(), f.learner,
              f.arena, f.trained, f.macs, f.macs - f.macs_frozen);
}

/// Since `start`; processor time is the whole program's.
void print_time(const char* what, double start) {
  std::printf("figure lab.%s.%s %.1f s\n", network, what, lab::steady_seconds() - start);
  std::printf("figure lab.%s.%s.processor %.1f min\n", network, what,
              static_cast<double>(std::clock()) / CLOCKS_PER_SEC / 60);
}
lab::measure measure_by(const options& o) {
  const std::map<std::string, lab::measure> all{
      {"accuracy", lab::measure::accuracy}, {"loss", lab::measure::loss}, {"predicted", lab::measure::predicted}};
  const auto at = all.find(o.text("--by"));
  if (at == all.end()) throw std::invalid_argument("--by is loss, accuracy or predicted");
  return at->second;
}
lab::budget limit_of(const options& o, int bytes) {
  long macs = o.number<long>("--macs");
  if (const auto most = o.number<double>("--instructions"); most > 0)
    macs = static_cast<long>(most / o.number<double>("--per-mac"));
  return {bytes, macs > 0 ? macs : lab::budget{}.macs};
}
void say_nothing_fits(int bytes) {
  std::printf("%d bytes hold no update of %s: the classifier alone takes %d\n", bytes, network,
              planner::figures_of({}).learner);
}

void analyse(const options& o) {
  const double start = lab::steady_seconds();
  const parts data = load(o);
  auto results = results_of(o, data.name);
  lab::analyse<learner>(results, data.training, data.held_out,
                        {.how = {.epochs = o.number<int>("--epochs"), .rate = o.number<float>("--rate")},
                         .seeds = o.number<int>("--seeds"),
                         .deepest = o.number<int>("--deepest")});
  chart_of(results, lab::measure::loss).write(in(o, ".contributions.svg"));
  chart_of(results, lab::measure::accuracy).write(in(o, ".contributions.accuracy.svg"));
  std::printf("figure lab.%s.runs %zu runs\n", network, results.runs().size());
  print_time("analysis", start);
  for (const int k : {0, 1, 2, 5, 10, 20, results.subject().layers})
    if (const auto a = results.mean(lab::measure::accuracy, k))
      std::printf("  last %2d biases: accuracy %.4f, loss %.4f\n", k, *a, -*results.mean(lab::measure::loss, k));
}

/// The best of a budget's candidates by what they really reach on the held-out samples, mean over --measured seeds, comes first.
void choose_measured(const options& o, std::vector<lab::candidate>& found) {
  const parts data = load(o);
  std::vector<std::pair<double, lab::candidate>> all;
  for (const auto& c : found) {
    const auto courses = lab::rehearse<learner>(c.choice, data.training, data.held_out,
                                                {.epochs = o.number<int>("--epochs"),
                                                 .rates = {o.number<float>("--rate")},
                                                 .seeds = o.number<int>("--measured"),
                                                 .examinations = 1});
    double loss = 0;
    for (const auto& r : courses) loss += r.curve.back().result.loss / static_cast<double>(courses.size());
    std::printf("measured: loss %.4f, %s\n", loss, short_text(c.choice).c_str());
    all.emplace_back(loss, c);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  found.clear();
  for (auto& [loss, c] : all) found.push_back(std::move(c));
}

void search(const options& o) {
  const double start = lab::steady_seconds();
  const auto results = results_of(o, data_name(o));
  const auto by = measure_by(o);
  lab::search<planner> find(lab::gains_of(results, by));
  std::vector<std::pair<std::string, lab::candidate>> known;
  for (const auto& word : words_of(o.text("--updates"), ' ')) {
    if (word.empty()) continue;
    const auto c = parse_update(word);
    known.push_back({word, {c, find.gain_of(c).value_or(0), planner::figures_of(c)}});
  }
  for (const int bytes : o.numbers<int>("--bytes")) {
    auto found = find.run(limit_of(o, bytes), {.best = o.number<int>("--best")});
    if (found.empty()) {
      say_nothing_fits(bytes);
      continue;
    }
    if (o.number<int>("--measured") > 0) choose_measured(o, found);
    for (const auto& c : found)
      std::printf("%d bytes: %+.2f %s, %s\n", bytes, 100 * c.gain, lab::unit_of(by), short_text(c.choice).c_str());
    print_figures("", found[0].choice);
    char gain[128];
    std::snprintf(gain, sizeof gain, "Gain over the classifier alone, by the sum of its parts: %.2f %s.",
                  100 * found[0].gain, lab::unit_of(by));
    lab::write_update(in(o, "." + std::to_string(bytes) + ".hpp"), found[0],
                      {"found_" + std::to_string(bytes),
                       network,
                       {gain, "Budget: " + std::to_string(bytes) + " bytes. Data: " + data_name(o) + "."}});
  }
  const auto front = find.front(12);
  for (const auto& c : front)
    std::printf("front: %7d bytes %+6.2f  %s\n", c.takes.learner, 100 * c.gain, short_text(c.choice).c_str());
  for (const auto& [name, c] : known)
    std::printf("known: %7d bytes %+6.2f  %s\n", c.takes.learner, 100 * c.gain, name.c_str());
  chart_of(network, by, front, known).write(in(o, ".front.svg"));
  const double taken = lab::steady_seconds() - start;
  std::printf("figure lab.%s.search %.1f s\n", network, taken);
  std::printf("figure lab.%s.candidates %.0f 1/s\n", network, static_cast<double>(find.bounded()) / taken);
  std::printf("figure lab.%s.placed %ld plans\n", network, find.placed());
}

void refine(const options& o) {
  const double start = lab::steady_seconds();
  const parts data = load(o);
  auto results = results_of(o, data.name);
  lab::refinement<learner> search(
      results, data.training, data.held_out,
      {.how = {.epochs = o.number<int>("--epochs"), .rate = o.number<float>("--rate")}, .by = measure_by(o)});
  const auto rounds = o.numbers<int>("--rounds");  // of each budget; the last holds for those that follow
  std::size_t place = 0;
  for (const int bytes : o.numbers<int>("--bytes")) {
    auto found = search.run(limit_of(o, bytes), rounds[std::min(place++, rounds.size() - 1)]);
    if (found.empty()) {
      say_nothing_fits(bytes);
      continue;
    }
    search.confirm(found, o.number<int>("--confirm"), "all but " + o.text("--test") + " test samples", [&](int draw) {
      parts anew = load(o, 0, static_cast<std::uint32_t>(draw));
      return std::pair(std::move(anew.training), std::move(anew.held_out));
    });
    for (const auto& f : found) {
      std::printf("%d bytes: accuracy %.2f, loss %.4f, score %.2f (deviation %.2f) of %d courses", bytes,
                  100 * f.accuracy, f.loss, f.score, f.deviation, f.courses);
      std::printf("; samples drawn anew: accuracy %.2f, score %.2f (to the first %.2f): %s\n",
                  100 * f.confirmed_accuracy, f.confirmed, f.confirmed_deviation, short_text(f.of.choice).c_str());
    }
    print_figures("", found[0].of.choice);
    char reached[128];
    std::snprintf(reached, sizeof reached, "Held-out accuracy %.2f %%, loss %.4f: means of %d courses of %s epochs.",
                  100 * found[0].accuracy, found[0].loss, found[0].courses, o.text("--epochs").c_str());
    lab::write_update(in(o, "." + std::to_string(bytes) + ".hpp"), found[0].of,
                      {"found_" + std::to_string(bytes),
                       network,
                       {reached, "Budget: " + std::to_string(bytes) + " bytes. Data: " + data_name(o) + "."}});
  }
  const auto [updates, courses] = search.effort();
  std::printf("taught %zu updates in %d courses; noise of a course %.2f; wholes gain %.2f of their parts' sum\n",
              updates, courses, search.noise(), search.share());
  print_time("refinement", start);
}

/// A course's result by update and seed. A seed is an order of the same samples; or where --draws is `anew`, a split of its own.
std::vector<std::vector<lab::rehearsed>> courses_of(const options& o, const std::vector<lab::update_choice>& updates) {
  if (o.text("--draws") != "same" && o.text("--draws") != "anew")
    throw std::invalid_argument("--draws is same or anew");
  std::vector<std::vector<lab::rehearsed>> all(updates.size());
  lab::rehearsal_options how{.epochs = o.number<int>("--epochs"),
                             .rates = {o.number<float>("--rate")},
                             .seeds = o.number<int>("--seeds"),
                             .examinations = 1};
  if (o.text("--draws") == "same") {
    const parts data = load(o);
    for (std::size_t i = 0; i < updates.size(); ++i)
      all[i] = lab::rehearse<learner>(updates[i], data.training, data.test, how);
    return all;
  }
  const auto workers = how.workers;
  const int seeds = how.seeds;
  how.seeds = 1;
  how.workers = 1;
  for (int seed = 0; seed < seeds; ++seed) {
    const parts data = load(o, static_cast<std::uint32_t>(seed));
    lab::parallel_for(updates.size(), workers, [&](std::size_t i, std::size_t) {
      all[i].push_back(lab::rehearse<learner>(updates[i], data.training, data.test, how)[0]);
    });
  }
  return all;
}

/// Each update, and paired differences to the first.
void measure(const options& o) {
  std::vector<std::string> names;
  std::vector<lab::update_choice> updates;
  for (const auto& word : words_of(o.text("--updates"), ' '))
    if (!word.empty()) names.push_back(word), updates.push_back(parse_update(word));
  const auto all = courses_of(o, updates);
  std::vector<double> first;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    std::vector<double> accuracies, losses;
    for (const auto& r : all[i])
      accuracies.push_back(100 * r.curve.back().result.accuracy), losses.push_back(r.last_loss);
    if (first.empty()) first = accuracies;
    const auto apart = differences(accuracies, first);
    print_figures(names[i], updates[i]);
    std::printf("  accuracy %.2f, loss of training %.4f, to the first %+.2f +- %.2f points\n", mean(accuracies),
                mean(losses), mean(apart), interval(apart));
  }
}

void rehearse(const options& o) {
  const parts data = load(o);
  const auto choice = parse_update(o.text("--update"));
  const auto all = lab::rehearse<learner>(
      choice, data.training, data.test,
      {.epochs = o.number<int>("--epochs"), .rates = o.numbers<float>("--rates"), .seeds = o.number<int>("--seeds")});
  print_figures(lab::text_of(choice), choice);
  for (const auto& r : all)
    std::printf(
        "rate %g, seed %u: accuracy %.4f -> %.4f, saturated gradients %u, weights %u, trained bytes' CRC %08x\n",
        static_cast<double>(r.rate), r.seed, r.curve.front().result.accuracy, r.curve.back().result.accuracy,
        r.saturated.gradients, r.saturated.weights, r.crc);
  std::printf("labels down, answers across:\n");
  for (const auto& row : all[0].confusion) {
    for (const int n : row) std::printf(" %4d", n);
    std::printf("\n");
  }
  auto json = nlohmann::json{
      {"network", network}, {"data", data.name}, {"update", lab::text_of(choice)}, {"courses", lab::json_of(all)}};
  for (const int replayed : {0, 1}) {
    const auto f = lab::rehearse_new_classes<learner>(
        choice, data.training, data.test, o.number<int>("--old-classes"), replayed,
        {.epochs = o.number<int>("--epochs"), .rate = o.numbers<float>("--rates")[0]});
    std::printf("new classes, %d old samples replayed after each: old %.4f -> %.4f, new %.4f\n", replayed, f.old_before,
                f.old_after, f.new_after);
    json["new_classes"].push_back(
        {{"replayed", replayed}, {"old_before", f.old_before}, {"old_after", f.old_after}, {"new", f.new_after}});
  }
  std::ofstream(in(o, ".rehearsal.json")) << json.dump(1) << '\n';
  chart_of(network, all).write(in(o, ".rehearsal.svg"));
  lab::chart_of_memory<planner>(network, choice).write(in(o, ".memory.svg"));
}

void show_plan(const options& o) {
  const auto choice = parse_update(o.text("--update"));
  print_figures(lab::text_of(choice), choice);
  lab::chart_of_memory<planner>(network, choice).write(in(o, ".memory.svg"));
}

}  // namespace

int main(int count, char** words) try {
  const std::string command = count > 1 ? words[1] : "";
  const std::map<std::string, void (*)(const options&)> commands{{"analyse", analyse},   {"search", search},
                                                                 {"refine", refine},     {"measure", measure},
                                                                 {"rehearse", rehearse}, {"plan", show_plan}};
  if (!commands.contains(command))
    throw std::invalid_argument("lab analyse|search|refine|measure|rehearse|plan [--OPTION VALUE]...");
  commands.at(command)(options(count, words, 2, usual));
} catch (const std::exception& e) {
  std::fprintf(stderr, "lab: %s\n", e.what());
  return 1;
}
