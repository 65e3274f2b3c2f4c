// Three training steps of a published network under a published scheme, on the host and as firmware: what it costs, and that the bytes
// learned are those of every other machine. usage: step [HASH]
#include "machine.hpp"

#include <array>

#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>
#include <thimble/training/published_schemes.hpp>

#include THIMBLE_MODEL_HEADER

namespace {

namespace machine = thimble::test::machine;

struct backbone : thimble::tflite::network<THIMBLE_MODEL> {};
struct net : thimble::replace_head<backbone, thimble::dense<10>> {};
struct learner : thimble::trainer<net, thimble::published::THIMBLE_SCHEME, THIMBLE_POLICIES> {};

constinit learner learn;
constinit learner::latent kept;

void figure(const char* what, std::int64_t value, const char* unit) {
  machine::put("figure step." THIMBLE_STEP ".");
  machine::put(what);
  machine::put(" ");
  machine::put(value);
  machine::put(unit);
}

/// A picture of blocks, of another phase each step, with noise: the same on every machine. Values [first, first + x.size()) of it.
void draw(std::span<std::int8_t> x, std::size_t first, int step) {
  for (std::size_t k = 0; k < x.size(); ++k) {
    const std::size_t i = first + k;
    const int n = static_cast<int>(i / 3), row = n / 128, column = n % 128;
    const bool bright = ((row >> 4) + (column >> (3 + step)) + static_cast<int>(i % 3) * step) % 2 == 0;
    const auto noise = static_cast<int>(thimble::detail::mixed(static_cast<std::uint32_t>(i * 7 + i % 5)) >> 26);
    x[k] = static_cast<std::int8_t>((bright ? 60 : -90) + noise);
  }
}
/// Gives the learner a picture; the instructions that it spends on rows as they come.
template <class Learner>
std::int64_t show(Learner& to, int step) {
  std::int64_t instructions = 0;
  if constexpr (Learner::pushes_rows) {
    for (std::size_t first = 0; first < Learner::inputs; first += Learner::inputs_at_once) {
      draw(to.next_row(), first, step);
      machine::counter counter;
      to.push_row();
      instructions += counter.instructions();
    }
  } else if constexpr (Learner::reads_patches) {
    static std::array<std::int8_t, Learner::inputs> picture;
    draw(picture, 0, step);
    machine::counter counter;
    to.take_sample(picture);
    instructions = counter.instructions();
  } else {
    draw(to.input(), 0, step);
  }
  return instructions;
}

/// FNV-1a.
std::uint32_t hash_of(std::span<const unsigned char> bytes) {
  std::uint32_t h = 2166136261u;
  for (const unsigned char b : bytes) h = (h ^ b) * 16777619u;
  return h;
}

std::uint32_t number_in(const char* text) {
  std::uint32_t v = 0;
  for (; *text >= '0' && *text <= '9'; ++text) v = 10 * v + static_cast<std::uint32_t>(*text - '0');
  return v;
}

}  // namespace

int main(int count, char** arguments) {
  std::int64_t instructions = 0;
  learn.reset();
  for (int step = 0; step < 3; ++step) {
    instructions = show(learn, step);
    machine::counter counter;
    const thimble::outcome o = learn.step(3 * step, {.learning_rate = 0.02f});
    instructions += counter.instructions();
    if (!o.ok()) {
      machine::put("a step was refused\n");
      return 1;
    }
  }
  const std::uint32_t hash = hash_of(learn.trained());

  show(learn, 3);
  if (learn.keep(kept) != thimble::status::ok) return 1;
  machine::counter from_latent;
  if (!learn.step_from(kept, 9, {.learning_rate = 0.02f}).ok()) return 1;
  const std::int64_t instructions_from_latent = from_latent.instructions();

  figure("sizeof", static_cast<std::int64_t>(sizeof learn), " bytes\n");
  figure("arena", learner::plan.peak, " bytes\n");
  figure("trainable", static_cast<std::int64_t>(learner::trained_bytes), " bytes\n");
  figure("latent", static_cast<std::int64_t>(learner::latent_bytes), " bytes\n");
  if (machine::flash_bytes() > 0) figure("flash", machine::flash_bytes(), " bytes\n");
  if (instructions > 0) {
    figure("instructions", instructions, " instructions\n");
    figure("instructions_from_latent", instructions_from_latent, " instructions\n");
  }
  machine::put("hash of the trained bytes: ");
  machine::put(hash);
  machine::put("\n");
  const char* wanted = machine::argument(count, arguments);
  if (wanted == nullptr || number_in(wanted) == hash) return 0;
  machine::put("these are not the bytes that other machines learn\n");
  return 1;
}
