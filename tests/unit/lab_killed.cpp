// An analysis that is killed at any moment and begun again loses at most the run in flight.
#include <doctest/doctest.h>

#include <sys/wait.h>
#include <csignal>

#include <thimble/lab/analysis.hpp>
#include <thimble/lab/host_learner.hpp>
#include <thimble/thimble.hpp>

#include "../support/architectures.hpp"
#include "../support/subject.hpp"
#include "../support/temporary_folder.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

struct net : replace_head<varied<bottleneck>, global_average_pool, dense<3>> {};
using learner = lab::host_learner<net>;
const lab::analysis_options options{.how = {.epochs = 1}, .workers = 1, .progress_to = nullptr};

lab::sample_set noise(std::size_t count) {
  lab::sample_set s{static_cast<std::size_t>(learner::inputs), {}, {}};
  std::mt19937 random(1);
  for (std::size_t i = 0; i < count * s.inputs; ++i)
    s.stored.push_back(static_cast<std::int8_t>(static_cast<int>(random() % 256) - 128));
  for (std::size_t i = 0; i < count; ++i) s.labels.push_back(static_cast<int>(random() % 3));
  return s;
}

/// Kills a child at a random moment, again and again, until one comes to its end. After each death all that was written before is there.
void killed_until_done(const std::string& file, const lab::analysis_subject& subject, const lab::sample_set& samples) {
  std::mt19937 random(3);
  std::size_t before = 0;
  for (int deaths = 0;; ++deaths) {
    REQUIRE(deaths < 500);
    const pid_t child = fork();
    if (child == 0) {
      try {
        lab::contributions to(file, subject);
        lab::analyse<learner>(to, samples, samples, options);
      } catch (...) {
        _exit(1);
      }
      _exit(0);
    }
    usleep(static_cast<useconds_t>(2000 + random() % 30000));
    kill(child, SIGKILL);
    int how = 0;
    REQUIRE(waitpid(child, &how, 0) == child);
    if (WIFEXITED(how)) REQUIRE(WEXITSTATUS(how) == 0);
    const lab::contributions left(file, subject);
    CHECK(left.runs().size() >= before);
    before = left.runs().size();
    if (WIFEXITED(how)) break;
  }
}

}  // namespace

TEST_CASE("killed at random moments") {
  const temporary_folder folder;
  const auto shown = noise(150);
  const auto subject = lab::subject_of<learner>("bottleneck", "noise", options.how);
  killed_until_done(folder.name("killed.json"), subject, shown);
  lab::contributions interrupted(folder.name("killed.json"), subject), straight(folder.name("straight.json"), subject);
  lab::analyse<learner>(straight, shown, shown, options);
  REQUIRE(interrupted.runs().size() == straight.runs().size());
  for (const auto& r : straight.runs()) {
    const auto* same = interrupted.find(r.key);
    REQUIRE(same != nullptr);
    CHECK(same->result.loss == r.result.loss);
    CHECK(same->result.accuracy == r.result.accuracy);
  }
}
