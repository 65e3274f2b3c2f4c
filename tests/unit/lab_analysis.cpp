// Contribution analysis and search on a small network: resumed results are those of one go, damaged files are refused, budgets are
// kept, and the emitted update is one.
#include <doctest/doctest.h>

#include <thimble/lab/analysis.hpp>
#include <thimble/lab/emit.hpp>

#include "../support/temporary_folder.hpp"
#include "lab_thirds.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

using learner = lab::host_learner<small_net>;

const lab::analysis_options options{
    .how = {.epochs = 1, .rate = 0.01f}, .seeds = 2, .workers = 2, .progress_to = nullptr};

std::vector<lab::contributions::run> sorted(const lab::contributions& from) {
  auto runs = from.runs();
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
    const auto& x = a.key;
    const auto& y = b.key;
    return std::tuple(x.biases, x.layer, x.eighths, x.seed) < std::tuple(y.biases, y.layer, y.eighths, y.seed);
  });
  return runs;
}

std::string text_of_file(const std::string& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string error_of(const std::string& file, const lab::analysis_subject& subject) {
  try {
    const lab::contributions c(file, subject);
  } catch (const lab::data_error& e) {
    const std::string text = e.what();
    return text.starts_with(file + ": ") ? text.substr(file.size() + 2) : "not about the file: " + text;
  }
  return "";
}

}  // namespace

