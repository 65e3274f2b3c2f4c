// What is believed of gains after measurements, and the search that measures: budgets are kept, and a search that was cut off goes the same
// way without teaching again what it has.
#include <doctest/doctest.h>

#include <thimble/lab/analysis.hpp>
#include <thimble/lab/refine.hpp>

#include "../support/temporary_folder.hpp"
#include "lab_thirds.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

constexpr int layers = 6;

lab::gains gains_made(double of_bias, double of_weights) {
  lab::gains g;
  g.layers = layers;
  for (int k = 0; k <= layers; ++k) g.of_biases.push_back(of_bias * k);
  for (int l = 0; l < layers; ++l) {
    auto& row = g.of_weights.emplace_back();
    for (std::size_t f = 1; f < row.size(); ++f) row[f] = of_weights * static_cast<double>(f) * (l % 3);
  }
  return g;
}

lab::update_choice any_update(std::mt19937& random) {
  lab::update_choice c;
  c.biases = static_cast<int>(random() % (layers + 1));
  for (std::size_t l = layers - static_cast<std::size_t>(c.biases); l < layers; ++l)
    if (const auto f = random() % lab::gains::fractions; f > 0)
      c.set(l, lab::contribution_key::fraction_of(lab::gains::eighths[f]));
  return c;
}

double sum_of(const lab::gains& g, const lab::update_choice& c) {
  double sum = g.of_biases[static_cast<std::size_t>(c.biases)];
  for (std::size_t l = 0; l < c.weights.size(); ++l)
    for (std::size_t f = 1; f < lab::gains::fractions; ++f)
      if (c.weights[l].numerator * 8 == lab::gains::eighths[f] * c.weights[l].denominator) sum += g.of_weights[l][f];
  return sum;
}

}  // namespace

TEST_CASE("accuracy as losses predict it") {
  std::mt19937 random(2);
  std::vector<lab::course_result> courses;
  for (int i = 0; i < 50; ++i) {
    lab::course_result r;
    r.loss = 0.5 + static_cast<double>(random() % 100) / 500;
    r.last_loss = 0.3 + static_cast<double>(random() % 100) / 300;
    r.accuracy = 0.9 - 0.2 * r.loss - 0.05 * r.last_loss + (i % 2 == 0 ? 0.001 : -0.001);
    courses.push_back(r);
  }
  const auto line = lab::accuracy_line::through(courses);
  CHECK(line.level == doctest::Approx(0.9).epsilon(0.01));
  CHECK(line.of_loss == doctest::Approx(-0.2).epsilon(0.05));
  CHECK(line.of_last_loss == doctest::Approx(-0.05).epsilon(0.1));
  CHECK(line.at(courses[0]) == doctest::Approx(courses[0].accuracy).epsilon(0.003));
  CHECK_THROWS_AS(lab::accuracy_line::through({courses[0], courses[1]}), std::invalid_argument);
  CHECK_THROWS_AS(lab::accuracy_line::through(std::vector<lab::course_result>(9, courses[0])), std::invalid_argument);
}

