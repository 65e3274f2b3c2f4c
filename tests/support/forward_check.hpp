// int8 inference against the reference, bit for bit: logits, and every value and mask that lies in the arena.
#pragma once
#include <doctest/doctest.h>

#include "architectures.hpp"
#include "subject.hpp"

namespace thimble::test {

inline constexpr sample_kind forward_samples[] = {sample_kind::lowest, sample_kind::highest, sample_kind::random,
                                                  sample_kind::random, sample_kind::smooth,  sample_kind::random,
                                                  sample_kind::smooth, sample_kind::random};

template <class Learner>
bool logits_agree(Learner& l, const reference& r) {
  const auto guess = l.infer();
  for (std::size_t i = 0; i < r.logits.size(); ++i)
    if (guess.logits[i].bits != r.logits[i]) return false;
  return guess.logits.size() == r.logits.size();
}

/// Weights in flash, the plan of inference alone (values lie over each other where they may).
template <class Net>
void check_inference() {
  using learner_type = learner_of<Net, sparse_update<>>;
  static learner_type learner;
  reference r(describe<learner_type>());
  for (std::uint32_t i = 0; i < 24; ++i) {
    CAPTURE(i);
    const auto x = make_sample(learner.inputs, forward_samples[i % 8], i);
    r.forward(x);
    show(learner, x);
    CHECK(logits_agree(learner, r));
  }
}

/// Weights in SRAM, everything kept for backward: after a forward pass the arena holds it, so it can be compared.
template <class Learner>
int check_kept() {
  static Learner learner;
  constexpr const auto& plan = Learner::plan;
  reference r(describe<Learner>());
  int compared = 0, clipped = 0;
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    learner.reset();
    if (seed > 1) give_random(seed, r.net.layers, learner);
    for (sample_kind kind : forward_samples) {
      const auto x = make_sample(learner.inputs, kind, seed * 1000 + static_cast<std::uint32_t>(compared));
      r.forward(x);
      show(learner, x);
      REQUIRE(logits_agree(learner, r));
      for (int n = 0; n < Learner::nodes; ++n) {
        CAPTURE(n);
        const auto alive = [&](int kind_of) {
          const tensor& t = plan.t[kind_of * Learner::nodes + n];
          return t.needed && t.last >= plan.forward_loops;
        };
        const facts& f = Learner::graph.at[n];
        const auto node = static_cast<std::size_t>(n);
        if (alive(value) && !f.logits) {
          const auto* v =
              reinterpret_cast<const std::int8_t*>(arena_of(learner) + plan.t[value * Learner::nodes + n].offset);
          CHECK(std::vector<int>(v, v + f.out.size()) == r.value[node]);
          ++compared;
        }
        if (alive(mask)) {
          const unsigned char* bits = arena_of(learner) + plan.t[mask * Learner::nodes + n].offset;
          std::vector<char> passes;
          for (int i = 0; i < f.out.size(); ++i) passes.push_back(static_cast<char>(bits[i / 8] >> (i % 8) & 1));
          CHECK(passes == r.passes[node]);
          clipped += static_cast<int>(std::count(passes.begin(), passes.end(), 0));
        }
      }
    }
  }
  if (Learner::graph.numbered > 1) CHECK(clipped > 0);  // the parameters are such that masks matter
  return compared;
}

template <class Architecture>
void check_forward() {
  check_inference<varied<Architecture>>();
  check_inference<varied<Architecture, 5>>();
  CHECK(check_kept<learner_of<varied<Architecture>, everything>>() > 0);
  check_kept<learner_of<varied<Architecture, 2>, fraction_everywhere<Architecture, ratio{1, 2}>>>();
}

}  // namespace thimble::test
