// A memory plan as a picture: the arena over time. Host only.
#pragma once
#include <fstream>

#include <thimble/lab/svg.hpp>
#include <thimble/memory/report.hpp>

namespace thimble::lab {

/// Each tensor a box over the loops of the plan in which it lives, at its place in the arena, coloured by what it is; its layer and
/// bytes under the pointer. Windows of rows that share a loop's scratch lie within that. The fullest loop is marked.
template <class Plan, class Graph>
chart chart_of_plan(const std::string& title, const Plan& p, const Graph& g) {
  constexpr const char* kinds[] = {"values", "gradients", "masks", "kept channels", "scratch"};
  constexpr int scratch = 4, nodes = Plan::nodes;
  chart to(title, "step of the plan (forward, then backward)", "KB");
  const auto named = [&](int node) {
    const facts& f = g.at[node];
    return std::string(f.name[0] != 0 ? f.name : f.kind) + (f.number >= 0 ? " (" + std::to_string(f.number) + ")" : "");
  };
  for (int id = 0; id < Plan::tensors; ++id) {
    const tensor& t = p.t[id];
    if (!Plan::in_arena(id) || !t.needed || t.bytes == 0 || t.last < t.first) continue;
    const int kind = id >= tensor_kinds * nodes ? scratch : id / nodes;
    const int node = kind == scratch ? p.s[id - tensor_kinds * nodes].node : id % nodes;
    to.box(named(node) + ", " + kinds[kind] + ", " + std::to_string(t.bytes) + " bytes",
           {static_cast<double>(std::max(t.first, 0)), t.offset / 1024.0},
           {static_cast<double>(t.last + 1), (t.offset + t.bytes) / 1024.0}, kind);
    to.in_legend(kinds[kind], kind);
  }
  if (p.loops > 0)
    to.mark("peak: " + std::to_string(p.peak) + " bytes, " + named(p.s[p.l[p.worst].first].node),
            {p.worst + 0.5, p.peak / 1024.0}, scratch);
  return to;
}

/// The report of a learner or an inference: a table (memory/report.hpp) and a picture.
/// @throws data_error if one of them cannot be written
template <class Learner>
void write_report(const std::string& name, const std::filesystem::path& table, const std::filesystem::path& picture) {
  std::ofstream out{table};
  write_plan<Learner>([&](const char* text) { out << text; });
  if (!out.flush()) throw data_error{table, "cannot be written"};
  chart_of_plan("The arena of " + name + ": " + std::to_string(sizeof(Learner)) + " bytes of SRAM in all",
                Learner::plan, Learner::graph)
      .write(picture);
}

}  // namespace thimble::lab
