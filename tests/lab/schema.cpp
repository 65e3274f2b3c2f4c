// What flatc (with the published schema's names and numbers, subset.fbs) reads of a file is what the library's reader reads of it.
// usage: schema FILE.tflite FILE.json
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include <thimble/formats/tflite/load.hpp>

namespace {

int wrong = 0;
template <class A, class B>
void same(const std::string& what, const A& a, const B& b) {
  if (nlohmann::json(a) == nlohmann::json(b)) return;
  std::printf("%s: %s and %s\n", what.c_str(), nlohmann::json(a).dump().c_str(), nlohmann::json(b).dump().c_str());
  ++wrong;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) return 2;
  const auto c = thimble::tflite::load(argv[1]);
  std::ifstream text(argv[2]);
  const auto json = nlohmann::json::parse(text);
  same("version", json.at("version"), 3);
  same("graphs", json.at("subgraphs").size(), 1);
  const auto& graph = json.at("subgraphs")[0];
  same("inputs", graph.at("inputs"), std::vector<int>{c.input});
  same("outputs", graph.at("outputs"), std::vector<int>{c.output});
  same("tensors", graph.at("tensors").size(), c.t.size());
  same("operators", graph.at("operators").size(), c.op.size());
  for (std::size_t i = 0; i < c.t.size(); ++i) {
    const auto& t = graph.at("tensors")[i];
    const auto& mine = c.t[i];
    const std::string at = "tensor " + std::to_string(i) + ", ";
    same(at + "type", t.at("type"), mine.is(thimble::tflite::tensor_type::int8) ? "INT8" : "INT32");
    same(at + "shape", t.at("shape"), std::vector<int>(mine.dim, mine.dim + mine.rank));
    const auto& data = json.at("buffers").at(t.value("buffer", std::size_t{0})).value("data", std::vector<int>{});
    same(at + "data", data,
         std::vector<unsigned char>(c.bytes.data() + mine.data_at, c.bytes.data() + mine.data_at + mine.data_bytes));
    if (mine.scales == 0) continue;
    same(at + "scales", t.at("quantization").at("scale").size(), mine.scales);
    same(at + "zero point", t.at("quantization").at("zero_point")[0], mine.zero_point);
    if (mine.scales > 1) same(at + "axis", t.at("quantization").value("quantized_dimension", 0), mine.axis);
  }
  const std::map<std::string, std::string> options{{"ADD", "AddOptions"},
                                                   {"AVERAGE_POOL_2D", "Pool2DOptions"},
                                                   {"MAX_POOL_2D", "Pool2DOptions"},
                                                   {"CONV_2D", "Conv2DOptions"},
                                                   {"DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions"},
                                                   {"RESHAPE", "ReshapeOptions"},
                                                   {"FULLY_CONNECTED", "FullyConnectedOptions"}};
  for (const auto& o : graph.at("operators")) {
    const auto& code = json.at("operator_codes").at(o.value("opcode_index", std::size_t{0}));
    same("options", o.at("builtin_options_type"), options.at(code.value("builtin_code", "ADD")));
  }
  std::printf("%zu tensors, %zu operators\n", c.t.size(), c.op.size());
  return wrong == 0 ? 0 : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
