// The memory plan, checked by a second derivation: who needs a gradient, who owns each byte at each step, how far a layer may
// run ahead of its input.
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "../support/architectures.hpp"
#include "../support/subject.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// How many bytes the output must begin before the input, from the order in which pixels are made: each is written after its
/// own window is read, and channels of one pixel in turn.
int least_lag(const facts& f) {
  const int bytes = f.out.c * (f.logits ? 4 : 1);
  int oldest = f.in.size(), lag = 0;
  for (int pixel = f.out.pixels() - 1; pixel >= 0; --pixel) {
    const int top = std::max(0, pixel / f.out.w * f.win.stride_h - f.win.pad_top);
    const int left = std::max(0, pixel % f.out.w * f.win.stride_w - f.win.pad_left);
    oldest = std::min(oldest, (top * f.in.w + left) * f.in.c);
    lag = std::max(lag, (pixel + 1) * bytes - oldest);
  }
  return lag;
}

/// Whether a layer's kernel of this build reads all of a channel before it writes it.
bool works_by_channel(const facts& f) {
  return std::string_view(f.kind) == "depthwise_conv2d" &&
         thimble::kernels::serving_needs<thimble::kernels::depthwise_forward, thimble::native>(thimble::geometry_of(f))
             .by_channel;
}

template <int N, int S>
struct checker {
  const thimble::plan<N, S>& p;
  const graph<N>& g;

  using ids = std::vector<int>;
  [[nodiscard]] bool in_arena(int id) const {
    return id >= 0 && plan<N, S>::in_arena(id) && p.t[id].needed && p.t[id].bytes > 0;
  }
  [[nodiscard]] ids read_by(const step& s) const {
    ids r;
    for (int id : s.reads)
      if (in_arena(id)) r.push_back(id);
    if (in_arena(s.modifies)) r.push_back(s.modifies);
    for (int id : s.writes)
      if (s.adds && in_arena(id) && id < mask * N) r.push_back(id);
    return r;
  }
  [[nodiscard]] ids written_by(int k) const {
    ids w;
    for (int id : p.s[k].writes)
      if (in_arena(id)) w.push_back(id);
    if (in_arena(tensor_kinds * N + k)) w.push_back(tensor_kinds * N + k);  // scratch
    return w;
  }
  [[nodiscard]] bool overlap(int a, int b) const {
    const tensor &x = p.t[a], &y = p.t[b];
    return x.offset < y.offset + y.bytes && y.offset < x.offset + x.bytes;
  }

  void check_sizes() const {
    for (int n = 0; n < N; ++n) {
      CAPTURE(n);
      const facts& f = g.at[n];
      const auto holds = [&](int kind, int bytes) {
        const tensor& t = p.t[kind * N + n];
        if (!t.needed) return;
        CHECK(t.bytes >= bytes);
        CHECK(t.bytes < bytes + arena_alignment);
        CHECK(t.offset >= 0);
        CHECK(t.offset % arena_alignment == 0);
        CHECK(t.offset + t.bytes <= (kind < arena_kinds ? p.peak : p.trained));
      };
      const bool pooled = std::string_view(f.kind).ends_with("max_pool");
      holds(value, f.out.size() * (f.logits ? 4 : 1));
      holds(gradient, 2 * f.out.size());
      holds(mask, (f.out.size() + 7) / 8);
      holds(kept, pooled ? f.out.size() : f.in.pixels() * f.trained);
      holds(weight, f.trained * f.weight_rows);
      holds(residual_of_weight, f.trained * f.weight_rows);
      holds(bias_of, 4 * f.biases);
    }
    int sum = 0;
    for (int a = arena_kinds * N; a < tensor_kinds * N; ++a) {
      if (!p.t[a].needed) continue;
      sum += p.t[a].bytes;
      for (int b = a + 1; b < tensor_kinds * N; ++b)
        if (p.t[b].needed) CHECK_FALSE(overlap(a, b));
    }
    CHECK(sum == p.trained);
  }

