// The lab's results as charts. Host only.
#pragma once
#include <thimble/lab/contributions.hpp>
#include <thimble/lab/plan_chart.hpp>
#include <thimble/lab/rehearsal.hpp>
#include <thimble/lab/search.hpp>
#include <thimble/lab/svg.hpp>

namespace thimble::lab {

/// Gained (points of accuracy, or hundredths of a nat of loss): by the last k biases over the classifier, drawn at the layer
/// where they begin; and by each layer's weights over its biases, a bar a fraction.
inline const char* unit_of(measure by) {
  return by == measure::accuracy ? "points of accuracy"
         : by == measure::loss   ? "loss saved, hundredths of a nat"
                                 : "points of accuracy, predicted by losses";
}
inline chart chart_of(const contributions& c, measure by) {
  const auto& s = c.subject();
  chart to("What each layer's learning gains: " + s.network, "layer (with weights, the stem is 0)", unit_of(by));
  to.include(0, 0);
  std::vector<point> biases;
  for (int layer = 0; layer < s.layers; ++layer) {
    int color = 1;
    for (const int eighths : compared_eighths) {
      const auto gain = c.gain_of_weights(by, layer, eighths);
      const double x = layer - 0.4 + 0.2 * (color - 1);
      const std::string fraction = eighths == 8 ? "all" : eighths == 4 ? "1/2" : eighths == 2 ? "1/4" : "1/8";
      if (gain) {
        char text[32];
        std::snprintf(text, sizeof text, ": %+.2f", 100 * *gain);
        to.box("layer " + std::to_string(layer) + " (" + s.names[static_cast<std::size_t>(layer)] + "), " + fraction +
                   text,
               {x, 0}, {x + 0.2, 100 * *gain}, color);
        to.in_legend("weights, " + fraction, color);
      }
      ++color;
    }
    if (const auto gain = c.gain_of_biases(by, s.layers - layer))
      biases.push_back({static_cast<double>(layer), 100 * *gain});
  }
  to.line("biases from here on", biases, 0);
  return to;
}

/// Bytes of the learner against the summed gain; `known` are other updates to compare with, by name.
inline chart chart_of(const std::string& network, measure by, const std::vector<candidate>& front,
                      const std::vector<std::pair<std::string, candidate>>& known) {
  chart to("What a budget buys: " + network, "learner, KB", std::string(unit_of(by)) + ", sum of parts");
  std::vector<point> points;
  for (const candidate& c : front) points.push_back({c.takes.learner / 1024.0, 100 * c.gain});
  to.line("found", points, 0);
  for (const auto& [name, c] : known) to.mark(name, {c.takes.learner / 1024.0, 100 * c.gain}, 1);
  return to;
}

/// Accuracy over steps, a line a course, a colour a rate.
inline chart chart_of(const std::string& network, const std::vector<rehearsed>& all) {
  chart to("Rehearsal: " + network, "steps", "accuracy of held-out samples");
  std::vector<float> rates;
  for (const rehearsed& r : all) {
    auto at = std::find(rates.begin(), rates.end(), r.rate);
    if (at == rates.end()) at = rates.insert(rates.end(), r.rate);
    std::vector<point> points;
    for (const curve_point& p : r.curve) points.push_back({static_cast<double>(p.steps), p.result.accuracy});
    char name[32];
    std::snprintf(name, sizeof name, "rate %g", static_cast<double>(r.rate));
    to.line(name, points, static_cast<int>(at - rates.begin()), false);
  }
  return to;
}

/// The arena that an update would take: see chart_of_plan.
template <class Planner>
chart chart_of_memory(const std::string& network, const update_choice& choice) {
  return chart_of_plan("The arena of " + network + " over a step", *Planner::plan_of(choice),
                       Planner::marked_by(choice));
}

}  // namespace thimble::lab
