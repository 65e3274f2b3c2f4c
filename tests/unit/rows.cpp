// Spans of layers by rows: where every row lies, and samples that are pushed row by row.
#include <doctest/doctest.h>

#include <map>

#include "support/rows_check.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// Every byte of the arena knows whose row it is: a row that is read must still be there, whole.
struct owned {
  std::vector<int> owner;  ///< tensor * 1024 + row
  void write(int tensor, int row, int at, int bytes) {
    REQUIRE(at >= 0);
    REQUIRE(at + bytes <= static_cast<int>(owner.size()));
    std::fill_n(owner.begin() + at, bytes, tensor * 1024 + row);
  }
  [[nodiscard]] bool has(int tensor, int row, int at, int bytes) const {
    return std::all_of(owner.begin() + at, owner.begin() + at + bytes, [&](int o) { return o == tensor * 1024 + row; });
  }
};

/// The first row that row `o` of an output does not reach.
int end_of(const reach& r, int o) { return o * r.stride - r.pad + r.kernel; }

int rows_laid_over = 0;  ///< among those that they are made of

/// Runs a span on owners, by the rules of rows.hpp but with its own book of what is where.
template <class Net, class Update, int Loop>
void check_owners(owned& arena) {
  using rows = detail::placed_rows<Net, Update, Loop>;
  constexpr const auto& plan = plan_of<Net, Update>;
  constexpr bool pushed = Loop == 0 && detail::how_of<Update>.pushes_rows();
  const int shared_at = plan.t[tensor_kinds * graph_of<Net>.size + plan.l[Loop].first].offset;
  struct book {
    int made = 0;
    std::map<int, int> at;  ///< rows held, and where
  };
  std::vector<book> books(static_cast<std::size_t>(rows::windows));
  std::vector<row_progress> now(static_cast<std::size_t>(rows::windows));
  const auto& t = rows::in_flash;
  const auto size = [&](int w) { return static_cast<std::size_t>(w); };
  for (int w = 0; w < rows::sources; ++w) {
    if (pushed && w == 0) continue;
    now[size(w)].made = static_cast<short>(t.window[w].height);
    for (int r = 0; r < t.window[w].height; ++r) {
      const int at = t.window[w].at + r * t.window[w].row;
      if (Loop == 0) arena.write(t.window[w].tensor, r, at, t.window[w].row);
      books[size(w)].at[r] = at;
    }
    books[size(w)].made = t.window[w].height;
  }
  std::vector<unsigned char> bytes(static_cast<std::size_t>(plan.peak));  // what make_room moves
  const auto slide = [&](int w, int rows_now) {
    const int base = now[size(w)].base;
    make_room(rows::span, now.data(), w, bytes.data(), rows_now);
    if (now[size(w)].base == base) return;
    std::map<int, int> kept;
    for (int r = now[size(w)].base; r < books[size(w)].made; ++r) {
      CHECK(arena.has(t.window[w].tensor, r, books[size(w)].at[r], t.window[w].row));
      kept[r] = t.window[w].at + (r - now[size(w)].base) * t.window[w].row;
      arena.write(t.window[w].tensor, r, kept[r], t.window[w].row);
    }
    books[size(w)].at = kept;
  };
  const auto make = [&](int w) {
    book& b = books[size(w)];
    const bool is_over = t.window[w].over >= 0;  // its place is the device's word: it must not be what is still read
    const int at = is_over ? place_of(rows::span, now.data(), w, b.made)
                           : t.window[w].at + (b.made - now[size(w)].base) * t.window[w].row;
    if (is_over) ++rows_laid_over;
    b.at[b.made] = at;
    arena.write(t.window[w].tensor, b.made, at, t.window[w].row);
    ++b.made;
    ++now[size(w)].made;
  };
  for (bool more = true; more;) {
    more = false;
    if (pushed && now[0].made < t.window[0].height) {
      slide(0, 1);
      make(0);
      more = true;
    }
    for (int i = 0; i < rows::tasks; ++i) {
      const row_task& task = t.task[i];
      if (!is_ready(rows::span, now.data(), task)) continue;
      more = true;
      const int rows_now = next_rows(rows::span, now.data(), task);
      slide(task.y, rows_now);
      if (const int scratch = rows::sized.scratch[i]; scratch > 0)
        arena.write(5000 + i, 0, shared_at + rows::sized.scratch_at[i], scratch);
      const int o = books[size(task.y)].made;
      for (int k = 0; k < task.inputs; ++k) {
        const int x = task.x[k], height = t.window[x].height;
        for (int r = o * task.rows.stride - task.rows.pad; r < end_of(task.rows, o + rows_now - 1); ++r) {
          if (r < 0 || r >= height) continue;
          REQUIRE(books[size(x)].at.count(r) == 1);
          CHECK(arena.has(t.window[x].tensor, r, books[size(x)].at[r], t.window[x].row));
        }
      }
      for (int k = 0; k < rows_now; ++k) make(task.y);
      // The rows must not have been written over what this very step reads, as a kernel reads while it writes.
      for (int k = 0; k < task.inputs; ++k) {
        const int x = task.x[k], height = t.window[x].height;
        for (int r = o * task.rows.stride - task.rows.pad; r < end_of(task.rows, o + rows_now - 1); ++r)
          if (r >= 0 && r < height &&
              !(books[size(x)].at[r] == books[size(task.y)].at[o] && t.window[task.y].over == x))
            CHECK(arena.has(t.window[x].tensor, r, books[size(x)].at[r], t.window[x].row));
      }
    }
  }
  // What leaves the span is whole.
  for (int w = rows::sources; w < rows::windows; ++w) {
    CHECK(books[size(w)].made == t.window[w].height);
    if (t.window[w].whole)
      for (int r = 0; r < t.window[w].height; ++r)
        CHECK(arena.has(t.window[w].tensor, r, t.window[w].at + r * t.window[w].row, t.window[w].row));
  }
}
template <class Net, class Update, int... Loop>
int check_all_owners(std::integer_sequence<int, Loop...>) {
  owned arena{std::vector<int>(static_cast<std::size_t>(plan_of<Net, Update>.peak), -1)};
  int spans = 0;
  const auto check = [&]<int L>(std::integral_constant<int, L>) {
    constexpr loop l = plan_of<Net, Update>.l[L];
    if constexpr (l.by_rows) {
      check_owners<Net, Update, L>(arena);
      ++spans;
    } else {
      constexpr const auto& p = plan_of<Net, Update>;
      const facts& f = graph_of<Net>.at[p.s[l.first].node];
      for (int r = 0; r < f.out.h && p.s[l.first].writes[0] < graph_of<Net>.size; ++r)
        arena.write(p.s[l.first].writes[0], r, p.t[p.s[l.first].writes[0]].offset + r * f.out.row(), f.out.row());
    }
  };
  (check(std::integral_constant<int, Loop>{}), ...);
  return spans;
}
template <class Learner>
int spans_owned() {
  return check_all_owners<with_loss<typename Learner::network_type, cross_entropy>, typename Learner::update_type>(
      std::make_integer_sequence<int, Learner::plan.forward_loops - 1>{});
}
template <class Net, class... Policies>
struct ordered : learner_of<Net, the_head, Policies...> {
  using update_type = detail::update_for<the_head, Policies...>;
};

}  // namespace

