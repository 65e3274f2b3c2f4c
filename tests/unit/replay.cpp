// Replay buffers against the algorithm's own words: which classes are full, what each offer may change, what is kept of a stream.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include <thimble/replay.hpp>

namespace thimble {
namespace {

template <int Classes, std::size_t Size>
struct learner_of {
  static constexpr int classes = Classes;
  static constexpr std::size_t latent_bytes = Size;
  struct latent {
    alignas(4) unsigned char bytes[latent_bytes];
  };
};
struct fake : learner_of<4, 6> {};

/// A buffer of exactly that many slots.
template <class Learner, std::size_t Slots, std::uint32_t Seed = 1>
using buffer_of = replay_buffer<Learner, sizeof(detail::replay_memory<Learner, Slots>), Seed>;
static_assert(buffer_of<fake, 1>::slots == 1 && buffer_of<fake, 20>::slots == 20 && buffer_of<fake, 300>::slots == 300);

template <class Buffer>
typename Buffer::latent numbered(std::uint32_t n) {
  typename Buffer::latent l{};
  std::memcpy(l.bytes, &n, 4);
  return l;
}
template <class Sample>
std::uint32_t number_of(const Sample& s) {
  std::uint32_t n = ~0u;
  if (s) std::memcpy(&n, s.latent->bytes, 4);
  return n;
}
template <class Buffer>
std::vector<std::pair<int, std::uint32_t>> contents(const Buffer& b) {
  std::vector<std::pair<int, std::uint32_t>> v;
  v.reserve(b.size());
  for (std::size_t i = 0; i < b.size(); ++i) v.emplace_back(b[i].label, number_of(b[i]));
  return v;
}

std::uint32_t mix(std::uint32_t x) {  // a stream's labels; not the library's hash
  x = (x ^ x >> 16) * 0x85EBCA6Bu;
  x = (x ^ x >> 13) * 0xC2B2AE35u;
  return x ^ x >> 16;
}

// The budget.

template <class Learner, std::size_t Bytes>
constexpr bool uses_its_budget() {
  using b = replay_buffer<Learner, Bytes>;
  using one_more = detail::replay_memory<Learner, b::slots + 1>;
  static_assert(sizeof(b) == sizeof(detail::replay_memory<Learner, b::slots>));
  constexpr std::size_t taken = sizeof(b), with_one_more = sizeof(one_more);
  return taken <= Bytes && Bytes < with_one_more;
}
template <class Learner, std::size_t From, std::size_t... I>
constexpr bool use_their_budgets(std::index_sequence<I...>) {
  return (uses_its_budget<Learner, From + I>() && ...);
}
using thirty = std::make_index_sequence<30>;
static_assert(use_their_budgets<fake, 40>(thirty{}));
static_assert(use_their_budgets<fake, 2310>(thirty{}));  // counts of up to 255, and of more
static_assert(use_their_budgets<learner_of<256, 4>, 1304>(thirty{}));
static_assert(use_their_budgets<learner_of<257, 4>, 1312>(thirty{}));
static_assert(use_their_budgets<learner_of<2, 1>, 28>(thirty{}));
static_assert(uses_its_budget<learner_of<10, 2560>, 64 * 1024>() && uses_its_budget<learner_of<2, 4>, 1 << 20>());
static_assert(replay_buffer<learner_of<10, 2560>, 64 * 1024>::slots == 25);
static_assert(uses_its_budget<fake, 40>(), "8 latent, 16 + 8 + 1 + 4 counts, 1 label, 2 to align");

static_assert(std::is_trivially_copyable_v<buffer_of<fake, 4>> && std::is_trivially_destructible_v<buffer_of<fake, 4>>);
static_assert(!learns_from_latents<std::pair<int, int>> && learns_from_latents<fake>);

constinit buffer_of<fake, 20> in_bss;

TEST_CASE("a constinit buffer is all zero, and cleared it is again as new") {
  unsigned char bytes[sizeof in_bss];
  std::memcpy(bytes, &in_bss, sizeof bytes);
  CHECK(std::all_of(std::begin(bytes), std::end(bytes), [](unsigned char b) { return b == 0; }));
  CHECK(in_bss.size() == 0);
  CHECK_FALSE(in_bss.pick());
  const auto play = [] {
    for (std::uint32_t i = 0; i < 500; ++i)
      CHECK(in_bss.offer(numbered<decltype(in_bss)>(i), mix(i) % 10 < 9 ? 0 : 1).ok());
    std::array<std::uint32_t, 50> picked{};
    for (std::uint32_t& number : picked) number = number_of(in_bss.pick());
    return std::pair(contents(in_bss), picked);
  };
  const auto first = play();
  in_bss.clear();
  CHECK(in_bss.size() == 0);
  CHECK_FALSE(in_bss.pick());
  for (int c = 0; c < 4; ++c) CHECK(in_bss.count_of(c) == 0);
  CHECK(play() == first);
}

TEST_CASE("labels out of range are refused, and nothing changes") {
  static constinit buffer_of<fake, 3> b;
  for (int filled = 0; filled < 6; ++filled) {
    for (const int label : {-1, 4, 256, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}) {
      unsigned char before[sizeof b], after[sizeof b];
      std::memcpy(before, &b, sizeof b);
      const admission a = b.offer(numbered<decltype(b)>(99), label);
      CHECK(a.what == status::label_out_of_range);
      CHECK_FALSE(a.ok());
      CHECK_FALSE(a.kept);
      CHECK(b.place_for(label) == nullptr);
      CHECK(b.count_of(label) == 0);
      std::memcpy(after, &b, sizeof b);
      CHECK(std::memcmp(before, after, sizeof b) == 0);
    }
    CHECK(b.offer(numbered<decltype(b)>(static_cast<std::uint32_t>(filled)), filled % 4).ok());
  }
}

/// Offers a stream and checks each step against the paper's text, with a flag for each class that was ever a largest one.
template <class Buffer, class LabelOf>
void check_algorithm(Buffer& b, std::uint32_t length, LabelOf label_of) {
  constexpr auto classes = static_cast<std::size_t>(Buffer::classes);
  std::array<std::size_t, classes> m{}, n{};
  std::array<bool, classes> full{};
  std::vector<std::pair<int, std::uint32_t>> before;
  long wrong = 0;
  for (std::uint32_t i = 0; i < length; ++i) {
    const int label = label_of(i);
    const auto c = static_cast<std::size_t>(label);
    const bool filled = before.size() == Buffer::slots;
    const std::size_t largest = *std::max_element(m.begin(), m.end());
    if (filled)
      for (std::size_t k = 0; k < classes; ++k) full[k] = full[k] || m[k] == largest;
    const admission a = b.offer(numbered<Buffer>(i), label);
    ++n[c];
    const auto after = contents(b);
    std::vector<std::size_t> changed;
    for (std::size_t s = 0; s < before.size(); ++s)
      if (before[s] != after[s]) changed.push_back(s);
    if (!filled) {
      wrong += !a.kept || !changed.empty() || after.size() != before.size() + 1 || after.back() != std::pair(label, i);
      ++m[c];
    } else {
      wrong += after.size() != before.size() || changed.size() != (a.kept ? 1 : 0);
      if (!full[c] && !a.kept) ++wrong;
      if (a.kept && changed.size() == 1) {
        const auto out = static_cast<std::size_t>(before[changed[0]].first);
        wrong += after[changed[0]] != std::pair(label, i);
        wrong += full[c] ? out != c : m[out] != largest;
        --m[out], ++m[c];
      }
    }
    const std::size_t now = *std::max_element(m.begin(), m.end());
    for (std::size_t k = 0; k < classes; ++k) {
      wrong += b.count_of(static_cast<int>(k)) != m[k];
      if (filled) wrong += full[k] ? m[k] != now && m[k] + 1 != now : m[k] != n[k];
      if (filled && Buffer::slots >= classes) wrong += n[k] > 0 && m[k] == 0;
    }
    before = after;
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("each offer does what the algorithm says", Buffer, buffer_of<fake, 1>, buffer_of<fake, 2>,
                   buffer_of<fake, 4>, buffer_of<fake, 5>, buffer_of<fake, 24>, buffer_of<fake, 24, 0>,
                   buffer_of<learner_of<40, 4>, 17>, buffer_of<learner_of<300, 4>, 301>,
                   buffer_of<learner_of<1, 4>, 7>) {
  constexpr auto classes = static_cast<std::uint32_t>(Buffer::classes);
  const auto check = [](auto label_of) {
    static constinit Buffer b;
    b.clear();
    check_algorithm(b, 1500, label_of);
  };
  check([](std::uint32_t i) { return static_cast<int>(mix(i) % classes); });
  check([](std::uint32_t i) { return static_cast<int>(i / 100 % classes); });                          // bursts
  check([](std::uint32_t i) { return static_cast<int>(i * classes / 1500); });                         // sorted
  check([](std::uint32_t i) { return static_cast<int>(mix(i) % 100 == 0 ? mix(~i) % classes : 0); });  // 99 : 1
  check([](std::uint32_t i) { return static_cast<int>(i < 3 ? i % classes : mix(i) % 50 == 0 ? i % classes : 0); });
}

TEST_CASE("one slot: the first class's reservoir, until another class comes") {
  using buffer = buffer_of<fake, 1>;
  static constinit buffer b;
  static_assert(buffer::slots == 1);
  int kept = 0;
  for (std::uint32_t i = 0; i < 1000; ++i) kept += b.offer(numbered<buffer>(i), 2).kept ? 1 : 0;
  CHECK(kept > 1);
  CHECK(kept < 25);  // 1 + 1/2 + ... + 1/1000 = 7.5 expected, deviation 2.4
  CHECK(b.offer(numbered<buffer>(5000), 0).kept);
  CHECK(b.size() == 1);
  CHECK(b.count_of(2) == 0);
  for (std::uint32_t i = 0; i < 100; ++i) CHECK_FALSE(b.offer(numbered<buffer>(i), 2).kept);  // does not come back
  CHECK(number_of(b.pick()) == 5000);
  CHECK(b.pick().label == 0);
}

TEST_CASE("more classes than slots: every slot another class, the latest among them") {
  using buffer = buffer_of<learner_of<40, 4>, 17>;
  static constinit buffer b;
  for (std::uint32_t i = 0; i < 4000; ++i) CHECK(b.offer(numbered<buffer>(i), static_cast<int>(i / 100)).ok());
  std::size_t present = 0;
  for (int c = 0; c < 40; ++c) {
    CHECK(b.count_of(c) <= 1);
    present += b.count_of(c);
  }
  CHECK(present == 17);
  CHECK(b.count_of(39) == 1);
}

TEST_CASE("99 to 1, in any order, becomes half and half") {
  using buffer = buffer_of<fake, 100>;
  static constinit buffer b;
  const auto shares = [](auto label_of) {
    b.clear();
    for (std::uint32_t i = 0; i < 10000; ++i) CHECK(b.offer(numbered<buffer>(i), label_of(i)).ok());
    std::printf("99 : 1 of 10000 in 100 slots: %d and %d stored\n", static_cast<int>(b.count_of(0)),
                static_cast<int>(b.count_of(3)));
    return b.count_of(0) >= 49 && b.count_of(0) <= 51 && b.count_of(0) + b.count_of(3) == 100;
  };
  CHECK(shares([](std::uint32_t i) { return i % 100 == 57 ? 3 : 0; }));
  CHECK(shares([](std::uint32_t i) { return i < 100 ? 3 : 0; }));
  CHECK(shares([](std::uint32_t i) { return i >= 9900 ? 3 : 0; }));
  int picked = 0;
  for (int i = 0; i < 10000; ++i) picked += b.pick().label == 3 ? 1 : 0;
  CHECK(std::abs(picked - 5000) < 250);  // five deviations of 50
}

/// Chi-square of counts against an equal share, less its degrees of freedom, in its deviations: sqrt(2 * freedom).
double excess(const std::vector<long>& counts) {
  double sum = 0, chi = 0;
  for (const long c : counts) sum += static_cast<double>(c);
  const double share = sum / static_cast<double>(counts.size()), freedom = static_cast<double>(counts.size()) - 1;
  for (const long c : counts) chi += (static_cast<double>(c) - share) * (static_cast<double>(c) - share) / share;
  return (chi - freedom) / std::sqrt(2 * freedom);
}

/// Where in their class's stream the kept samples were, in `bins` parts; of a class of 19 in 20 and one of 1 in 20.
template <std::uint32_t Seed>
void add_kept(std::vector<long>& common, std::vector<long>& rare, long& kept) {
  using buffer = buffer_of<fake, 60, Seed>;
  static constinit buffer b;
  constexpr std::uint32_t length = 4000;
  for (std::uint32_t i = 0; i < length; ++i) {
    const int label = i % 20 == 7 ? 1 : 0;
    kept += b.offer(numbered<buffer>(i), label).kept ? 1 : 0;
  }
  for (std::size_t i = 0; i < b.size(); ++i) {
    auto& to = b[i].label == 0 ? common : rare;
    ++to[number_of(b[i]) * to.size() / length];
  }
}
template <std::size_t... Seed>
void add_all_kept(std::vector<long>& common, std::vector<long>& rare, long& kept, std::index_sequence<Seed...>) {
  (add_kept<static_cast<std::uint32_t>(Seed)>(common, rare, kept), ...);
}

TEST_CASE("what is kept of a class is uniform over its stream; seeds differ") {
  std::vector<long> common(20), rare(20);
  long kept = 0;
  constexpr int seeds = 24;
  add_all_kept(common, rare, kept, std::make_index_sequence<seeds>{});
  std::printf("uniform over the stream, 20 bins, %d seeds: chi-square beyond its mean by %.2f and %.2f deviations\n",
              seeds, excess(common), excess(rare));
  CHECK(std::abs(excess(common)) < 4);
  CHECK(std::abs(excess(rare)) < 4);
  double expected = 0, m[] = {0, 0},
         n[] = {0, 0};  // how many are stored, and so how many are kept, follows from the labels
  for (std::uint32_t i = 0; i < 4000; ++i) {
    const int c = i % 20 == 7 ? 1 : 0;
    const bool filling = i < 60, growing = c == 1 && m[1] < 30;
    ++n[c];
    expected += filling || growing ? 1 : m[c] / n[c];
    if (filling || growing) ++m[c];
    if (!filling && growing) --m[0];
  }
  std::printf("kept of 4000 offers: %.1f, %.1f expected\n", static_cast<double>(kept) / seeds, expected);
  CHECK(std::abs(static_cast<double>(kept) / seeds - expected) < 15);  // five deviations
}

TEST_CASE("the offer itself counts: of three of a class in one slot each is as likely to stay") {
  using buffer = buffer_of<learner_of<3000, 4>, 1>;
  static constinit buffer b;
  std::vector<long> stayed(3);
  for (int c = 0; c < 3000; ++c) {  // each class is new
    for (std::uint32_t i = 0; i < 3; ++i) CHECK(b.offer(numbered<buffer>(i), c).ok());
    ++stayed[number_of(b[0])];
  }
  std::printf("one of three: %ld %ld %ld, chi-square beyond its mean by %.2f deviations\n", stayed[0], stayed[1],
              stayed[2], excess(stayed));
  CHECK(excess(stayed) < 4);
}

TEST_CASE("a new class takes any slot of the largest classes with equal chance") {
  using buffer = buffer_of<learner_of<4000, 4>, 8>;
  static constinit buffer b;
  std::vector<long> taken(8);
  for (std::uint32_t i = 0; i < 4000; ++i) {  // all classes stored have one sample
    auto* const place = b.place_for(static_cast<int>(i));
    REQUIRE(place != nullptr);
    if (i >= 8) ++taken[static_cast<std::size_t>(place - b[0].latent)];
  }
  std::printf("slots taken: chi-square beyond its mean by %.2f deviations\n", excess(taken));
  CHECK(excess(taken) < 4);
}

TEST_CASE("picks are uniform over the stored, and change nothing of what is kept") {
  using buffer = buffer_of<fake, 50>;
  static constinit buffer a, b;
  std::vector<long> counts(50);
  for (std::uint32_t i = 0; i < 50; ++i) CHECK(a.offer(numbered<buffer>(i), 1).kept);
  for (int i = 0; i < 50000; ++i) ++counts[number_of(a.pick())];
  std::printf("picks, 50 samples: chi-square beyond its mean by %.2f deviations\n", excess(counts));
  CHECK(std::abs(excess(counts)) < 4);
  a.clear();
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const int label = static_cast<int>(mix(i) % 4);
    const bool kept = a.offer(numbered<buffer>(i), label).kept;
    CHECK(b.offer(numbered<buffer>(i), label).kept == kept);
    for (std::uint32_t k = 0; k < i % 3; ++k) {
      const auto s = b.pick();
      REQUIRE(s);
      CHECK(s.latent >= b[0].latent);
      CHECK(s.latent <= b[b.size() - 1].latent);
    }
  }
  CHECK(contents(a) == contents(b));
}

TEST_CASE("place_for decides as offer does") {
  using buffer = buffer_of<fake, 30>;
  static constinit buffer a, b;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const int label = mix(i) % 30 == 0 ? 2 : 1;
    auto* const place = b.place_for(label);
    CHECK(a.offer(numbered<buffer>(i), label).kept == (place != nullptr));
    if (place != nullptr) *place = numbered<buffer>(i);
  }
  CHECK(contents(a) == contents(b));
}

/// FNV-1a of all decisions, of picks and of what is left.
template <class Buffer>
std::uint32_t decisions() {
  static constinit Buffer b;
  std::uint32_t h = 2166136261u;
  const auto add = [&h](std::uint32_t v) { h = (h ^ v) * 16777619u; };
  for (std::uint32_t i = 0; i < 20000; ++i) {
    const std::uint32_t r = mix(i) % 1000;
    add(b.offer(numbered<Buffer>(i), r < 900 ? 0 : r < 990 ? 1 : r < 999 ? 2 : 3).kept ? 1 : 0);
    if (i % 16 == 0) add(number_of(b.pick()));
  }
  for (const auto& [label, number] : contents(b)) add(static_cast<std::uint32_t>(label)), add(number);
  return h;
}

TEST_CASE("the same decisions everywhere, recorded") {
  const std::uint32_t one = decisions<buffer_of<fake, 64>>(), two = decisions<buffer_of<fake, 64, 2>>(),
                      wide = decisions<buffer_of<fake, 1000>>();
  std::printf("decisions: %08x %08x %08x\n", static_cast<unsigned>(one), static_cast<unsigned>(two),
              static_cast<unsigned>(wide));
  CHECK(one == 0xB1D8CDCFu);
  CHECK(two == 0x78298228u);
  CHECK(wide == 0xF28A6355u);
}

TEST_CASE("the count of a class's offers stays at its largest") {
  using buffer = buffer_of<fake, 8>;
  static constinit buffer b;
  for (std::uint32_t i = 0; i < 20; ++i) CHECK(b.offer(numbered<buffer>(i), static_cast<int>(i % 2)).ok());
  unsigned char* const seen = reinterpret_cast<unsigned char*>(&b) + sizeof(buffer::latent) * buffer::slots;
  std::uint32_t offered[2];
  std::memcpy(offered, seen, sizeof offered);
  REQUIRE(offered[0] == 10);  // the counts follow the latents
  REQUIRE(offered[1] == 10);
  offered[0] = 0xFFFFFFFE;
  std::memcpy(seen, offered, sizeof offered);
  int kept = 0;
  for (std::uint32_t i = 0; i < 100000; ++i) kept += b.offer(numbered<buffer>(i), 0).kept ? 1 : 0;
  CHECK(kept == 0);  // each with probability 2^-30
  std::memcpy(offered, seen, sizeof offered);
  CHECK(offered[0] == 0xFFFFFFFF);
  CHECK(offered[1] == 10);
  CHECK(b.count_of(0) == 4);
  CHECK(b.offer(numbered<buffer>(7), 3).kept);  // a new class still enters
}

}  // namespace
}  // namespace thimble