  /// A node's gradient is needed exactly if the node trains or hangs on one that does; masks and winners likewise.
  void check_needs() const {
    std::vector<bool> carries;
    int first = N;
    for (int n = 0; n < N; ++n) {
      const facts& f = g.at[n];
      const bool trains = f.trained > 0 || f.bias_trained;
      if (trains) first = std::min(first, n);
      const auto carried = [&](int i) { return i >= 0 && carries[static_cast<std::size_t>(i)]; };
      const bool learns = trains || carried(f.inputs[0]) || carried(f.inputs[1]);
      carries.push_back(learns);
      CAPTURE(n);
      const std::string_view kind = f.kind;
      const bool pooled = kind.ends_with("max_pool"), clips = (f.biases > 0 && !f.logits) || kind == "residual";
      if (n == N - 1 || f.is_view) continue;
      CHECK(p.t[gradient * N + n].needed == learns);
      CHECK(p.t[mask * N + n].needed == (clips && learns));
      CHECK(p.t[kept * N + n].needed == (pooled ? learns : f.trained > 0 && f.trained < f.in.c));
      CHECK(p.t[weight * N + n].needed == (f.trained > 0));
      CHECK(p.t[residual_of_weight * N + n].needed == (f.trained > 0));
      CHECK(p.t[bias_of * N + n].needed == f.bias_trained);
    }
    for (int k = 0; k < p.steps; ++k) {
      const step& s = p.s[k];
      CAPTURE(k);
      CHECK(s.backward == (k >= p.forward_steps));
      if (s.backward) CHECK(s.node >= first);
      for (int id : s.writes) {
        if (id >= weight * N && id < residual_of_weight * N) CHECK(g.at[id % N].trained > 0);
        if (id >= bias_of * N && id < tensor_kinds * N) CHECK(g.at[id % N].bias_trained);
      }
    }
    for (int n = 0; n < N; ++n) {
      const auto writers = [&](int kind) {
        int count = 0;
        for (int k = 0; k < p.steps; ++k)
          count += static_cast<int>(std::count(p.s[k].writes, p.s[k].writes + 2, kind * N + n));
        return count;
      };
      CHECK(writers(weight) == (g.at[n].trained > 0 ? 1 : 0));
      CHECK(writers(bias_of) == (g.at[n].bias_trained ? 1 : 0));
    }
    if (first == N) CHECK(p.steps == p.forward_steps);
  }

  [[nodiscard]] bool permitted(const step& s, int write, int read) const {
    const auto allows = [&](const permission& x) {
      return x.write == write && x.read == read && p.t[write].offset + x.lag <= p.t[read].offset;
    };
    return std::any_of(s.in_place, s.in_place + 2, allows);
  }

  /// Runs the steps on an arena in which every byte knows its owner: what is read must still be whole.
  void check_owners() const {
    ids owner(static_cast<std::size_t>(p.peak), -1);
    const auto range = [&](int id) {
      return std::pair{owner.begin() + p.t[id].offset, owner.begin() + p.t[id].offset + p.t[id].bytes};
    };
    const auto whole = [&](int id) {
      const auto [begin, end] = range(id);
      return std::all_of(begin, end, [&](int o) { return o == id; });
    };
    const auto own = [&](int id) {
      const auto [begin, end] = range(id);
      std::fill(begin, end, id);
    };
    own(value * N);
    int last_value = -1;
    for (int k = 0; k < p.steps; ++k) {
      CAPTURE(k);
      const step& s = p.s[k];
      const ids reads = read_by(s), writes = written_by(k);
      for (int id : reads) CHECK(whole(id));
      for (std::size_t i = 0; i < writes.size(); ++i) {
        const int w = writes[i];
        CHECK(p.t[w].offset >= 0);
        CHECK(p.t[w].offset + p.t[w].bytes <= p.peak);
        for (std::size_t j = 0; j < i; ++j) CHECK_FALSE(overlap(w, writes[j]));
        for (int r : reads)
          if (r != w && overlap(w, r)) CHECK(permitted(s, w, r));
        if (w >= tensor_kinds * N) CHECK(s.scratch_at == p.t[w].offset);
      }
      for (int w : writes) own(w);
      for (int id : reads)
        if (id == s.modifies) own(id);
      for (int w : writes)
        if (!s.backward && w < N) last_value = w;
      if (k == p.forward_steps - 1) CHECK(whole(last_value));  // the logits, which the user reads
      for (const permission& x : s.in_place) {
        const facts& f = g.at[s.node];
        if (x.write >= 0 && x.write < N && x.write == g.owner(s.node) && std::string_view(f.kind) != "residual")
          CHECK((x.lag >= least_lag(f) || works_by_channel(f)));
      }
    }
    CHECK(g.at[last_value].logits);
  }

