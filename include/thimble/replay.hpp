// What a learner has seen and shall see again: latents and their labels in a fixed budget of SRAM, the classes in balance.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <thimble/detail/fault.hpp>
#include <thimble/status.hpp>
#include <thimble/tensor/mixed.hpp>

namespace thimble {

/// A learner of labels that can be taught from latents.
template <class Learner>
concept learns_from_latents =
    std::is_trivially_copyable_v<typename Learner::latent> && requires { requires Learner::classes > 0; };

/// Bytes of a replay buffer that holds a single sample, and the budget.
template <std::size_t Needed, std::size_t Budget>
struct replay_budget {
  static_assert(Needed <= Budget,
                "the replay buffer's budget is too small for a single sample: see above the bytes that one latent, its "
                "label and the counts of the classes need, and the budget");
};

/// What came of an offer. Unless `what` is ok, nothing was changed.
struct [[nodiscard]] admission {
  status what = status::ok;
  bool kept = false;  ///< the sample took a slot
  [[nodiscard]] constexpr bool ok() const { return what == status::ok; }
};

namespace detail {

/// Random bits by place, not from a sequence: the draw `index` of one purpose.
constexpr std::uint32_t random_bits(std::uint32_t seed, std::uint32_t purpose, std::uint32_t index) {
  return mixed(mixed(index) + mixed(purpose + mixed(seed + 0x9E3779B9u)));
}
/// Bits as a number in [0, n): each has probability 1 / n to within 2^-32.
constexpr std::uint32_t below(std::uint32_t n, std::uint32_t bits) {
  return static_cast<std::uint32_t>(std::uint64_t{n} * bits >> 32);
}

template <std::size_t Largest>
using unsigned_up_to = std::conditional_t<Largest <= 0xFF, std::uint8_t,
                                          std::conditional_t<Largest <= 0xFFFF, std::uint16_t, std::uint32_t>>;

/// All that a replay buffer holds: all zero when empty.
template <class Learner, std::size_t Slots>
struct replay_memory {
  static constexpr auto classes = static_cast<std::size_t>(Learner::classes);
  using label = unsigned_up_to<classes - 1>;
  using count = unsigned_up_to<Slots>;

  typename Learner::latent latents[Slots]{};
  std::uint32_t seen[classes]{};  ///< samples offered of each class; stays at 2^32 - 1
  std::uint32_t offers = 0;       ///< that met a filled buffer; from 2^32 on the draws repeat
  std::uint32_t picks = 0;
  count size = 0;
  count stored[classes]{};  ///< samples held of each class
  label labels[Slots]{};
};

/// The most slots within the budget, by halving [Fit, Beyond); 1 if not even one is.
template <class Learner, std::size_t Bytes, std::size_t Fit = 1,
          std::size_t Beyond = Bytes / sizeof(typename Learner::latent) + 1>
constexpr std::size_t slots_within() {
  constexpr std::size_t middle = Fit + (Beyond - Fit) / 2;
  if constexpr (middle == Fit) {
    return Fit;
  } else if constexpr (sizeof(replay_memory<Learner, middle>) <= Bytes) {
    return slots_within<Learner, Bytes, middle, Beyond>();
  } else {
    return slots_within<Learner, Bytes, Fit, middle>();
  }
}

}  // namespace detail

/// Keeps samples for replay by class-balancing reservoir sampling: however rare a class is in the stream, it gets its share, and
/// what is kept of it is a uniform sample of all that was offered of it. sizeof <= Bytes, labels and counts included.
///
/// While slots are free, each offer is kept. Then let m_c be the samples stored of the offer's class c, n_c those offered so far,
/// this one included, and L the largest m. Class c is full if it was ever a largest one since no slot is free.
///   not full: the offer is kept in place of a random sample of the largest classes;
///   full:     it is kept with probability m_c / n_c (to within 2^-32), in place of a random sample of its own class.
/// So a class that is not full still has all its samples, and a full one has L or L - 1. With at least as many slots as classes,
/// no class loses its last sample; with fewer, the classes that lost theirs do not come back.
/// Source: A. Chrysakis and M.-F. Moens, "Online Continual Learning from Imbalanced Data", ICML 2020, algorithm 1.
///
/// An offer takes one draw, in integers, of a hash of (Seed, number of the offer): what is kept follows from the offers alone,
/// and is the same on every core. It costs a walk over the labels and the counts, and copies the latent once.
/// An object that is `constinit` lies in .bss and needs no constructor to run.
template <learns_from_latents Learner, std::size_t Bytes, std::uint32_t Seed = 1>
class replay_buffer {
 public:
  using latent = typename Learner::latent;
  static constexpr int classes = Learner::classes;

