// One lesson for one imported network, on the host and as firmware: the loss must fall to under half, and what was learnt must be
// the bytes that every other machine learnt. usage: lesson HASH
#include "machine.hpp"

#include THIMBLE_LESSON_HEADER

namespace {

namespace machine = thimble::test::machine;
using lesson = thimble::test::THIMBLE_LESSON;

constinit lesson::learner learner;

/// FNV-1a.
std::uint32_t hash_of(std::span<const unsigned char> bytes) {
  std::uint32_t h = 2166136261u;
  for (const unsigned char b : bytes) h = (h ^ b) * 16777619u;
  return h;
}

void put_thousandths(std::int64_t v) {
  machine::put(v / 1000);
  machine::put(".");
  for (std::int64_t unit = 100; unit > 0; unit /= 10) machine::put(v / unit % 10);
}

void figure(const char* what, std::int64_t value, bool is_loss) {
  machine::put("figure lesson." THIMBLE_LESSON_NAME ".");
  machine::put(what);
  machine::put(" ");
  if (is_loss)
    put_thousandths(value);
  else
    machine::put(value);
  machine::put(is_loss ? " loss\n" : " bytes\n");
}

/// Decimal digits, nothing else.
bool is_hash(const char* text, std::uint32_t hash) {
  std::uint32_t v = 0;
  for (; *text >= '0' && *text <= '9'; ++text) v = 10 * v + static_cast<std::uint32_t>(*text - '0');
  return *text == '\0' && v == hash;
}

}  // namespace

int main(int count, char** arguments) {
  const char* wanted = machine::argument(count, arguments);
  if (wanted == nullptr) {
    machine::put("usage: lesson HASH\n");
    return 1;
  }
  constexpr int part = lesson::steps / 4;
  std::int64_t first = 0, last = 0;  // sums of Q15.16
  for (int step = 0; step < lesson::steps; ++step) {
    const thimble::outcome o = lesson::teach(learner, step);
    if (!o.ok()) {
      machine::put("a step was refused\n");
      return 1;
    }
    if (step < part) first += o.loss.bits;
    if (step >= lesson::steps - part) last += o.loss.bits;
  }
  const std::uint32_t hash = hash_of(learner.trained());
  figure("loss_first_quarter", first * 1000 / part >> 16, true);
  figure("loss_last_quarter", last * 1000 / part >> 16, true);
  figure("sram_bytes", static_cast<std::int64_t>(sizeof learner), false);
  machine::put("hash of the trained bytes: ");
  machine::put(static_cast<std::int64_t>(hash >> 16));
  machine::put(" * 65536 + ");
  machine::put(static_cast<std::int64_t>(hash & 0xFFFF));
  machine::put("\n");
  if (last * 2 >= first) {
    machine::put("the loss did not fall to half\n");
    return 1;
  }
  if (!is_hash(wanted, hash)) {
    machine::put("these are not the bytes that other machines learn\n");
    return 1;
  }
  return 0;
}