TEST_CASE("what is believed of gains") {
  const lab::gains analysed = gains_made(1, 0.5);
  lab::belief b(analysed, {.share = 0.5, .of_share = 0.2});
  std::mt19937 random(1);
  lab::update_choice c;
  c.biases = 4;
  c.set(4, {1, 2});
  c.set(5, {1, 1});

  SUBCASE("without measurements: a share of the analysis") {
    CHECK(sum_of(analysed, c) == doctest::Approx(4 + 0.5 * 3 * 1 + 0.5 * 4 * 2));
    CHECK(b.expect(c) == doctest::Approx(0.5 * sum_of(analysed, c)));
    CHECK(b.share() == doctest::Approx(0.5));
  }
  SUBCASE("one measurement often repeated is believed, and others move with it") {
    b.learn(c, 30, 1'000'000);
    b.learn(c, 30, 1'000'000);
    CHECK(b.expect(c) == doctest::Approx(30).epsilon(0.001));
    CHECK(b.expect({}) > 20);  // the level
  }
  SUBCASE("measured wholes say what parts gain, also where the analysis was wrong") {
    // Truth: a third of the analysis' gains; but layer 4, which the analysis finds good, harms; and a level.
    lab::gains truth = gains_made(1.0 / 3, 0.5 / 3);
    for (std::size_t f = 1; f < lab::gains::fractions; ++f) truth.of_weights[4][f] = -0.3 * static_cast<double>(f);
    const auto noise = [&] { return static_cast<double>(random() % 1000) / 1000 - 0.5; };
    for (int i = 0; i < 400; ++i) {
      const auto tried = any_update(random);
      b.learn(tried, 70 + sum_of(truth, tried) + noise(), 1);
    }
    double worst = 0;
    for (int i = 0; i < 100; ++i) {
      const auto asked = any_update(random);
      worst = std::max(worst, std::abs(b.expect(asked) - 70 - sum_of(truth, asked)));
    }
    CHECK(worst < 0.6);  // half of what layer 4 alone is wrong by: 1.2 and more
  }
  SUBCASE("draws are about what is expected, the nearer the more was measured") {
    const auto spread = [&] {
      double sum = 0, squares = 0;
      for (int i = 0; i < 2000; ++i) {
        const double v = sum_of(b.draw(random), c);
        sum += v / 2000;
        squares += v * v / 2000;
      }
      return std::pair(sum, std::sqrt(squares - sum * sum));
    };
    const auto [before, wide] = spread();
    CHECK(before == doctest::Approx(0.5 * sum_of(analysed, c)).epsilon(0.05));
    for (int i = 0; i < 300; ++i) {
      const auto tried = any_update(random);
      b.learn(tried, 50 + 0.5 * sum_of(analysed, tried), 4);
    }
    const auto [after, narrow] = spread();
    CHECK(after == doctest::Approx(0.5 * sum_of(analysed, c)).epsilon(0.1));
    CHECK(narrow < wide / 2);
  }
  SUBCASE("fractions that the analysis does not compare are refused") {
    lab::update_choice third;
    third.biases = 2;
    third.set(5, {1, 3});
    CHECK_THROWS_AS(b.learn(third, 1, 1), std::invalid_argument);
  }
}

namespace {

using learner = lab::host_learner<small_net>;
using planner = learner::planner;

const lab::course how{.epochs = 1, .rate = 0.01f};
const lab::refine_options options{.how = how,
                                  .by = lab::measure::loss,
                                  .first = 6,
                                  .rounds = 2,
                                  .proposals = 3,
                                  .finalists = 4,
                                  .courses = 2,
                                  .last = 2,
                                  .last_courses = 4,
                                  .workers = 2,
                                  .progress_to = nullptr};

}  // namespace

