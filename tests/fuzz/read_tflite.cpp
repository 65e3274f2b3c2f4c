// libFuzzer: whatever bytes a .tflite file has, reading it stays inside of them, overflows nothing and ends soon. With ASan and
// UBSan. Takes a file apart as load() and the compiler do, then reads all that layers would.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <thimble/formats/tflite/load.hpp>

namespace {

using namespace thimble::tflite;

/// Every byte that a layer may read, into one number.
template <class Byte>
std::uint64_t sum_of_all(const loaded& c, const Byte* data, std::uint32_t size) {
  std::uint64_t sum = 0;
  reader r(data, size);
  const auto add_data = [&](const tensor& t) {
    if (t.is(tensor_type::int8))  // as read_int8 does: without the reader
      for (std::uint32_t k = 0; k < t.data_bytes; ++k) sum += static_cast<unsigned char>(data[t.data_at + k]);
    if (t.is(tensor_type::int32) || t.is(tensor_type::int64))
      for (int k = 0; t.is_constant() && k < static_cast<int>(t.elements()); ++k)
        sum += static_cast<std::uint32_t>(r.integer(t, k));
    for (std::uint32_t k = 0; k < static_cast<std::uint32_t>(t.scales) && t.is(tensor_type::int8); ++k)
      sum += r.f.u32(t.scales_at + 4 * k);
    for (std::uint32_t k = 0; k < t.name_length && k < 255; ++k) sum += static_cast<unsigned char>(data[t.name_at + k]);
    for (int k = 0; k < most_dimensions; ++k) sum += static_cast<unsigned>(t.extent(k));
  };
  std::vector<bool> seen(c.t.size());  // many may share a table, so each operand once
  for (const imported_node& n : c.nodes) {
    sum += static_cast<unsigned>(n.top + n.bottom + n.left + n.right);
    for (int k = 0; k < n.reads; ++k) sum += static_cast<unsigned>(c.nodes[static_cast<std::size_t>(n.read[k])].tensor);
    std::vector<int> operands{n.tensor};
    if (n.number >= 0)
      for (int k = 0; k < most_operands; ++k) operands.push_back(c.op[static_cast<std::size_t>(n.number)].at(k));
    for (const int t : operands)
      if (t >= 0 && !seen[static_cast<std::size_t>(t)]) {
        seen[static_cast<std::size_t>(t)] = true;
        add_data(c.t[static_cast<std::size_t>(t)]);
      }
  }
  if (r.f.what() != thimble::flatbuffer::problem::none) std::abort();  // read outside of what check() accepted
  return sum;
}

void demand(bool holds) {
  if (!holds) std::abort();
}

/// Positions in a file that can be read at least in part: of numbers that the reader takes, and of its operators' offsets.
struct places {
  std::vector<std::uint32_t> words, bytes, operators;
  int tensors = 0;

  places(const std::uint8_t* data, std::uint32_t size) : f_(data, size), size_(size) {
    const std::uint32_t model = f_.follow(0), graph = f_.table_at(f_.vector_field(model, 2, 4), 0);
    const auto codes = f_.vector_field(model, 1, 4), all = f_.vector_field(graph, 0, 4),
               list = f_.vector_field(graph, 3, 4);
    tensors = static_cast<int>(all.count);
    for (std::uint32_t i = 0; i < codes.count && i < most; ++i) {
      const std::uint32_t code = f_.table_at(codes, i);
      add(bytes, f_.field(code, 0), 1);
      add(words, f_.field(code, 3), 4);
    }
    for (const unsigned field : {1u, 2u}) add_vector(graph, field, 4);
    for (std::uint32_t i = 0; i < all.count && i < most; ++i) add_tensor(f_.table_at(all, i), model);
    for (std::uint32_t i = 0; i < list.count && i < most; ++i) {
      const std::uint32_t o = f_.table_at(list, i), how = f_.table_field(o, 4);
      add(operators, list.at + 4 * i, 4);
      add(words, f_.field(o, 0), 4);
      for (const unsigned field : {1u, 2u}) add_vector(o, field, 4);
      for (unsigned field = 0; field < 8; ++field) add(bytes, f_.field(how, field), 4);
    }
  }

