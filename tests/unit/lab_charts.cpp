// Charts: what was added is in the file, where the axes say.
#include <doctest/doctest.h>

#include <thimble/lab/charts.hpp>
#include <thimble/thimble.hpp>

#include "../support/architectures.hpp"
#include "../support/subject.hpp"
#include "../support/temporary_folder.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

struct net : replace_head<varied<bottleneck>, global_average_pool, dense<3>> {};
using planner = lab::planner<net>;

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t n = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("lines, marks and boxes") {
  lab::chart c("a < b & c", "x", "y");
  c.line("one", {{0, 0}, {10, 5}}, 0);
  c.mark("here", {5, 2.5}, 1);
  c.box("hint", {2, 0}, {4, 1}, 2);
  const std::string text = c.text();
  CHECK(text.find("a &lt; b &amp; c") != std::string::npos);
  CHECK(text.find("points=\"70,430 740,40 \"") != std::string::npos);  // the corners of the axes
  CHECK(text.find("cx=\"405\" cy=\"235\"") != std::string::npos);      // the middle
  CHECK(text.find("<rect x=\"204\" y=\"352\" width=\"134\" height=\"78\"") != std::string::npos);
  CHECK(text.find("<title>hint</title>") != std::string::npos);
  CHECK(text.starts_with("<svg "));
  CHECK(text.ends_with("</svg>\n"));
  CHECK_THROWS_WITH(c.write("/nowhere/x.svg"), "/nowhere/x.svg: cannot be written");
}

TEST_CASE("the memory of a plan: a box for each tensor of the arena") {
  lab::update_choice choice;
  choice.biases = 3;
  const auto p = planner::plan_of(choice);
  std::size_t tensors = 0;
  for (int id = 0; id < planner::plan::tensors; ++id) {
    const tensor& t = p->t[id];
    tensors += p->in_arena(id) && t.needed && t.bytes > 0 && t.last >= t.first ? 1u : 0u;
  }
  CHECK(tensors > 10);
  CHECK(count_of(lab::chart_of_memory<planner>("bottleneck", choice).text(), "<title>") == tensors);
}

TEST_CASE("contributions: a bar for each layer and fraction") {
  const temporary_folder folder;
  lab::contributions c(folder.name("c.json"), {"net", 1, "data", 1, 0.01f, 2, {"stem", "expand"}});
  for (int k = 0; k <= 2; ++k) {
    c.add({{k, -1, 0, 1}, {{0.5 + 0.1 * k, 1.0 - 0.1 * k}, 1}, 1});
    for (const int eighths : lab::compared_eighths)
      if (k > 0) c.add({{k, 2 - k, eighths, 1}, {{0.6 + 0.1 * k, 0.8 - 0.1 * k}, 1}, 1});
  }
  CHECK(*c.gain_of_biases(lab::measure::accuracy, 2) == doctest::Approx(0.2));
  CHECK(*c.gain_of_biases(lab::measure::loss, 2) == doctest::Approx(0.2));
  CHECK(*c.gain_of_weights(lab::measure::loss, 0, 4) == doctest::Approx(0.2));
  CHECK(!c.gain_of_weights(lab::measure::loss, 0, 3).has_value());
  CHECK(count_of(chart_of(c, lab::measure::loss).text(), "<title>layer") == 8);
}