  /// Lifetimes from the steps alone; then the plan's, its bound, and the bytes in use.
  void check_bound() const {
    std::vector<std::array<int, 2>> life(static_cast<std::size_t>(plan<N, S>::tensors), {1 << 20, -1});
    const auto touch = [&](int id, int k) {
      auto& [from, to] = life[static_cast<std::size_t>(id)];
      from = std::min(from, k);
      to = std::max(to, k);
    };
    touch(value * N, 0);
    for (int k = 0; k < p.steps; ++k) {
      for (int id : read_by(p.s[k])) touch(id, k);
      for (int id : written_by(k)) touch(id, k);
    }
    const int logits = [&] {
      for (int n = 0; n < N; ++n)
        if (g.at[n].logits) return n;
      return -1;
    }();
    touch(logits, p.forward_steps - 1);
    int bound = 0, most_used = 0;
    for (int k = 0; k < p.steps; ++k) {
      int live = 0, saved = 0;
      std::vector<char> used(static_cast<std::size_t>(p.peak), 0);
      for (int id = 0; id < plan<N, S>::tensors; ++id) {
        const auto [from, to] = life[static_cast<std::size_t>(id)];
        if (!in_arena(id) || from > k || to < k) continue;
        CHECK(p.t[id].first <= from);
        CHECK(p.t[id].last >= to);
        live += p.t[id].bytes;
        std::fill_n(used.begin() + p.t[id].offset, p.t[id].bytes, 1);
      }
      for (const permission& x : p.s[k].in_place) {
        if (!in_arena(x.write) || !in_arena(x.read)) continue;
        if (life[static_cast<std::size_t>(x.write)][0] != k || life[static_cast<std::size_t>(x.read)][1] != k) continue;
        saved = std::max(saved, std::min(p.t[x.write].bytes - align_up(x.lag), p.t[x.read].bytes));
      }
      bound = std::max(bound, live - saved);
      most_used = std::max(most_used, static_cast<int>(std::count(used.begin(), used.end(), 1)));
    }
    CHECK(p.lower_bound == bound);
    CHECK(p.lower_bound <= most_used);
    CHECK(most_used <= p.peak);
    CHECK(p.lower_bound <= p.peak);
  }
};

template <class Learner>
void check_plan(const char* what) {
  CAPTURE(what);
  constexpr const auto& p = Learner::plan;
  const checker<Learner::nodes, std::remove_cvref_t<decltype(p)>::steps_room> c{p, Learner::graph};
  c.check_sizes();
  c.check_needs();
  c.check_owners();
  c.check_bound();
  CHECK(sizeof(Learner) >= static_cast<std::size_t>(p.peak + p.trained));
  CHECK(sizeof(Learner) <= static_cast<std::size_t>(p.peak + p.trained) + 32);
  std::printf("  %-24s %5d bytes, bound %5d, trained %5d, steps %d + %d\n", what, p.peak, p.lower_bound, p.trained,
              p.forward_steps, p.steps - p.forward_steps);
}

struct nothing : sparse_update<> {};
struct only_the_head : sparse_update<weights_of_head> {};
struct last_two_biases : sparse_update<biases_of_last<2>> {};
struct mixed : sparse_update<biases_of_last<1>, weights<1, ratio{1, 3}>, weights_of_head> {};
struct stem_bias : sparse_update<bias<0>> {};

template <class Architecture>
void check_plans(const char* name) {
  using net = varied<Architecture>;
  constexpr int layers = graph_of<Architecture>.numbered;
  std::printf("%s\n", name);
  CAPTURE(name);
  check_plan<learner_of<net, nothing>>("inference");
  check_plan<learner_of<net, only_the_head>>("the head");
  check_plan<learner_of<net, everything>>("everything");
  check_plan<learner_of<net, fraction_everywhere<Architecture, ratio{1, 2}>>>("half of every layer");
  check_plan<learner_of<net, stem_bias>>("the bias of the stem");
  if constexpr (layers > 2) check_plan<learner_of<net, last_two_biases>>("the last two biases");
  if constexpr (layers > 1) check_plan<learner_of<net, mixed>>("mixed");
}

}  // namespace

TEST_CASE("plans of chains of convolutions") {
  check_plans<pointwise_tails>("pointwise_tails");
  check_plans<pointwise_wide>("pointwise_wide");
  check_plans<square5>("square5");
  check_plans<rectangular>("rectangular");
  check_plans<larger_stride>("larger_stride");
  check_plans<depthwise7>("depthwise7");
}
TEST_CASE("plans of residuals") {
  check_plans<bottleneck>("bottleneck");
  check_plans<nested>("nested");
  check_plans<chained>("chained");
  check_plans<doubled>("doubled");
}
TEST_CASE("plans of pools, views and dense layers") {
  check_plans<pools>("pools");
  check_plans<pools_overlapping>("pools_overlapping");
  check_plans<pools_odd>("pools_odd");
  check_plans<pools_global>("pools_global");
  check_plans<dense_chain>("dense_chain");
  check_plans<dense_after_map>("dense_after_map");
  check_plans<head_only>("head_only");
}
TEST_CASE("the plan of a network like the demo's") { check_plans<like_the_demo>("like_the_demo"); }
