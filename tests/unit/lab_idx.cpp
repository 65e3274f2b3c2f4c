#include <thimble/lab/idx.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

namespace lab = thimble::lab;
using bytes = std::vector<std::uint8_t>;

/// A folder of its own for one test, removed after it.
class temporary_folder {
 public:
  temporary_folder() { std::filesystem::create_directory(path_); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string name(const std::string& file) const { return (path_ / file).string(); }

  std::string plain(const std::string& file, const bytes& content) const {
    std::ofstream out{name(file), std::ios::binary};
    for (const auto byte : content) out.put(static_cast<char>(byte));
    return name(file);
  }

  std::string gzipped(const std::string& file, const bytes& content) const {
    gzFile out = gzopen(name(file).c_str(), "wb");
    REQUIRE(gzwrite(out, content.data(), static_cast<unsigned>(content.size())) == static_cast<int>(content.size()));
    REQUIRE(gzclose(out) == Z_OK);
    return name(file);
  }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("thimble_lab_idx_" + std::to_string(std::random_device{}()));
};

bytes idx(const std::vector<std::uint32_t>& dimensions, const bytes& data) {
  bytes result{0, 0, 8, static_cast<std::uint8_t>(dimensions.size())};
  for (const auto dimension : dimensions) {
    for (const int shift : {24, 16, 8, 0}) result.push_back(static_cast<std::uint8_t>(dimension >> shift));
  }
  result.insert(result.end(), data.begin(), data.end());
  return result;
}

bytes counting(std::size_t count) {
  bytes result(count);
  std::iota(result.begin(), result.end(), std::uint8_t{1});
  return result;
}

bytes without_last(bytes content, std::ptrdiff_t count) { return {content.begin(), content.end() - count}; }

bytes content_of(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The error's words after "<file>: byte ", "" if there is none.
template <class Read>
std::string error_of(const std::string& file, Read&& read) {
  try {
    read();
  } catch (const lab::idx_error& error) {
    const std::string text = error.what(), head = file + ": byte ";
    return text.starts_with(head) ? text.substr(head.size()) : "not about " + file + ": " + text;
  }
  return "";
}
std::string error_of(const std::string& file) {
  return error_of(file, [&] { (void)lab::read_idx(file); });
}

}  // namespace

TEST_CASE("read_idx reads plain and gzipped files") {
  const temporary_folder folder;
  const auto data = counting(2 * 3 * 4);
  for (const auto& file : {folder.plain("a", idx({2, 3, 4}, data)), folder.gzipped("a.gz", idx({2, 3, 4}, data))}) {
    const auto array = lab::read_idx(file);
    CHECK(array.dimensions == std::vector<std::uint32_t>{2, 3, 4});
    CHECK(array.bytes == data);
  }
}

TEST_CASE("read_idx reads more than one block, and nothing") {
  const temporary_folder folder;
  const auto data = counting(5'000'003);
  CHECK(lab::read_idx(folder.plain("many", idx({5'000'003}, data))).bytes == data);
  CHECK(lab::read_idx(folder.gzipped("many.gz", idx({5'000'003}, data))).bytes == data);
  CHECK(lab::read_idx(folder.plain("none", idx({0, 28, 28}, {}))).bytes.empty());
  CHECK(lab::read_idx(folder.plain("rank", idx(std::vector<std::uint32_t>(255, 1), {9}))).dimensions.size() == 255);
}

TEST_CASE("read_idx says which file cannot be opened or read") {
  const temporary_folder folder;
  CHECK(error_of(folder.name("nowhere")) == "0: cannot open: No such file or directory");
  CHECK(error_of(folder.name("")) == "0: cannot read: Is a directory");
}

TEST_CASE("read_idx says what is wrong with the magic number") {
  const temporary_folder folder;
  CHECK(error_of(folder.plain("png", {0x89, 'P', 'N', 'G', 13, 10})) == "0: wrong magic, 137 80, IDX begins with 0 0");
  CHECK(error_of(folder.plain("swapped", {1, 8, 0, 0, 0})) == "0: wrong magic, 1 8, IDX begins with 0 0");
  CHECK(error_of(folder.plain("float", {0, 0, 13, 1})) == "2: unsupported element type 13 (float32), not 8 (uint8)");
  CHECK(error_of(folder.plain("int8", {0, 0, 9, 1})) == "2: unsupported element type 9 (int8), not 8 (uint8)");
  CHECK(error_of(folder.plain("hole", {0, 0, 10, 1})) == "2: unsupported element type 10 (unknown), not 8 (uint8)");
  CHECK(error_of(folder.plain("zero", {0, 0, 0, 1})) == "2: unsupported element type 0 (unknown), not 8 (uint8)");
  CHECK(error_of(folder.plain("high", {0, 0, 255, 1})) == "2: unsupported element type 255 (unknown), not 8 (uint8)");
  CHECK(error_of(folder.plain("scalar", {0, 0, 8, 0, 1})) == "3: the file has no dimensions");
}

TEST_CASE("read_idx says how many bytes a short file misses") {
  const temporary_folder folder;
  const auto whole = idx({2, 3, 4}, counting(24));
  CHECK(error_of(folder.plain("a", {})) == "0: the file ends in its magic number, 4 bytes are missing");
  CHECK(error_of(folder.plain("b", {0, 0, 8})) == "3: the file ends in its magic number, 1 bytes are missing");
  CHECK(error_of(folder.plain("c", without_last(whole, 24 + 12))) ==
        "4: the file ends in its dimensions, 12 bytes are missing");
  CHECK(error_of(folder.plain("d", without_last(whole, 24 + 3))) ==
        "13: the file ends in its dimensions, 3 bytes are missing");
  CHECK(error_of(folder.plain("e", without_last(whole, 24))) == "16: the file ends in its data, 24 bytes are missing");
  CHECK(error_of(folder.plain("f", without_last(whole, 1))) == "39: the file ends in its data, 1 bytes are missing");
  CHECK(error_of(folder.gzipped("g", without_last(whole, 5))) == "35: the file ends in its data, 5 bytes are missing");
  CHECK(error_of(folder.plain("huge", idx({2'000'000'000}, counting(10)))) ==
        "18: the file ends in its data, 1999999990 bytes are missing");
}

TEST_CASE("read_idx says how many bytes trail") {
  const temporary_folder folder;
  CHECK(error_of(folder.plain("a", idx({3}, counting(4)))) == "11: 1 trailing bytes after the data");
  CHECK(error_of(folder.gzipped("b", idx({3}, counting(10'003)))) == "11: 10000 trailing bytes after the data");
}

TEST_CASE("read_idx notices gzip streams that are damaged or cut short") {
  const temporary_folder folder;
  const auto packed = content_of(folder.gzipped("whole", idx({300}, counting(300))));

  auto wrong_checksum = packed;
  wrong_checksum[packed.size() - 8] ^= 1;
  CHECK(error_of(folder.plain("a", wrong_checksum)).ends_with(": damaged gzip: incorrect data check"));

  auto wrong_block = packed;
  wrong_block[10] = 0xff;
  CHECK(error_of(folder.plain("b", wrong_block)) == "0: damaged gzip: invalid block type");

  CHECK(error_of(folder.plain("c", without_last(packed, 4))) ==
        "308: the data are complete, but no checksum follows (the gzip stream is cut short)");
  const auto cut = error_of(folder.plain("d", without_last(packed, 20)));
  CHECK(cut.find("the file ends in its data, ") != std::string::npos);
  CHECK(cut.find(" bytes are missing (the gzip stream is cut short)") != std::string::npos);
}

TEST_CASE("read_idx refuses absurd dimensions before it allocates") {
  const temporary_folder folder;
  const std::uint32_t most = 0xffff'ffff;
  CHECK(error_of(folder.plain("a", idx({most}, {}))) ==
        "4: absurd dimension 4294967295, the data would exceed the limit of 2147483648 bytes");
  CHECK(error_of(folder.plain("b", idx({65536, 65536, 65536, 65536}, {}))) ==
        "8: absurd dimension 65536, the data would exceed the limit of 2147483648 bytes");
  CHECK(error_of(folder.plain("c", idx({0, 65536, most}, {}))) ==
        "12: absurd dimension 4294967295, the data would exceed the limit of 2147483648 bytes");

  const auto file = folder.plain("d", idx({2, 3}, counting(6)));
  CHECK(lab::read_idx(file, 6).bytes.size() == 6);
  CHECK(error_of(file, [&] { (void)lab::read_idx(file, 5); }) ==
        "8: absurd dimension 3, the data would exceed the limit of 5 bytes");
}

TEST_CASE("read_labelled_images joins images and labels") {
  const temporary_folder folder;
  const auto pixels = counting(3 * 2 * 5);
  const auto set = lab::read_labelled_images(folder.gzipped("images", idx({3, 2, 5}, pixels)),
                                             folder.plain("labels", idx({3}, {7, 0, 9})));
  CHECK(set.count == 3);
  CHECK(set.height == 2);
  CHECK(set.width == 5);
  CHECK(set.pixels == pixels);
  CHECK(set.labels == bytes{7, 0, 9});
  const auto second = set.image(1);
  CHECK(bytes{second.begin(), second.end()} == bytes{11, 12, 13, 14, 15, 16, 17, 18, 19, 20});
}

TEST_CASE("read_labelled_images says what does not fit together") {
  const temporary_folder folder;
  const auto images = folder.plain("images", idx({3, 1, 2}, counting(6)));
  const auto labels = folder.plain("labels", idx({3}, {7, 0, 10}));
  const auto four = folder.plain("four", idx({4}, {0, 1, 2, 3}));
  const auto flat = folder.plain("flat", idx({3, 0, 2}, {}));
  const auto about = [](const std::string& blamed, const std::string& first, const std::string& second,
                        std::size_t classes = 10) {
    return error_of(blamed, [&] { (void)lab::read_labelled_images(first, second, classes); });
  };
  CHECK(about(labels, labels, images) == "3: 1 dimensions, but images have 3 (count, height, width)");
  CHECK(about(images, images, images) == "3: 3 dimensions, but labels have 1 (count)");
  CHECK(about(four, images, four) == "4: 4 labels for the 3 images of " + images);
  CHECK(about(flat, flat, labels) == "8: empty images of 0 x 2");
  CHECK(about(labels, images, labels) == "10: label 10 of image 2 is out of range, there are 10 classes");
  CHECK(about(labels, images, labels, 7) == "8: label 7 of image 0 is out of range, there are 7 classes");
  CHECK(about(labels, images, labels, 11) == "");
  CHECK(about(folder.name("gone"), images, folder.name("gone")) == "0: cannot open: No such file or directory");
}