TEST_CASE("rows of a network like the demo") { compare<like_the_demo>("like_the_demo"); }

TEST_CASE("no row is overwritten before its last reader") {
  CHECK(spans_owned<ordered<varied<like_the_demo>, row_by_row>>() > 0);
  CHECK(spans_owned<ordered<varied<like_the_demo>, pushed_rows>>() > 0);
  CHECK(spans_owned<ordered<varied<nested>, row_by_row>>() > 0);
  CHECK(spans_owned<ordered<varied<nested>, pushed_rows>>() > 0);
  CHECK(spans_owned<ordered<varied<depthwise7>, pushed_rows>>() > 0);
  CHECK(spans_owned<ordered<varied<depthwise7>, row_by_row>>() > 0);
  CHECK(spans_owned<ordered<varied<pools_odd>, pushed_rows>>() > 0);
  CHECK(spans_owned<ordered<varied<wide_front>, row_by_row, recompute>>() > 0);
  CHECK(spans_owned<ordered<varied<wide_front>, pushed_rows, recompute>>() > 0);
}

TEST_CASE("a sample pushed row by row") {
  using learner = learner_of<varied<like_the_demo>, the_head, pushed_rows>;
  static learner l;
  static_assert(learner::rows_in_flight == 3 && learner::inputs_at_once == 28);
  const auto x = sample_of(l, 7);
  const outcome early = l.step(0);
  CHECK(early.what == status::no_sample);
  give(l, x);
  CHECK(l.has_sample());
  const int label = l.infer().label;
  CHECK_FALSE(l.has_sample());
  // One row short of a sample is none, and it is lost: the next row is the first again.
  for (int r = 0; r < 27; ++r) l.push_row(std::span<const std::int8_t, 28>(x.data() + r * 28, 28));
  CHECK(l.rows_pushed() == 27);
  const std::vector<unsigned char> before(l.trained().begin(), l.trained().end());
  CHECK(l.step(0).what == status::no_sample);
  CHECK(std::equal(before.begin(), before.end(), l.trained().begin()));
  CHECK(l.infer().label >= 0);
  CHECK(l.rows_pushed() == 0);
  give(l, x);
  CHECK(l.infer().label == label);
  // A sample that nobody asked about gives way to the next.
  give(l, sample_of(l, 8));
  give(l, x);
  CHECK(l.infer().label == label);
  // From a sensor, a row at a time.
  for (int r = 0; r < 28; ++r) {
    std::uint8_t line[28];
    for (int i = 0; i < 28; ++i) line[i] = static_cast<std::uint8_t>(x[static_cast<std::size_t>(r * 28 + i)] + 128);
    REQUIRE(put_stored(l, line) == status::ok);
    l.push_row();
  }
  CHECK(l.infer().label == label);
  const std::uint8_t too_long[29]{};
  CHECK(put_stored(l, too_long) == status::sample_too_long);
}

