// Networks written by hand as types, written as .tflite files: the reference evaluator makes of the file what thimble::inference
// makes of the type, byte for byte; so the file means the same network.
#include <thimble/formats/tflite/load.hpp>
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "support/architectures.hpp"
#include "support/subject.hpp"
#include "support/tflite/evaluate.hpp"
#include "support/tflite/from_thimble.hpp"
#include "support/tflite/read_for_test.hpp"
#include "support/tflite/write.hpp"

using namespace thimble::test;
namespace files = thimble::test::tflite;

namespace {

/// Returns how many values the outputs take.
template <class Net>
std::size_t check_written(const char* name) {
  struct model : thimble::inference<Net> {};
  static constinit model m;
  const files::bytes file = files::write(files::from_thimble<Net>(name));
  const files::network again = files::read(file);
  REQUIRE(files::sample_size(again) == m.input().size());
  CHECK(again.description == name);
  std::set<int> distinct;
  for (std::uint32_t i = 0; i < 8; ++i) {
    CAPTURE(i);
    constexpr sample_kind kinds[] = {sample_kind::lowest, sample_kind::highest, sample_kind::smooth,
                                     sample_kind::random};
    const std::vector<int> sample = make_sample(model::inputs, kinds[std::min(i, 3U)], i);
    show(m, sample);
    const auto y = m.infer();
    const files::bytes stored(sample.begin(), sample.end());
    CHECK(files::bytes(y.begin(), y.end()) == files::evaluate(again, stored.data()));
    distinct.insert(y.begin(), y.end());
  }

  // The library's reader takes it, too.
  const thimble::tflite::loaded c = thimble::tflite::load({file.begin(), file.end()}, name);
  CHECK(c.operators == static_cast<int>(again.operations.size()));
  return distinct.size();
}

template <class Architecture>
void check_architecture(const char* name) {
  const std::size_t distinct = check_written<varied<Architecture>>(name) + check_written<varied<Architecture, 5>>(name);
  CHECK(distinct > 10);  // outputs say something
}

}  // namespace

TEST_CASE("convolutions, SAME and VALID") { check_architecture<square3>("square3"); }
TEST_CASE("windows of two sizes") { check_architecture<rectangular>("rectangular"); }
TEST_CASE("strides larger than windows") { check_architecture<larger_stride>("larger_stride"); }
TEST_CASE("depthwise convolutions") { check_architecture<depthwise_rectangular>("depthwise_rectangular"); }
TEST_CASE("residual within residual") { check_architecture<nested>("nested"); }
TEST_CASE("residuals of nothing") { check_architecture<doubled>("doubled"); }
TEST_CASE("windowed pools, flatten") { check_architecture<pools>("pools"); }
TEST_CASE("pools of odd shapes") { check_architecture<pools_odd>("pools_odd"); }
TEST_CASE("global maximum") { check_architecture<pools_global>("pools_global"); }
TEST_CASE("dense layers") { check_architecture<dense_chain>("dense_chain"); }
TEST_CASE("like the demo") { check_architecture<like_the_demo>("like_the_demo"); }

TEST_CASE("tensors have the layers' names") {
  const files::network net = files::from_thimble<varied<dense_after_map>>("names");
  std::string made;
  for (const files::operation& o : net.operations)
    made += net.tensors[static_cast<std::size_t>(o.outputs[0])].name + ' ';
  CHECK(made == "conv2d1 flatten2 dense3 dense4 ");
}