 private:
  static constexpr std::uint32_t most = 64;
  void add(std::vector<std::uint32_t>& to, std::uint32_t at, std::uint32_t width) const {
    if (at != 0 && std::uint64_t{at} + width <= size_) to.push_back(at);
  }
  void add_vector(std::uint32_t table, unsigned field, std::uint32_t width) {
    const auto v = f_.vector_field(table, field, width);
    if (v.at != 0) add(words, v.at - 4, 4);
    for (std::uint32_t k = 0; k < v.count && k < 16; ++k) add(words, v.at + width * k, 4);
  }
  void add_tensor(std::uint32_t t, std::uint32_t model) {
    const std::uint32_t q = f_.table_field(t, 4);
    add_vector(t, 0, 4);
    add(bytes, f_.field(t, 1), 1);
    add(words, f_.field(t, 2), 4);
    add_vector(q, 2, 4);
    add_vector(q, 3, 8);
    add(words, f_.field(q, 6), 4);
    const std::uint32_t b = f_.table_at(f_.vector_field(model, 4, 4), static_cast<std::uint32_t>(f_.int_field(t, 2)));
    if (f_.vector_field(b, 0, 1).count <= 64) add_vector(b, 0, 1);
  }
  thimble::flatbuffer::file<std::uint8_t> f_;
  std::uint32_t size_;
};

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): libFuzzer's names

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

/// Half of the time changes a number that means something: another tensor, operator or type, an extent, a list's entry; or swaps
/// two operators. Random bytes alone hardly reach the importer.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  std::minstd_rand random(seed);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  if (below(2) == 0) return LLVMFuzzerMutate(data, size, most);
  const places at(data, static_cast<std::uint32_t>(size));
  if (at.words.empty()) return LLVMFuzzerMutate(data, size, most);
  const auto get = [&](std::uint32_t p) {
    std::uint32_t v;
    std::memcpy(&v, data + p, 4);
    return v;
  };
  const auto put = [&](std::uint32_t p, std::uint32_t v) { std::memcpy(data + p, &v, 4); };
  for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
    const std::uint32_t p = at.words[below(at.words.size())];
    switch (below(8)) {
      case 0:
        if (const std::size_t n = at.operators.size(); n > 1) {  // offsets count from where they stand
          const std::uint32_t a = at.operators[below(n)], b = at.operators[below(n)], to_a = a + get(a),
                              to_b = b + get(b);
          put(a, to_b - a);
          put(b, to_a - b);
        }
        break;
      case 1:
        if (!at.bytes.empty()) data[at.bytes[below(at.bytes.size())]] = static_cast<std::uint8_t>(below(128));
        break;
      case 2:
        put(p, get(at.words[below(at.words.size())]));
        break;
      case 3:
        put(p, get(p) + (below(2) == 0 ? 1u : ~0u));
        break;
      case 4:
        put(p, static_cast<std::uint32_t>(random()) << below(31));
        break;
      default:
        put(p, static_cast<std::uint32_t>(below(static_cast<std::size_t>(at.tensors) % 4096 + 2)) - 1);
    }
  }
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto length = static_cast<std::uint32_t>(size);
  loaded c;
  const fault wrong = read_into(c, data, length);
  const char* chars = reinterpret_cast<const char*>(data);
  const fault again = reader(chars, length).check();
  if (wrong.found()) {
    demand(!describe(wrong, "x").empty() && wrong.offset <= length && *wrong.reason != '\0');
    demand(wrong.about == subject::file ? wrong.number == -1 : wrong.number >= 0);
    if (again.found())
      demand(again.kind == wrong.kind && again.offset == wrong.offset && std::strcmp(again.reason, wrong.reason) == 0);
    return 0;
  }
  demand(!again.found() && c.nodes.size() >= 2);
  demand(sum_of_all(c, data, length) == sum_of_all(c, chars, length));
  for (std::size_t n = 0; n < c.nodes.size(); ++n)
    for (int k = 0; k < c.nodes[n].reads; ++k)
      demand(c.nodes[n].read[k] >= 0 && c.nodes[n].read[k] < static_cast<int>(n));
  return 0;
}

// NOLINTEND(readability-identifier-naming)