TEST_CASE("analysis, search, and what is written of them") {
  const temporary_folder folder;
  const auto training = thirds(60, 1), held_out = thirds(40, 2);
  const auto subject = lab::subject_of<learner>("bottleneck", "three thirds", options.how);
  lab::contributions whole(folder.name("whole.json"), subject);
  lab::analyse<learner>(whole, training, held_out, options);
  // Layers before the head: 4. Of each k in 0 ... 4 a run, and four of layer 4 - k.
  CHECK(whole.runs().size() == 2 * (5 + 4 * 4));

  SUBCASE("each run is what its type learns of the same samples") {
    // The latents that runs share are those of their own samples.
    learner one;
    const lab::contribution_key key{3, 1, 4, 2};
    one.choose(key.choice());
    lab::learners<learner> each;
    each.push_back(std::make_unique<learner>(key.choice()));
    const auto r = lab::take_course(*each[0], lab::freeze(each, training), lab::freeze(each, held_out),
                                    {.epochs = 1, .rate = 0.01f, .seed = 2});
    const auto* found = whole.find(key);
    REQUIRE(found != nullptr);
    CHECK(found->result.accuracy == r.accuracy);
    CHECK(found->result.loss == r.loss);
    CHECK(found->result.last_loss == r.last_loss);
  }

  SUBCASE("cut off after any run and begun again, the results are the same") {
    for (const std::size_t after : {std::size_t{0}, std::size_t{1}, std::size_t{17}, std::size_t{41}}) {
      const auto file = folder.name("part" + std::to_string(after) + ".json");
      {
        lab::contributions part(file, subject);
        for (std::size_t i = 0; i < after; ++i) part.add(whole.runs()[i]);
      }
      lab::contributions again(file, subject);
      CHECK(again.runs().size() == after);
      lab::analyse<learner>(again, training, held_out, options);
      const auto a = sorted(whole), b = sorted(again);
      REQUIRE(a.size() == b.size());
      for (std::size_t i = 0; i < a.size(); ++i) {
        CHECK(a[i].key == b[i].key);
        CHECK(a[i].result.accuracy == b[i].result.accuracy);
        CHECK(a[i].result.loss == b[i].result.loss);
      }
    }
  }

  SUBCASE("results that cannot be gone on with") {
    const auto file = folder.name("whole.json");
    const auto text = text_of_file(file);
    const auto about = [&](const std::string& content) {
      return error_of(folder.write("bad.json", {content.begin(), content.end()}), subject);
    };
    CHECK(error_of(file, subject) == "");
    const auto cut = about(text.substr(0, text.size() / 2));
    CHECK(cut.starts_with("byte "));
    CHECK(cut.ends_with(": the results are cut short or damaged; remove the file to begin again"));
    CHECK(about("") == "byte 1: the results are cut short or damaged; remove the file to begin again");
    CHECK(about("{\"runs\": []}") == "holds no results of a contribution analysis");
    CHECK(about("[1, 2]") == "holds no results of a contribution analysis");
    CHECK(about("{\"format\": \"thimble contributions\", \"version\": 9}") ==
          "has version 9 of the form, this program writes 1");
    CHECK(about("{\"format\": \"thimble contributions\", \"version\": 1}")
              .starts_with("the results are not as this program writes them: "));
    auto other = subject;
    other.data = "three halves";
    CHECK(error_of(file, other) ==
          "results of another analysis: data is \"three thirds\", here it is \"three halves\"");
    other = subject;
    other.epochs = 7;
    CHECK(error_of(file, other) == "results of another analysis: epochs is 1, here it is 7");
    other = subject;
    ++other.identity;
    CHECK(error_of(file, other).starts_with("results of another analysis: identity is "));
  }

  SUBCASE("the search keeps its budgets, and finds what trying all finds") {
    using planner = learner::planner;
    lab::search<planner> search(lab::gains_of(whole));
    lab::update_choice everything;
    everything.biases = 4;
    for (std::size_t l = 0; l < 4; ++l) everything.set(l, {1, 1});
    const int least = planner::figures_of({}).learner, most = planner::figures_of(everything).learner;
    CHECK(search.run({least - 1}).empty());
    for (const int bytes : {least, least + (most - least) / 3, least + (most - least) / 2, most}) {
      const auto found = search.run({bytes});
      REQUIRE(!found.empty());
      double best = 0;
      for (int k = 0; k <= 4; ++k)
        for (int code = 0; code < 625; ++code) {
          lab::update_choice c;
          c.biases = k;
          bool allowed = true;
          for (int l = 0, rest = code; l < 4; ++l, rest /= 5)
            if (const int e = lab::gains::eighths[rest % 5]; e > 0) {
              c.set(static_cast<std::size_t>(l), lab::contribution_key::fraction_of(e));
              allowed = allowed && l >= 4 - k;
            }
          if (allowed && planner::bound_of(c).learner <= bytes && planner::figures_of(c).learner <= bytes)
            best = std::max(best, search.gain_of(c).value());
        }
      CHECK(found[0].gain == doctest::Approx(best));
      for (const auto& c : found) {
        CHECK(c.takes.learner <= bytes);
        CHECK(c.gain == doctest::Approx(search.gain_of(c.choice).value()));
      }
    }
    const long few = planner::figures_of({}).macs;
    for (const auto& c : search.run({most, few})) CHECK(c.takes.macs <= few);
    const auto front = search.front(6);
    for (std::size_t i = 1; i < front.size(); ++i) {
      CHECK(front[i].takes.learner > front[i - 1].takes.learner);
      CHECK(front[i].gain > front[i - 1].gain);
    }
  }

  SUBCASE("the header") {
    lab::candidate c;
    c.choice.biases = 3;
    c.choice.set(2, {1, 4});
    const auto file = folder.name("found.hpp");
    lab::write_update(file, c, {"found", "bottleneck", {"gain 0.1"}});
    const auto text = text_of_file(file);
    CHECK(text.find("struct found\n    : thimble::sparse_update<thimble::biases_of_last<3>, "
                    "thimble::weights<2, thimble::ratio{1, 4}>, thimble::weights_of_head> {};\n") != std::string::npos);
    CHECK(text.find("// gain 0.1\n") != std::string::npos);
    CHECK_THROWS_WITH(lab::write_update("/nowhere/x.hpp", c, {}), "/nowhere/x.hpp: cannot be written");
  }
}
