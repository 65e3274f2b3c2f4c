// An imported network cut at a layer, and given a head there.
#include <doctest/doctest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "residual.hpp"
#include "support/subject.hpp"
#include "support/tflite/evaluate.hpp"
#include "support/tflite/read_for_test.hpp"

using namespace thimble;
namespace files = thimble::test::tflite;

namespace {

struct backbone : thimble::tflite::network<::residual> {};
struct first_block : cut_at<backbone, "tensor10"> {};  // an ADD: found by name
struct by_number : cut_at<backbone, 1> {};             // the second layer with weights
struct with_head : add_head<first_block, global_average_pool, dense<3>> {};
struct update : sparse_update<weights<2>, weights_of_head> {};

static_assert(graph_of<first_block>.size == 5 && graph_of<first_block>.numbered == 3);
static_assert(graph_of<by_number>.size == 3);
static_assert(graph_of<with_head>.numbered == 4);
static_assert(graph_of<with_loss<with_head, cross_entropy>>.at[6].logits);
// Nothing of what was cut off is left in the types that make the image
static_assert(mp::mp_size<with_head::nodes>::value == 7);

/// What the reference evaluator makes of one tensor.
std::vector<std::int8_t> reference_of(const char* tensor, const std::vector<int>& sample) {
  std::ifstream stream(THIMBLE_SOURCE "/tests/networks/residual.tflite", std::ios::binary);
  const files::bytes file{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  files::network net = files::read(file);
  for (std::size_t i = 0; i < net.tensors.size(); ++i)
    if (net.tensors[i].name == tensor) net.outputs = {static_cast<int>(i)};
  const files::bytes stored(sample.begin(), sample.end());
  const files::bytes out = files::evaluate(net, stored.data());
  return {out.begin(), out.end()};
}

template <class Net>
void check_cut(const char* tensor) {
  struct model : inference<Net> {};
  static constinit model m;
  for (std::uint32_t i = 0; i < 4; ++i) {
    const std::vector<int> sample = test::make_sample(model::inputs, test::sample_kind::random, i);
    test::show(m, sample);
    const auto y = m.infer();
    CHECK(std::vector<std::int8_t>(y.begin(), y.end()) == reference_of(tensor, sample));
  }
}

TEST_CASE("a network cut at a layer makes that layer's output") {
  check_cut<first_block>("tensor10");
  check_cut<by_number>("tensor4");
}

TEST_CASE("a head added there learns") {
  struct learner : trainer<with_head, update> {};
  static constinit learner l;
  double first = 0, last = 0;
  for (int step = 0; step < 240; ++step) {
    const int label = step % 3;
    const auto x = l.input();
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<std::int8_t>(
          40 * label - 40 +
          static_cast<int>(test::hash(static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(i)) % 41) - 20);
    const outcome o = l.step(label, {.learning_rate = 0.05f});
    REQUIRE(o.ok());
    (step < 30 ? first : last) += step < 30 || step >= 210 ? static_cast<double>(o.loss.value()) : 0;
  }
  CHECK(last < first / 2);
}

}  // namespace
