// What the lab writes as .tflite: the reference evaluator makes of the file what thimble::inference makes of the type, byte for byte, and
// the library's reader finds in it the bytes that were written.
#include <thimble/formats/tflite/load.hpp>
#include <thimble/formats/tflite/write_network.hpp>
#include <thimble/thimble.hpp>

#include <doctest/doctest.h>

#include <cstring>

#include "support/architectures.hpp"
#include "support/subject.hpp"
#include "support/tflite/evaluate.hpp"
#include "support/tflite/read_for_test.hpp"

using namespace thimble::test;
namespace files = thimble::test::tflite;

namespace {

/// The parameters that the reader finds, in the order of the layers.
void check_parameters(const thimble::tflite::loaded& c, const thimble::quantized_parameters& q) {
  std::size_t layer = 0;
  for (const auto& t : c.t) {
    if (!t.is(thimble::tflite::tensor_type::int8) || !t.is_constant()) continue;
    const auto& bias = *(&t + 1);
    REQUIRE(layer < q.weight.size());
    REQUIRE(t.data_bytes == q.weight[layer].size());
    CHECK(std::memcmp(c.bytes.data() + t.data_at, q.weight[layer].data(), t.data_bytes) == 0);
    REQUIRE(bias.data_bytes == 4 * q.bias[layer].size());
    CHECK(std::memcmp(c.bytes.data() + bias.data_at, q.bias[layer].data(), bias.data_bytes) == 0);
    REQUIRE(static_cast<std::size_t>(t.scales) == q.weight_scale[layer].size());
    CHECK(std::memcmp(c.bytes.data() + t.scales_at, q.weight_scale[layer].data(), 4 * q.weight_scale[layer].size()) ==
          0);
    ++layer;
  }
  CHECK(layer == q.weight.size());
}

template <class Architecture>
void check(const char* name) {
  using net = varied<Architecture>;
  struct model : thimble::inference<net> {};
  static constinit model m;
  const auto q = thimble::tflite::parameters_of<net>();
  const auto bytes = thimble::tflite::tflite_bytes<Architecture>(q, name);
  CHECK(bytes == thimble::tflite::tflite_bytes<Architecture>(q, name));
  const thimble::tflite::loaded c = thimble::tflite::load(bytes, name);
  check_parameters(c, q);

  const files::network again = files::read({bytes.begin(), bytes.end()});
  CHECK(again.description == name);
  REQUIRE(files::sample_size(again) == m.input().size());
  for (std::uint32_t i = 0; i < 8; ++i) {
    CAPTURE(i);
    constexpr sample_kind kinds[] = {sample_kind::lowest, sample_kind::highest, sample_kind::smooth,
                                     sample_kind::random};
    const std::vector<int> sample = make_sample(model::inputs, kinds[std::min(i, 3U)], i);
    show(m, sample);
    const auto y = m.infer();
    const files::bytes stored(sample.begin(), sample.end());
    CHECK(files::bytes(y.begin(), y.end()) == files::evaluate(again, stored.data()));
  }
}

}  // namespace

TEST_CASE("convolutions") {
  check<square3>("square3");
  check<rectangular>("rectangular");
  check<larger_stride>("larger_stride");
}
TEST_CASE("depthwise convolutions") { check<depthwise_rectangular>("depthwise_rectangular"); }
TEST_CASE("residuals") {
  check<nested>("nested");
  check<doubled>("doubled");
}
TEST_CASE("pools, flatten") {
  check<pools>("pools");
  check<pools_odd>("pools_odd");
  check<pools_global>("pools_global");
}
TEST_CASE("dense layers") { check<dense_chain>("dense_chain"); }

namespace {
struct one_of_image : thimble::network<thimble::input<thimble::shape{5, 3, 4}>, thimble::dense<1>> {};
struct one_of_row : thimble::network<thimble::input<thimble::shape{2, 3, 4}>, thimble::dense<7, thimble::relu>,
                                     thimble::dense<1, thimble::relu>, thimble::dense<3>> {};
}  // namespace
TEST_CASE("dense layers of one unit") {
  check<one_of_image>("one_of_image");
  check<one_of_row>("one_of_row");
}

TEST_CASE("what cannot be written") {
  const auto q = thimble::tflite::parameters_of<varied<dense_chain>>();
  CHECK_THROWS_WITH((void)thimble::tflite::tflite_bytes<nested>(q, ""),
                    "write_tflite: these parameters belong to another network");
  CHECK_THROWS_WITH(thimble::tflite::write_tflite<dense_chain>(
                        "/nowhere/x.tflite", thimble::tflite::parameters_of<varied<dense_chain>>(), ""),
                    "/nowhere/x.tflite: cannot be opened for writing");
}