// Whose output is a map that a span makes, read by nobody.
struct to_a_map : network<input<shape{16, 16, 1}>, conv2d<8, kernel{3}>, conv2d<8, kernel{3}>, conv2d<2>> {};
struct to_a_flat_map
    : network<input<shape{16, 16, 1}>, conv2d<8, kernel{3}>, conv2d<8, kernel{3}>, conv2d<2>, flatten> {};

// Whose first map six layers of a span read.
template <auto... Options>
using again = conv2d<8, Options...>;
struct many_readers
    : network<input<shape{40, 16, 8}>,
              residual<residual<residual<residual<again<>>, again<>>, again<kernel{3}>>, again<kernel{3}>>,
              conv2d<17, stride{2}>, global_average_pool, dense<3>> {};

template <class Net>
void compare_outputs() {
  static inference<Net> whole;
  static inference<Net, row_by_row> rows;
  static inference<Net, pushed_rows> pushed;
  static_assert(sizeof(rows) < sizeof(whole));
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto x = sample_of(whole, i);
    give(whole, x);
    give(rows, x);
    give(pushed, x);
    const auto a = whole.infer(), b = rows.infer(), c = pushed.infer();
    CHECK(std::equal(a.begin(), a.end(), b.begin()));
    CHECK(std::equal(a.begin(), a.end(), c.begin()));
  }
}

