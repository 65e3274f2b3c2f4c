// What was learnt: taken away and put back, kept and rolled back, and watched for saturation.
#pragma once
#include <thimble/engine.hpp>
#include <thimble/status.hpp>
#include <thimble/training/identity.hpp>

namespace thimble {

/// How much has saturated.
struct saturation {
  std::uint32_t
      gradients;  ///< values at the ends of int16, in all steps since reset(); 0 without count_saturation, and of floats
  std::uint32_t weights;  ///< trained weights that lie at -127 or 127
};

namespace detail {

/// Room for a snapshot, if a policy asks for it.
template <std::size_t Bytes>
struct snapshot {
  alignas(4) unsigned char bytes[Bytes]{};
  bool is_taken = false;
};
template <>
struct snapshot<0> {};

template <class Net, class Update>
class learned : public engine<Net, Update> {
  using engine = detail::engine<Net, Update>;
  using engine::begun_;
  using engine::trained_;

 public:
  using engine::trained_bytes;
  using engine::trains;

  /// Bytes of state(): five words, then what training changes.
  static constexpr std::size_t state_bytes = 20 + trained_bytes;

  /// What was learnt, to be taken away: words (little-endian) for the form's version, hashes of the network, of what may learn and
  /// of how, a CRC-32 of all but itself; then the trained bytes, the same on every core.
  void state(std::span<unsigned char, state_bytes> to)
    requires trains
  {
    if (!begun_) this->reset();
    put_word(to, 0, state_version);
    put_word(to, 4, identity_of_network<Net>);
    put_word(to, 8, identity_of_update<Net, Update>);
    put_word(to, 12, identity_of_policies<Net, Update>);
    for (std::size_t i = 0; i < trained_bytes; ++i) to[20 + i] = trained_[i];
    put_word(to, 16, crc_of(to));
  }

  /// Puts back what state() gave, of this learner on any core. Refuses anything else with a status; nothing changes then.
  [[nodiscard]] status restore(std::span<const unsigned char> from)
    requires trains
  {
    if (from.size() != state_bytes) return status::state_of_another_length;
    if (word_at(from, 0) != state_version) return status::state_of_another_version;
    if (word_at(from, 16) != crc_of(from)) return status::state_damaged;
    if (word_at(from, 4) != identity_of_network<Net>) return status::state_of_another_network;
    if (word_at(from, 8) != identity_of_update<Net, Update>) return status::state_of_another_update;
    if (word_at(from, 12) != identity_of_policies<Net, Update>) return status::state_of_another_policy;
    for (std::size_t i = 0; i < trained_bytes; ++i) trained_[i] = from[20 + i];
    begun_ = true;
    return status::ok;
  }

  /// Keeps what is learnt so far, for roll_back(). One snapshot: the last, whatever reset() and restore() do.
  void keep_snapshot()
    requires(trains && engine::how.has_snapshot)
  {
    if (!begun_) this->reset();
    for (std::size_t i = 0; i < trained_bytes; ++i) snapshot_.bytes[i] = trained_[i];
    snapshot_.is_taken = true;
  }
  /// Back to the snapshot, which stays. Without one nothing changes (status::no_snapshot).
  [[nodiscard]] status roll_back()
    requires(trains && engine::how.has_snapshot)
  {
    if (!snapshot_.is_taken) return status::no_snapshot;
    for (std::size_t i = 0; i < trained_bytes; ++i) trained_[i] = snapshot_.bytes[i];
    return status::ok;
  }

  [[nodiscard]] struct saturation saturation() const
    requires trains
  {
    return {this->saturated_gradients(), this->saturated_weights()};
  }

 private:
  static constexpr std::uint32_t state_version = 0x31534854;  // "THS1"
  static void put_word(std::span<unsigned char> to, std::size_t at, std::uint32_t word) {
    for (std::size_t i = 0; i < 4; ++i) to[at + i] = static_cast<unsigned char>(word >> (8 * i));
  }
  static std::uint32_t word_at(std::span<const unsigned char> from, std::size_t at) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i) word |= static_cast<std::uint32_t>(from[at + i]) << (8 * i);
    return word;
  }
  static std::uint32_t crc_of(std::span<const unsigned char> state) {
    return crc32(state.subspan(20), crc32(state.first(16)));
  }

  [[no_unique_address]] snapshot<trains && engine::how.has_snapshot ? trained_bytes : 0> snapshot_;
};

/// Stands in, as inert_engine does.
struct inert_learned : inert_engine {
  static constexpr std::size_t state_bytes = 1;
  void state(std::span<unsigned char>) {}
  [[nodiscard]] status restore(std::span<const unsigned char>) { return status::ok; }
  void keep_snapshot() {}
  [[nodiscard]] status roll_back() { return status::ok; }
  [[nodiscard]] struct saturation saturation() const { return {}; }
};

}  // namespace detail
}  // namespace thimble