  /// How many samples fit.
  static constexpr std::size_t slots = detail::slots_within<Learner, Bytes>();

  /// One stored sample, until the next offer; false if there is none.
  struct sample {
    const typename Learner::latent* latent = nullptr;
    int label = -1;
    explicit constexpr operator bool() const { return latent != nullptr; }
  };

  /// Keeps a copy of the sample, or does not. Refuses a label outside [0, classes): status::label_out_of_range.
  admission offer(const latent& from, int label) {
    if (label < 0 || label >= classes) return {status::label_out_of_range, false};
    latent* const to = place_for(label);
    if (to != nullptr) *to = from;
    return {status::ok, to != nullptr};
  }

  /// An offer whose latent is still to be made: where to write it, at once and whole; null if it is not kept, or if the label
  /// is out of range, where nothing was changed. The offer counts at once. The same decisions as offer's, without a second latent in SRAM.
  [[nodiscard]] latent* place_for(int label) {
    if (label < 0 || label >= classes) return nullptr;
    const auto c = static_cast<std::size_t>(label);
    const std::size_t at = m_.size < slots ? m_.size++ : slot_to_replace(c);
    if (m_.seen[c] != std::numeric_limits<std::uint32_t>::max()) ++m_.seen[c];
    if (at == slots) return nullptr;
    ++m_.stored[c];
    m_.labels[at] = static_cast<typename memory::label>(c);
    return &m_.latents[at];
  }

  /// Offers the sample in learner.input(): if it is kept, its latent is made where it will lie, which consumes the sample; else
  /// the learner still has it. Without a sample nothing changes (status::no_sample).
  admission offer_from(Learner& learner, int label)
    requires requires(latent& to) { learner.keep(to); }
  {
    if (!learner.has_sample()) return {status::no_sample, false};
    if (label < 0 || label >= classes) return {status::label_out_of_range, false};
    latent* const to = place_for(label);
    if (to == nullptr) return {};
    return {learner.keep(*to), true};
  }

  /// A random stored sample, each as likely as any other; so too are the classes, but for those of which less was offered than
  /// their share. Draws of its own: what is kept does not depend on picks.
  [[nodiscard]] sample pick() {
    if (m_.size == 0) return {};
    return (*this)[detail::below(m_.size, detail::random_bits(Seed, 1, m_.picks++))];
  }

  /// The sample in slot i < size().
  [[nodiscard]] constexpr sample operator[](std::size_t i) const { return {&m_.latents[i], m_.labels[i]}; }

  [[nodiscard]] constexpr std::size_t size() const { return m_.size; }
  /// Samples stored of a class; 0 for a label out of range.
  [[nodiscard]] constexpr std::size_t count_of(int label) const {
    return label < 0 || label >= classes ? 0 : m_.stored[static_cast<std::size_t>(label)];
  }

  /// As new: the same offers meet the same decisions again. (The latents' bytes stay until they are overwritten.)
  void clear() {
    for (auto& n : m_.seen) n = 0;
    for (auto& n : m_.stored) n = 0;
    m_.size = 0;
    m_.offers = m_.picks = 0;
  }

 private:
  using memory = detail::replay_memory<Learner, slots>;

  /// The slot that a newcomer of class c takes in a filled buffer, its sample no longer counted; `slots` if it is not kept.
  std::size_t slot_to_replace(std::size_t c) {
    std::uint32_t largest = 0, of_largest = 0;  // L, and the samples of all classes that have so many
    for (const std::uint32_t n : m_.stored) {
      if (n > largest) largest = n, of_largest = 0;
      if (n == largest) of_largest += n;
    }
    // What is full needs no flag: a class that was a largest one still is, or has lost or been refused a sample since.
    const std::uint32_t own = m_.stored[c], seen = m_.seen[c];
    const bool full = own == largest || own < seen;
    const std::uint32_t bits = detail::random_bits(Seed, 0, m_.offers++);
    // One draw decides and chooses: r in [0, n_c) is a sample of the class to replace if r < m_c (Vitter's algorithm R).
    std::uint32_t r = full ? detail::below(seen + (seen != ~0u ? 1 : 0), bits) : detail::below(of_largest, bits);
    if (full && r >= own) return slots;
    std::size_t i = 0;
    for (;; ++i) {
      const std::size_t other = m_.labels[i];
      if (full ? other != c : m_.stored[other] != largest) continue;
      if (r-- == 0) break;
    }
    --m_.stored[m_.labels[i]];
    return i;
  }

  memory m_{};
  static_assert(detail::reported<replay_budget<sizeof(detail::replay_memory<Learner, 1>), Bytes>>);
};

}  // namespace thimble