TEST_CASE("outputs that a span makes") {
  compare_outputs<varied<to_a_map>>();
  compare_outputs<varied<to_a_flat_map>>();
}

TEST_CASE("more readers than a window lists") {
  compare<many_readers, false>("many_readers");
  CHECK(spans_owned<ordered<varied<many_readers>, pushed_rows>>() > 0);
}

TEST_CASE("a row that is not written is what lies there") {
  static learner_of<varied<like_the_demo>, the_head, pushed_rows> l, other;
  const auto x = sample_of(l, 3);
  std::vector<std::int8_t> pushed(x.begin(), x.begin() + 28);
  l.push_row(std::span<const std::int8_t, 28>(x.data(), 28));
  for (int r = 1; r < 28; ++r) {
    const auto there = l.next_row();
    pushed.insert(pushed.end(), there.begin(), there.end());
    l.push_row();
  }
  CHECK(l.has_sample());
  give(other, pushed);
  CHECK(l.infer().logits[0].bits == other.infer().logits[0].bits);
}

TEST_CASE("a step from a latent loses rows pushed before it") {
  using learner = learner_of<varied<like_the_demo>, the_head, pushed_rows>;
  static learner l;
  const auto x = sample_of(l, 3);
  give(l, x);
  static learner::latent kept;
  REQUIRE(l.keep(kept) == status::ok);
  const auto lose = [&](int rows, auto by) {
    for (int r = 0; r < rows; ++r) l.push_row(std::span<const std::int8_t, 28>(x.data() + r * 28, 28));
    CHECK(l.rows_pushed() == rows);
    by();
    CHECK(l.rows_pushed() == 0);
    CHECK_FALSE(l.has_sample());
    CHECK(l.step(0).what == status::no_sample);
  };
  lose(6, [&] { REQUIRE(l.step_from(kept, 1, {.learning_rate = 0.01f}).ok()); });
  const int label = l.infer_from(kept).label;
  lose(27, [&] { CHECK(l.infer_from(kept).label == label); });
  give(l, x);
  CHECK(l.infer().label == label);
}

TEST_CASE("a budget chooses the order of work") {
  using net = varied<like_the_demo>;
  using whole = learner_of<net, the_head>;
  using rows = learner_of<net, the_head, row_by_row>;
  constexpr long enough = sizeof(whole), least = sizeof(rows);
  static_assert(least < enough);
  using easy = learner_of<net, the_head, memory_budget<enough>>;
  using tight = learner_of<net, the_head, memory_budget<enough - 1>>;
  using tightest = learner_of<net, the_head, memory_budget<least>>;
  static_assert(sizeof(easy) == enough && sizeof(tight) == least && sizeof(tightest) == least);
  CHECK(lesson_of<tightest>() == lesson_of<whole>());
}

TEST_CASE("inference under a budget") {
  using net = varied<like_the_demo>;
  constexpr long whole = sizeof(inference<net>), rows = sizeof(inference<net, row_by_row>);
  static_assert(rows < whole);
  static_assert(sizeof(inference<net, memory_budget<whole>>) == whole);
  static_assert(sizeof(inference<net, memory_budget<whole - 1>>) == rows);
}

TEST_CASE("inference by rows") {
  static inference<varied<like_the_demo>> whole;
  static inference<varied<like_the_demo>, row_by_row> rows;
  static inference<varied<like_the_demo>, pushed_rows> pushed;
  static_assert(sizeof(rows) < sizeof(whole) && sizeof(pushed) < sizeof(rows));
  for (std::uint32_t i = 0; i < 5; ++i) {
    const auto x = sample_of(whole, i);
    give(whole, x);
    give(rows, x);
    give(pushed, x);
    const auto a = whole.infer(), b = rows.infer(), c = pushed.infer();
    CHECK(std::equal(a.begin(), a.end(), b.begin()));
    CHECK(std::equal(a.begin(), a.end(), c.begin()));
  }
}
