// The library's own memory planner, run on values: what a learner of some update would take, without compiling it. Host only.
#pragma once
#include <algorithm>
#include <memory>

#include <thimble/lab/portable_rules.hpp>
#include <thimble/lab/update_choice.hpp>
#include <thimble/memory/multiplications.hpp>
#include <thimble/memory/plan.hpp>
#include <thimble/training/policy_choice.hpp>

namespace thimble::lab {

/// What a learner takes. Bytes are those of a build for THIMBLE_PORTABLE, whatever this one is for: fast kernels of a core may want
/// scratch besides.
struct plan_figures {
  int arena = 0;         ///< bytes
  int lower_bound = 0;   ///< bytes: no placement of the arena is smaller
  int trained = 0;       ///< bytes that training changes
  int learner = 0;       ///< sizeof the learner; with the bound in place of the arena if that was asked for
  long macs = 0;         ///< multiplications of one step: forward, backward and learning
  long macs_frozen = 0;  ///< those of them that a step from a latent spares
};

template <class Net, class... Policies>
class planner {
 public:
  using net = with_loss<Net, thimble::detail::loss_of<Policies...>>;
  using widest = thimble::detail::update_for<all_that_can_learn, Policies...>;
  static constexpr const recipe& how = thimble::detail::how_of<widest>;
  static_assert(((thimble::detail::decision_of<Policies> != decision::order) && ...),
                "the lab plans layer by layer: leave the order of work to the firmware");
  using graph = std::remove_const_t<decltype(marked<net, widest>)>;
  static constexpr int nodes = graph::size;
  using plan = thimble::plan<nodes, thimble::detail::rules_of<typename net::nodes, true>>;

  /// The facts of the network under an update.
  static graph marked_by(const update_choice& choice) {
    graph g = graph_of<net>;
    mark(g, choice);
    for (int n = 0; n < nodes; ++n) {
      facts& f = g.at[n];
      f.float_gradients = how.float_gradients;
      if ((f.trained > 0 || f.bias_trained) && !marked<net, widest>.at[n].bias_trained)
        throw std::invalid_argument("update_choice: layer " + std::to_string(f.number) +
                                    " cannot learn: a layer at or after it only infers");
    }
    return g;
  }

  /// The steps of an update on this machine and the lives of its tensors; nothing has a place yet.
  static std::unique_ptr<plan> derived_by(const graph& g) { return derive<typename net::nodes>(g); }

  /// The least that an update can take: as figures_of, with the live-set bound in place of the arena. Some 20 times as fast.
  static plan_figures bound_of(const update_choice& choice) { return measure(choice, false).second; }
  /// What it takes: the placements that the compiler would try.
  static plan_figures figures_of(const update_choice& choice) { return measure(choice, true).second; }
  /// The whole plan, with the places of all tensors.
  static std::unique_ptr<plan> plan_of(const update_choice& choice) { return measure(choice, true).first; }

 private:
  using problem = thimble::detail::placing_problem<plan::tensors, plan::steps_room>;
  using attempt = thimble::detail::attempt<problem::room>;

  template <class Nodes>
  static std::unique_ptr<plan> derive(const graph& g) {
    auto p = std::make_unique<plan>();
    thimble::detail::derive(*p, g, how, thimble::detail::list_steps<true>(Nodes{}, g));
    thimble::detail::list_loops(*p);
    thimble::detail::find_lifetimes(*p, g.owner(g.output()));
    return p;
  }
  static std::pair<std::unique_ptr<plan>, plan_figures> measure(const update_choice& choice, bool places) {
    const graph g = marked_by(choice);
    const auto derived = derive<portable_nodes<typename net::nodes>>(g);
    auto best = std::make_unique<plan>(thimble::detail::prepare(*derived));
    plan_figures f;
    f.lower_bound = best->lower_bound;
    f.trained = best->trained;
    best->peak = best->lower_bound;
    if (places) place(*best);
    f.arena = best->peak;
    f.learner = bytes_of_learner(f.arena, f.trained);
    const multiplications work = multiplications_of(*derived, g);
    f.macs = work.all;
    f.macs_frozen = work.frozen;
    return {std::move(best), f};
  }

  /// As smallest_plan in memory/plan.hpp.
  static void place(plan& p) {
    namespace from = thimble::detail;
    const auto c = std::make_unique<problem>(from::problem_of<plan::tensors>(p, true));
    attempt best = from::first_attempt(*c, from::start_of(*c, from::placing_order::by_size)), a = best;
    const auto take = [&](const attempt& other) { from::keep_smaller(best, other); };
    const auto is_least = [&] { return best.peak <= c->lower_bound; };
    for (int i = 1; i < placement_attempts(nodes) && !is_least(); ++i) take(a = from::next_attempt(*c, a));
    if (!is_least()) {
      const auto without_lag = std::make_unique<problem>(from::problem_of<plan::tensors>(p, false));
      take(from::first_attempt(*without_lag, from::start_of(*without_lag, from::placing_order::by_size)));
    }
    if (!is_least()) a = from::start_of(*c, from::placing_order::by_pressure);
    for (int i = 0; i < from::first_places && !is_least(); ++i) take(from::first_attempt_from(*c, a, i));
    from::take_offsets(p, *c, best);
    from::place_shared(p);
  }

  /// The learner's members: arena and trained bytes, each aligned to 8; two flags; what policies add.
  static int bytes_of_learner(int arena, int trained) {
    const auto up = [](int bytes, int to) { return (bytes + to - 1) / to * to; };
    int bytes = up(std::max(arena, 1), 8) + trained + (how.counts_samples() ? 4 : 0) + 2;
    if (how.counts_saturation) bytes = up(bytes, 4) + 4;
    if (how.has_snapshot) bytes = up(bytes, 4) + up(trained + (how.counts_samples() ? 4 : 0) + 1, 4);
    return up(bytes, 8);
  }
};

}  // namespace thimble::lab