TEST_CASE("a search that measures") {
  const temporary_folder folder;
  const auto training = thirds(40, 1), held_out = thirds(30, 2);
  const auto subject = lab::subject_of<learner>("bottleneck", "three thirds", how);
  const auto file = folder.name("refined.json");
  lab::contributions results(file, subject);
  lab::analyse<learner>(results, training, held_out, {.how = how, .workers = 2, .progress_to = nullptr});
  const auto runs = results.runs();

  lab::update_choice everything;
  everything.biases = 4;
  for (std::size_t l = 0; l < 4; ++l) everything.set(l, {1, 1});
  const int least = planner::figures_of({}).learner, most = planner::figures_of(everything).learner;
  const lab::budget middle{(least + most) / 2};

  lab::refinement<learner> search(results, training, held_out, options);
  CHECK(search.run({least - 1}).empty());
  const auto found = search.run(middle);
  REQUIRE(found.size() > 1);
  const auto taught = results.trials().size();

  SUBCASE("budgets are kept, the last were taught as often as asked for, and come first by score") {
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(found[i].of.takes.learner <= middle.bytes);
      CHECK(found[i].of.takes.learner == planner::figures_of(found[i].of.choice).learner);
      CHECK(found[i].courses >= 2);
      if (i < 2) CHECK(found[i].courses == 4);
      CHECK(found[i].score == doctest::Approx(-100 * found[i].loss));
    }
    CHECK(found[0].score >= found[1].score);
    const auto [updates, courses] = search.effort();
    CHECK(updates >= found.size());
    CHECK(static_cast<std::size_t>(courses) == taught);
    CHECK(search.noise() > 0);
  }

  SUBCASE("each course is what its update learns of the same samples") {
    for (const auto& t : results.trials()) {
      lab::learners<learner> each;
      each.push_back(std::make_unique<learner>(t.choice));
      lab::course c = how;
      c.seed = t.seed;
      const auto r = lab::take_course(*each[0], lab::freeze(each, training), lab::freeze(each, held_out), c);
      CHECK(r.accuracy == t.result.accuracy);
      CHECK(r.loss == t.result.loss);
      CHECK(r.last_loss == t.result.last_loss);
    }
  }

  SUBCASE("cut off after any course and begun again, it finds the same and teaches what was lacking") {
    for (const std::size_t after : {std::size_t{0}, std::size_t{1}, taught / 2, taught}) {
      lab::contributions again(folder.name("part" + std::to_string(after) + ".json"), subject);
      for (const auto& r : runs) again.add(r);
      for (std::size_t i = 0; i < after; ++i) again.add(results.trials()[i]);
      const lab::contributions read(folder.name("part" + std::to_string(after) + ".json"), subject);
      REQUIRE(read.trials().size() == after);
      lab::contributions from = read;
      lab::refinement<learner> resumed(from, training, held_out, options);
      const auto second = resumed.run(middle);
      CHECK(from.trials().size() == taught);
      REQUIRE(second.size() == found.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        CHECK(second[i].of.choice == found[i].of.choice);
        CHECK(second[i].score == found[i].score);
      }
    }
  }

  SUBCASE("what was found, on samples drawn anew") {
    int drawn = 0;
    const auto draw = [&](int d) {
      ++drawn;
      return std::pair(thirds(40, 10 + static_cast<unsigned>(d)), thirds(30, 20 + static_cast<unsigned>(d)));
    };
    auto confirmed = found;
    search.confirm(confirmed, 3, "all but the first", draw);
    CHECK(drawn == 3);
    REQUIRE(confirmed.size() == found.size());
    CHECK(results.trials().size() == taught + 3 * found.size());
    CHECK(confirmed[0].confirmed_deviation == 0);
    for (std::size_t i = 0; i < confirmed.size(); ++i) {
      const auto& choice = confirmed[i].of.choice;
      double sum = 0;
      for (int d = 1; d <= 3; ++d) {
        lab::learners<learner> each;
        each.push_back(std::make_unique<learner>(choice));
        const auto [train, held] = draw(d);
        sum -= 100 * lab::take_course(*each[0], lab::freeze(each, train), lab::freeze(each, held), how).loss / 3;
      }
      CHECK(confirmed[i].confirmed == doctest::Approx(sum));
      if (i > 0) CHECK(confirmed[i].confirmed <= confirmed[i - 1].confirmed);
    }
    // Once more, from the file: nothing is drawn, and the order is the same.
    drawn = 0;
    lab::contributions from(file, subject);
    lab::refinement<learner> resumed(from, training, held_out, options);
    auto second = resumed.run(middle);
    resumed.confirm(second, 3, "all but the first", draw);
    CHECK(drawn == 0);
    for (std::size_t i = 0; i < second.size(); ++i) CHECK(second[i].of.choice == confirmed[i].of.choice);
    // Drawn from other samples: what is in the file does not tell.
    const auto known = from.trials().size();
    resumed.confirm(second, 3, "all but the last", draw);
    CHECK(drawn == 3);
    CHECK(from.trials().size() == known + 3 * second.size());
    // Nor do draws of a file that does not say from what they are.
    std::ifstream in{file};
    auto all = nlohmann::json::parse(in);
    for (auto& t : all["trials"]) t.erase("drawn_from");
    const auto text = all.dump();
    lab::contributions old(folder.write("old.json", {text.begin(), text.end()}), subject);
    lab::refinement<learner> of_old(old, training, held_out, options);
    second = of_old.run(middle);
    drawn = 0;
    of_old.confirm(second, 3, "all but the first", draw);
    CHECK(drawn == 3);
  }

  SUBCASE("a limit on multiplications") {
    const long few = planner::figures_of({}).macs;
    for (const auto& r : search.run({most, few})) CHECK(r.of.takes.macs <= few);
  }

  SUBCASE("courses that are damaged in the file") {
    std::ifstream in{file};
    auto all = nlohmann::json::parse(in);
    all["trials"][0].erase("seed");
    const auto text = all.dump();
    const auto bad = folder.write("bad.json", {text.begin(), text.end()});
    CHECK_THROWS_WITH_AS(lab::contributions(bad, subject),
                         doctest::Contains("the results are not as this program writes them"), lab::data_error);
  }
}
